"""How far a run of either engine is: stages done and at work, and the time that is left."""

import argparse
import time

import _command  # first: library path, threads, errors
from revisit_engines import progress

EVERY = 30  # seconds: a look takes two of a core


def main(argv: list[str] | None = None) -> None:
    """Print a line, or with --watch one every now and then until the engine ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watch", action="store_true", help=f"a line every {EVERY} seconds, while an engine runs")
    watch = parser.parse_args(argv).watch
    while True:
        found = progress.look()
        print(found.line(), flush=True)
        if not watch or found.engine is None:
            return
        time.sleep(EVERY)


if __name__ == "__main__":
    _command.run(main)
