"""Resolve `params.yaml` into one file of settings per stage, with the digests of the code that the stage runs."""

import argparse
import sys
from typing import Any

import _command  # first: library path, threads, errors
from revisit.errors import ConfigError
from revisit.files import json_bytes
from revisit.params.load import load
from revisit.params.resolve import Settings, resolve
from revisit.reference import store
from revisit_engines.configure import SCRIPTS, code_of, write


def main(argv: list[str] | None = None) -> None:
    """Write `results/config/`, or print the settings (`--show`) or the code (`--code`) of one stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    named: dict[str, Any] = {"nargs": "+", "metavar": ("STAGE", "NAME")}
    printed = parser.add_mutually_exclusive_group()
    printed.add_argument("--show", help="print one stage's settings as JSON", **named)
    printed.add_argument("--code", help="print the files of one stage's code with their SHA-256, as JSON", **named)
    arguments = parser.parse_args(argv)
    params = load()
    if words := arguments.show or arguments.code:
        found = _settings(resolve(params, store.names()), "--show" if arguments.show else "--code", *words)
        if arguments.code:
            found = code_of(words[0], words[1] if words[1:] else None, found)
        sys.stdout.buffer.write(json_bytes(found))
    elif told := str(write(params)):
        print(told)


def _settings(stages: dict[tuple[str, str | None], Settings], option: str, stage: str, *names: str) -> Settings:
    """The settings of the stage that the words after `option` name. Raises ConfigError."""
    if stage not in SCRIPTS:
        raise ConfigError(f"{option}: there is no stage {stage!r}; there are: {', '.join(SCRIPTS)}")
    if len(names) < 2 and (settings := stages.get((stage, *(names or [None])))) is not None:
        return settings
    known = sorted(item for kind, item in stages if kind == stage and item)
    if (stage, None) in stages:
        raise ConfigError(f"{option}: stage {stage!r} takes no name; leave out {' '.join(names)!r}")
    if len(names) != 1:
        raise ConfigError(f"{option}: stage {stage!r} takes one name of: {', '.join(known) or 'none'}")
    raise ConfigError(f"params.yaml: stage {stage!r} knows no {names[0]!r}; it has: {', '.join(known) or 'none'}")


if __name__ == "__main__":
    _command.run(main)
