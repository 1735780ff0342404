"""Run an analysis of a trained network: its scores, its features, or what is inside it."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config
from revisit.analyses import findings, loading


def main(argv: list[str] | None = None) -> None:
    """Write the findings `<kind>.json` and `<kind>/`: tables (CSV), arrays (npy) and pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=loading.available("compute"), help="a kind of analysis")
    parser.add_argument("name", help="an experiment of params.yaml with such an analysis")
    arguments = parser.parse_args(argv)
    kind, name = arguments.kind, arguments.name
    settings = config.settings(kind, name)
    summary, found = loading.load(kind, "compute").analyse(name, settings)
    findings.write(kind, name, summary, found)


if __name__ == "__main__":
    _command.run(main)
