"""Draw one study: its verdicts, tables and figures."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, paths
from revisit.report import claims, study


def main(argv: list[str] | None = None) -> None:
    """Render the study named on the command line to `results/studies/<study>`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    name = parser.parse_args(argv).study
    study.render(config.settings("study", name), claims.load(), paths.collected(name), paths.study(name))


if __name__ == "__main__":
    _command.run(main)
