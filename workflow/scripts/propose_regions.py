"""Propose regions that may hold an object, for every image of a data set."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors

from revisit import config, files, paths
from revisit.analyses import findings
from revisit.data import arrays
from revisit.data.proposal_recall import measure
from revisit.data.proposals import propose

if TYPE_CHECKING:
    from revisit.data.settings import Propose


def main(argv: list[str] | None = None) -> None:
    """Read `data/prepared/<dataset>/`, write `data/prepared/<name>/` and the findings `proposals`, their recall."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="proposals of params.yaml")
    name = parser.parse_args(argv).name
    settings: Propose = config.settings("propose", name)
    with files.replacing(paths.prepared(name)) as folder:
        first = propose(settings, paths.prepared(settings["dataset"]), folder)
    summary, table = measure(settings, arrays.load(paths.prepared(name)), first)
    findings.write("proposals", name, summary, {"recall.csv": table})


if __name__ == "__main__":
    _command.run(main)
