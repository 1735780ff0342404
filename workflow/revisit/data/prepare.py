"""Stage `prepare`: official files to memory-mappable arrays, labels, classes and statistics."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from revisit import files
from revisit.data.arrays import ARRAYS, META
from revisit.data.readers.registry import READERS
from revisit.data.readers.split import Split
from revisit.errors import DataError

SPLITS = ("train", "test")


def prepare(settings: dict[str, Any], raw: str | Path, destination: str | Path) -> None:
    """Write the arrays and `meta.json` of a data set into the folder `destination`.

    `settings`: those of `prepare/<dataset>`. `raw`: the folder of the official files. One block of images is
    in memory at a time. Raises DataError when the files are not what their format promises, do not fit each
    other or `classes`, or hold fewer images than asked for.
    """
    raw, destination = Path(raw), Path(destination)
    destination.mkdir(parents=True, exist_ok=True)
    classes = list(settings["classes"])
    splits = READERS[settings["format"]](raw, len(classes))
    if splits["train"].shape != splits["test"].shape:
        raise DataError(
            f"{raw}: expected images of one size, found {splits['train'].shape} in train and "
            f"{splits['test'].shape} in test: get the files again"
        )
    counts = {}
    for number, name in enumerate(SPLITS):
        split, asked = splits[name], settings[name]
        if len(split.labels) < (asked or 1):
            raise DataError(
                f"{raw}: expected at least {asked or 1} {name} images, found {len(split.labels)}: "
                f"in params.yaml ask for fewer (`{name}`), or get the whole data set"
            )
        rows = subset(split.labels, asked, len(classes), np.random.SeedSequence([settings["seed"], number]))
        counts[name] = len(rows)
        np.save(destination / f"{name}_labels.npy", split.labels[rows], allow_pickle=False)
        sums = _write_images(destination / f"{name}_images.npy", split, rows)
        if name == "train":
            mean, std = statistics(*sums, len(rows) * split.shape[0] * split.shape[1])
    meta = {
        "dataset": settings["dataset"],
        "classes": classes,
        "shape": list(splits["train"].shape),
        **counts,
        "mean": mean,
        "std": std,
        "source": settings["source"],
        "sha256": {name: files.sha256(destination / name) for name in ARRAYS},
    }
    (destination / META).write_bytes(files.json_bytes(meta))


def subset(labels: np.ndarray, count: int | None, classes: int, seed: np.random.SeedSequence) -> np.ndarray:
    """Rows of a random subset with the classes in the proportions of the whole, ascending (count,) int64.

    Each class gets its share of `count` rounded down; what is left goes to the largest remainders (ties: the
    lower class first). `labels` (N,) int64; a count of None or N keeps every row. Only raw bits of PCG64 are
    used, which no version of NumPy changes (NEP 19).
    """
    if count is None or count == len(labels):
        return np.arange(len(labels))
    sizes = np.bincount(labels, minlength=classes)
    shares, remainders = np.divmod(sizes * count, len(labels))
    favoured = np.argsort(-remainders, kind="stable")[: count - shares.sum()]
    shares[favoured] += 1
    # the rows with the lowest of N random keys; the row number settles the (hardly possible) ties
    order = np.argsort(np.random.PCG64(seed).random_raw(len(labels)), kind="stable")
    kept = [order[labels[order] == label][:share] for label, share in enumerate(shares)]
    return np.sort(np.concatenate(kept))


def statistics(sums: np.ndarray, squares: np.ndarray, pixels: int) -> tuple[list[float], list[float]]:
    """Mean and (population) standard deviation per channel of pixels scaled to 0..1, from exact integer sums.

    `sums`, `squares`: (C,) sums of the values 0..255 and of their squares over `pixels` pixels.
    """
    mean, std = [], []
    for total, square in zip(sums.tolist(), squares.tolist(), strict=True):  # Python integers have no bounds
        mean.append(total / (255 * pixels))
        std.append(math.sqrt(pixels * square - total * total) / (255 * pixels))
    return mean, std


def _write_images(path: Path, split: Split, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write the chosen rows as (rows, H, W, C) uint8; return the sums of their values and squares per channel."""
    out = np.lib.format.open_memmap(path, "w+", np.uint8, (len(rows), *split.shape))
    sums = np.zeros(split.shape[2], np.int64)
    squares = np.zeros(split.shape[2], np.int64)
    read = written = 0
    for block in split.blocks():
        chosen = rows[written : np.searchsorted(rows, read + len(block))] - read
        kept = block[chosen]
        out[written : written + len(kept)] = kept
        sums += kept.sum(axis=(0, 1, 2), dtype=np.int64)
        squares += np.square(kept, dtype=np.int64).sum(axis=(0, 1, 2))
        read, written = read + len(block), written + len(kept)
    if written != len(rows):
        raise DataError(f"{path.name}: expected {len(rows)} images, found {written}: get the files again")
    out.flush()
    return sums, squares
