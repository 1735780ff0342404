"""Push networks of reference results to a DVC remote, or pull them into results/reference/.

Git has their digests only; the report needs none of them.
"""

import argparse
from pathlib import Path

import _command  # first: library path, threads, errors
from revisit.errors import ConfigError
from revisit.reference import store


def main(argv: list[str] | None = None) -> None:
    """Push or pull each network named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("push", "pull"))
    parser.add_argument("experiment", nargs="+", help="experiments that have a reference result")
    parser.add_argument("--tree", metavar="FOLDER", default=".", help="push: the clone in which they were trained")
    parser.add_argument("--remote", metavar="NAME", help="a remote of DVC (default: the default one)")
    arguments = parser.parse_args(argv)
    digests: dict[str, str] = {}
    for name in arguments.experiment:
        if name not in store.names():
            raise ConfigError(f"{name} has no reference result; there are: {', '.join(store.names()) or 'none'}")
        digest = store.read(name).description.weights
        if digest is None:
            raise ConfigError(f"{name}: its reference result was kept without its network; keep it again")
        digests[name] = digest

    from revisit_engines import weights  # DVC: not before the arguments are known to be right

    for name, digest in digests.items():
        if arguments.action == "push":
            weights.push(name, digest, Path(arguments.tree), arguments.remote)
            print(f"pushed: {name}")
        else:
            print(f"pulled: {weights.pull(name, digest, arguments.remote)}")


if __name__ == "__main__":
    _command.run(main)
