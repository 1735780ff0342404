"""Push all results and the run cache to a DVC remote, or pull them from there into another clone; docs/remotes.md."""

import argparse
import os
import time

import _command  # first: library path, threads, errors
from revisit.errors import ConfigError

WHAT = ("all", "report")


def main(argv: list[str] | None = None) -> None:
    """Push or pull, and say how much that was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("push", "pull"))
    address = os.environ.get("SHARED_REMOTE", "")
    parser.add_argument(
        "--remote", default=address, help="its address, kept in .dvc/config.local (default: as it stands)"
    )
    parser.add_argument("--what", default=os.environ.get("SHARED_WHAT") or "all", help=f"pull: {' or '.join(WHAT)}")
    arguments = parser.parse_args(argv)
    if arguments.what not in WHAT:
        raise ConfigError(f"WHAT={arguments.what}: it is {' or '.join(WHAT)}")

    from revisit_engines import remotes  # DVC: not before the arguments are known to be right

    start = time.monotonic()
    if arguments.action == "push":
        moved = remotes.push(arguments.remote)
        print(f"pushed {moved.files} files in {time.monotonic() - start:.0f} s; commit dvc.lock, which names them")
        return
    moved = remotes.pull(arguments.what == "report", arguments.remote)
    print(f"pulled {moved.files} files in {time.monotonic() - start:.0f} s")
    if arguments.what == "report":
        print(f"{remotes.REPORT}/index.html; before you run an engine here, get the rest with `make pull`")
    if moved.machines and remotes.machine() not in moved.machines:
        print(
            f"made on {', '.join(moved.machines)}; this is {remotes.machine()}, where what is computed anew may differ "
            "in its last digits"
        )


if __name__ == "__main__":
    _command.run(main)
