"""Tell which reference results are missing, stale, damaged, contradicted or orphaned.

Stale: made with other settings than params.yaml asks for at paper scale today. With --train, the first steps of each
are trained again where its data are at hand, in this tree or in a mirror, and compared.
"""

import argparse
import sys
import tempfile
from functools import cache
from pathlib import Path

import _command  # first: library path, threads, errors
from revisit import paths
from revisit.errors import ConfigError
from revisit.params.load import load
from revisit.params.resolve import asked, resolve
from revisit.scales import REAL
from revisit.reference import check


def main(argv: list[str] | None = None) -> None:
    """Print a line for each experiment; exit status 1 where one is stale, damaged or contradicted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", nargs="*", help="experiments or finetunings of params.yaml (default: all)")
    parser.add_argument("--train", action="store_true", help="train the first steps of each again")
    parser.add_argument("--mirror", metavar="FOLDER", help="where the official files are, if not in this tree")
    arguments = parser.parse_args(argv)
    params = load()
    names = arguments.experiment or list(params.trainings)
    for name in names:
        if name not in params.trainings:
            raise ConfigError(
                f"there is no experiment {name!r} in params.yaml; there are: {', '.join(params.trainings)}"
            )
    mirrored = {"source": "mirror", "mirror": arguments.mirror} if arguments.mirror else {}
    stages = {scale: resolve(params.at(scale).model_copy(update=mirrored)) for scale in REAL}

    with tempfile.TemporaryDirectory() as scratch:

        @cache
        def prepared(scale: str, dataset: str) -> Path | None:
            """The prepared data set: this tree's, or made of the mirror's files, once for all that use it."""
            if not arguments.mirror:
                return paths.prepared(dataset) if (paths.prepared(dataset) / "meta.json").exists() else None

            from revisit.data.fetch import fetch
            from revisit.data.prepare import prepare
            from revisit.data.proposals import propose

            folder = Path(scratch) / scale / dataset
            if ("propose", dataset) in stages[scale]:
                wanted = stages[scale]["propose", dataset]
                prepared(scale, wanted["dataset"])
                propose(wanted, folder.with_name(wanted["dataset"]), folder)
                return folder
            settings = stages[scale]["prepare", dataset]
            raw = Path(scratch) / "raw" / settings["raw"]
            if not raw.exists():
                fetch(stages[scale]["fetch", settings["raw"]], raw)
            prepare(settings, raw, folder)
            return folder

        failed = False
        for name in names:
            today = {scale: asked(params, name, scale) for scale in REAL}
            found = check.look(name, today)
            if arguments.train and found.status in (check.Status.KEPT, check.Status.PARTIAL):
                found = check.train_again(name, today, prepared)
            failed |= found.status in check.FAILED
            _tell(found)
        for found in [] if arguments.experiment else check.orphans(params.trainings):
            _tell(found)
    if failed:
        sys.exit(1)


def _tell(found: check.Finding) -> None:
    print(f"{found.status:<12} {found.name}{f': {found.reason}' if found.reason else ''}", flush=True)


if __name__ == "__main__":
    _command.run(main)
