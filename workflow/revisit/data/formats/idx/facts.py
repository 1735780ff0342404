"""The format `idx`: the four files of MNIST and of data sets that share its layout."""

from pathlib import Path

from revisit.data.formats.facts import Facts

IMAGES = {"train": "train-images-idx3-ubyte.gz", "test": "t10k-images-idx3-ubyte.gz"}
LABELS = {"train": "train-labels-idx1-ubyte.gz", "test": "t10k-labels-idx1-ubyte.gz"}
LIMIT = 1 << 30  # bytes of values that a file may hold; the largest relative of MNIST has 0.6 GiB


def check(path: Path) -> None:
    """Raise DataError unless the file is an IDX file."""
    from revisit.data import idx  # imports NumPy, which `params.yaml` is checked without

    idx.check(path)


FACTS = Facts(
    description="as MNIST",
    labels="single",
    check=check,
    limit=LIMIT + 1024,
    others=False,
    files=(IMAGES["train"], LABELS["train"], IMAGES["test"], LABELS["test"]),
    one_size=True,
)
