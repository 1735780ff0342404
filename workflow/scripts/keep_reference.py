"""Keep findings of experiments on the published data as reference results, in the folder reference/.

They are read by the report beside a run's own. Commit them.
"""

import argparse
import os
from pathlib import Path

import _command  # first: library path, threads, errors
from revisit.analyses.kinds import kinds
from revisit.errors import ConfigError
from revisit.params.load import load
from revisit.params.resolve import asked
from revisit.scales import REAL


def main(argv: list[str] | None = None) -> None:
    """Keep each experiment named; without any, those named in KEEP, as `make keep` sets it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", nargs="*", help="experiments or finetunings of params.yaml")
    parser.add_argument("--tree", metavar="FOLDER", help="the clone in which they were run (default: this one)")
    parser.add_argument(
        "--without", metavar="KIND", action="append", default=[], help="a kind of analysis that was not run"
    )
    arguments = parser.parse_args(argv)
    names = arguments.experiment or os.environ.get("KEEP", "").split()
    params = load()
    if not names:
        raise ConfigError("say which experiments to keep: make keep EXPERIMENTS='fashion_dynamic fashion_static'")
    for name in names:
        if name not in params.trainings:
            raise ConfigError(
                f"there is no experiment {name!r} in params.yaml; there are: {', '.join(params.trainings)}"
            )

    known = [kind for kind, about in kinds().items() if about.findings]
    for kind in arguments.without:
        if kind not in known:
            raise ConfigError(f"--without {kind}: only kinds of analysis may be left out: {', '.join(known)}")

    from revisit.reference.keep import keep
    from revisit_engines import weights  # DVC: not before the arguments are known to be right

    tree = Path(arguments.tree or ".")
    for name in names:
        wanted = {scale: asked(params, name, scale) for scale in REAL}
        folder = keep(name, wanted, tree, arguments.without, weights.digest(name, tree))
        print(f"kept: {folder}")


if __name__ == "__main__":
    _command.run(main)
