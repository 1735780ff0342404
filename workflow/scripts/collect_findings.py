"""Gather the small findings of all experiments into results/collected."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors
from revisit import config, paths
from revisit.report.collect import collect

if TYPE_CHECKING:
    from revisit.report.settings import Collect


def main(argv: list[str] | None = None) -> None:
    """Copy what `results/config/collect.json` lists."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    settings: Collect = config.settings("collect")
    collect(settings["studies"], settings["stages"], paths.FINDINGS, paths.COLLECTED)


if __name__ == "__main__":
    _command.run(main)
