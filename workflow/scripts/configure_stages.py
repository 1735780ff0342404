"""Resolve `params.yaml` into one file of settings per stage, with the digests of the code that the stage runs."""

import argparse
import sys

import _command  # first: library path, threads, errors
from revisit.errors import ConfigError
from revisit.files import json_bytes
from revisit.params.load import load
from revisit.params.resolve import Settings, resolve
from revisit_engines.configure import SCRIPTS, write


def main(argv: list[str] | None = None) -> None:
    """Write `results/config/`, or print the settings of one stage (`--show`)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", nargs="+", metavar=("STAGE", "NAME"), help="print one stage's settings as JSON")
    arguments = parser.parse_args(argv)
    params = load()
    if not arguments.show:
        write(params)
        return
    sys.stdout.buffer.write(json_bytes(_shown(resolve(params), *arguments.show)))


def _shown(stages: dict[tuple[str, str | None], Settings], stage: str, *names: str) -> Settings:
    """The settings of one stage. Raises ConfigError."""
    if stage not in SCRIPTS:
        raise ConfigError(f"--show: there is no stage {stage!r}; there are: {', '.join(SCRIPTS)}")
    if len(names) < 2 and (settings := stages.get((stage, *(names or [None])))) is not None:
        return settings
    known = sorted(item for kind, item in stages if kind == stage and item)
    if (stage, None) in stages:
        raise ConfigError(f"--show: stage {stage!r} takes no name; leave out {' '.join(names)!r}")
    if len(names) != 1:
        raise ConfigError(f"--show: stage {stage!r} takes one name of: {', '.join(known) or 'none'}")
    raise ConfigError(f"params.yaml: stage {stage!r} knows no {names[0]!r}; it has: {', '.join(known) or 'none'}")


if __name__ == "__main__":
    _command.run(main)
