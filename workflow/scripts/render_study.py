"""Draw one study: its verdicts, tables and figures."""

from typing import TYPE_CHECKING
import argparse

import _command  # first: library path, threads, errors
from revisit import config, paths
from revisit.report import claims

if TYPE_CHECKING:
    from revisit.report.settings import Study


def main(argv: list[str] | None = None) -> None:
    """Render the study named on the command line to `results/studies/<study>`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    name = parser.parse_args(argv).study
    settings: Study = config.settings("study", name)

    from revisit.report import study  # Matplotlib: not for --help or a mistyped name

    study.render(settings, claims.of_study(name), paths.collected(name), paths.study(name))


if __name__ == "__main__":
    _command.run(main)
