"""Write the report of the reference results alone: what was found, without a run.

Claims, curves, tables and pictures are those of `reference/`; nothing is trained, and no engine is asked.
"""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import _command  # first: library path, threads, errors
from revisit import cores, pool, progress
from revisit.errors import ArtifactError
from revisit.params.load import PARAMS, load
from revisit.params.resolve import studies
from revisit.reference import store
from revisit.report import claims, page

if TYPE_CHECKING:
    from revisit.report.settings import Study

TARGET = Path("exports/reference-report")


def main(argv: list[str] | None = None) -> None:
    """Draw the studies, each in a process of its own, and render the pages to `TARGET`."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    asked = studies(load(), store.names())
    if not any(settings["asked"] for settings in asked.values()):
        raise ArtifactError(
            f"{store.FOLDER} has a result of no experiment in {PARAMS}: restore what was changed with `git checkout`, "
            "or keep one (docs/reference.md)"
        )
    with tempfile.TemporaryDirectory() as folder, pool.of(cores.allotted()) as processes:
        begun = [processes.submit(_draw, settings, Path(folder) / name) for name, settings in asked.items()]
        with progress.bar(len(begun), "studies drawn", "study") as bar:
            for drawing in begun:
                drawing.result()
                bar.update()
        page.render({"studies": list(asked), "stages": {}}, Path(folder), TARGET.absolute())
    print(f"The report of the reference results: {TARGET.absolute() / 'index.html'}")


def _draw(settings: "Study", destination: Path) -> None:
    from revisit.report import study  # Matplotlib: in the processes that draw

    study.render(settings, claims.of_study(settings["study"]), None, destination)


if __name__ == "__main__":
    _command.run(main)
