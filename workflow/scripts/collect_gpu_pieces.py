"""Take results that were made on another machine into this tree, where both engines then know them as their own."""

import argparse
import os
from pathlib import Path

import _command  # first: library path, threads, errors
from revisit.errors import ArtifactError


def main(argv: list[str] | None = None) -> None:
    """Check each stage's record, inputs and results against this tree; take what fits, and say what does not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", metavar="FROM", help="the folder with what came back (default: back)")
    parser.add_argument("--folder", default="results/pieces", help="that of the list (default: %(default)s)")
    arguments = parser.parse_args(argv)
    source = Path(arguments.source or os.environ.get("COLLECT_FROM") or "back")
    from revisit_engines.pieces import take  # DVC: not before the arguments are known to be right

    found = take.take(source, Path(arguments.folder))
    print(f"taken: {', '.join(found.taken) or 'nothing'}")
    if found.known:
        print(f"here before: {', '.join(found.known)}")
    for machine in found.machines:
        print(f"computed on {machine}")
    if found.refused:
        stages = {reason: [s for s, why in found.refused.items() if why == reason] for reason in found.refused.values()}
        raise ArtifactError("not taken: " + "; ".join(f"{', '.join(own)}: {why}" for why, own in stages.items()))


if __name__ == "__main__":
    _command.run(main)
