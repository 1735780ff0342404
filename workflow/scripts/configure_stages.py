"""Resolve `params.yaml` into one file of settings per stage, with the digests of the code that the stage runs."""

import argparse
import sys

import _command  # first: library path, threads, errors
from revisit.errors import ConfigError
from revisit.files import json_bytes
from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit_engines.configure import write


def main(argv: list[str] | None = None) -> None:
    """Write `results/config/`, or print the settings of one stage (`--show`)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", nargs="+", metavar=("STAGE", "NAME"), help="print one stage's settings as JSON")
    arguments = parser.parse_args(argv)
    params = load()
    if not arguments.show:
        write(params)
        return
    stage, *name = arguments.show
    stages = resolve(params)
    key = (stage, name[0] if name else None)
    if key not in stages:
        known = sorted(item for kind, item in stages if kind == stage and item)
        raise ConfigError(f"params.yaml: stage {stage!r} knows no {' '.join(name)!r}; it has: {', '.join(known)}")
    sys.stdout.buffer.write(json_bytes(stages[key]))


if __name__ == "__main__":
    _command.run(main)
