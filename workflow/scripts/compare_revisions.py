"""Show which verdicts and metrics differ between two revisions, out of git and DVC's cache.

A revision is whatever git knows by a name (HEAD~1, a branch, a tag, a commit), an experiment of DVC, or `workspace`,
the working tree.
"""

import argparse
import os
import sys

import _command  # first: library path, threads, errors
from revisit.files import json_bytes
from revisit_engines.compare import compare
from revisit_engines.compare_text import text


def main(argv: list[str] | None = None) -> None:
    """Print the comparison. Without arguments A and B are those of the environment, as `make compare` sets them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", nargs="?", metavar="A", help="the revision to start from (default: HEAD)")
    parser.add_argument("b", nargs="?", metavar="B", help="the revision to look at (default: workspace)")
    parser.add_argument("--metrics", metavar="PATTERN", help="these instead of the main ones: 'fashion_*.train.*'")
    parser.add_argument("--all", action="store_true", help="also what is the same")
    parser.add_argument("--json", action="store_true", help="for machines")
    arguments = parser.parse_args(argv)
    a, b = arguments.a, arguments.b
    if a is None:
        a, b = (os.environ.get(f"COMPARE_{side}") for side in "AB")
    from revisit_engines import revisions  # DVC: not before the arguments are known to be right

    older, newer = revisions.read([a or "HEAD", b or revisions.WORKING_TREE])
    found = compare(older, newer, arguments.metrics, arguments.all)
    _write(json_bytes(found) if arguments.json else text(found, arguments.metrics).encode())


def _write(content: bytes) -> None:
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # a reader such as `head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    _command.run(main)
