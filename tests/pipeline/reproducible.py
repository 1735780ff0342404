"""Two clean runs of the whole pipeline in two clones, one by each engine: every artifact byte for byte.

python tests/pipeline/reproducible.py
"""

import sys
import tempfile
from pathlib import Path

from tree import Tree


def main() -> None:
    """Run, compare, print how many files were compared; exit status 1 if any differ."""
    with tempfile.TemporaryDirectory() as scratch:
        trees = [Tree(Path(scratch, engine), stand_ins=False, trainings=None) for engine in ("snakemake", "dvc")]
        print("clean run by snakemake", flush=True)
        trees[0].snakemake(timeout=3600)
        print("clean run by dvc repro", flush=True)
        trees[1].dvc("repro", timeout=3600)
        first, second = (tree.artifacts() for tree in trees)
        for tree in trees:
            tree.assert_nothing_to_do()
    differing = sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path))
    size = sum(map(len, first.values()))
    print(f"{len(first)} files, {size / 1e6:.1f} MB compared: {len(differing)} differ", *differing, sep="\n  ")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
