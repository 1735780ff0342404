"""Write the report: one self-contained page and its tables."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, paths
from revisit.report import page


def main(argv: list[str] | None = None) -> None:
    """Render all studies to `results/report`."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    page.render(config.settings("report"), paths.STUDIES, paths.REPORT)


if __name__ == "__main__":
    _command.run(main)
