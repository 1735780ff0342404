"""List what is out of date and computes on a GPU, for a machine without the engines, in pieces of some minutes."""

import argparse
from pathlib import Path

import _command  # first: library path, threads, errors
from revisit.errors import ConfigError


def main(argv: list[str] | None = None) -> None:
    """Write the list, what to copy and the script that runs it to `results/pieces`, and say how to go on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="trainings to list, with what they need (default: all)"
    )
    parser.add_argument(
        "--folder", default="results/pieces", help="where to write, within this tree (default: %(default)s)"
    )
    arguments = parser.parse_args(argv)
    folder = Path(arguments.folder)
    if folder.is_absolute() or ".." in folder.parts or len(folder.parts) < 2:
        raise ConfigError(f"--folder {folder}: expected a folder within this tree, such as results/pieces")
    from revisit_engines.pieces import plan, runner  # DVC: not before the arguments are known to be right

    found = plan.make(arguments.names)
    if not found.steps:
        print("nothing to list: no training, and no analysis of a network, is out of date")
        return
    plan.write(found, folder)
    for step in found.steps:
        print(f"{step['seconds'] / 60:8.1f} min  {step['stage']}")
    hours = sum(step["seconds"] for step in found.steps) / 3600
    print(
        f"{len(found.steps)} steps at scale {found.scale}, some {hours:.1f} hours on a GPU, which are "
        f"{round(hours * 3600 / runner.BUDGET) + 1} calls; an estimate, which may be off by a factor of three\n"
        f"copy ({plan.size(found) / 2**20:.0f} MiB):  tar -czf pieces.tar.gz -T {folder}/copy.txt\n"
        f"there, until it says finished:  tar -xzf pieces.tar.gz && python3 {folder}/run.py\n"
        f"take home:  tar -czf back.tar.gz -T {folder}/back.txt\n"
        f"here:  mkdir back && tar -xzf back.tar.gz -C back && make gpu-collect FROM=back"
    )


if __name__ == "__main__":
    _command.run(main)
