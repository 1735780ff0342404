"""The rows that the long runs of this folder give, one per attacked thing, and how they are shown and kept."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]  # "attack", "tried", a number per outcome, and "failures": what must not be, as text


def failed(rows: Sequence[Row]) -> bool:
    """Whether anything happened that must not."""
    return any(row["failures"] for row in rows)


def text(rows: Sequence[Row]) -> str:
    """The rows as a table, failures below it."""
    keys = list(dict.fromkeys(key for row in rows for key in row if key != "failures"))
    lines = [keys, *([_shown(row.get(key, "")) for key in keys] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(keys))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    failures = [f"{row['attack']}: {failure}" for row in rows for failure in row["failures"]]
    return "\n".join([*table, *(failures or ["no failure"])])


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def command(
    description: str, run: Callable[..., list[Row]], options: dict[str, int], argv: Sequence[str] | None = None
) -> None:
    """The command line of a long run: print its table, write its rows with `--json`, exit with 1 after a failure.

    Args:
        description: of the run.
        run: called with the options by name.
        options: the whole numbers that it takes, with their defaults.
        argv: the arguments; None: those of the process.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in options.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default: {default}")
    parser.add_argument("--json", type=Path, metavar="PATH", help="also write the rows to this file")
    arguments = vars(parser.parse_args(argv))
    path = arguments.pop("json")
    rows = run(**arguments)
    print(text(rows))
    if path:
        path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    sys.exit(failed(rows))
