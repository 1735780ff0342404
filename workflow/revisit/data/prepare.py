"""Stage `prepare`: official files to memory-mappable arrays, labels, classes and statistics."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit import files, progress
from revisit.data import arrays, objects, provenance, sampling
from revisit.data.arrays import META
from revisit.data.formats import registry
from revisit.data.formats.split import Split
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

SPLITS = ("train", "test")
HALF = 127  # of a pixel


def prepare(settings: "Prepare", raw: str | Path, destination: str | Path) -> None:
    """Write the arrays and `meta.json` of a data set into the folder `destination`.

    `settings`: those of `prepare/<dataset>`. `raw`: the folder of the official files. One block of images is
    in memory at a time. Raises DataError when the files are not what their format promises, do not fit each
    other or `classes`, hold images of different sizes and no `size` is set, or hold fewer images than asked for;
    ArtifactError when `fetch` has not recorded their provenance beside them.
    """
    raw, destination = Path(raw), Path(destination)
    origin, without = provenance.read(raw)
    destination.mkdir(parents=True, exist_ok=True)
    splits = registry.reader(settings["format"])(raw, settings)
    shapes: dict[str, tuple[int, ...]] = {}
    kind = settings.get("objects")
    counts = {}
    for name, (split, rows) in _chosen(splits, settings, raw).items():
        counts[name] = len(rows)
        files.write_array(destination / f"{name}_labels.npy", split.labels[rows])
        path = destination / f"{name}_images.npy"
        shapes[name] = _write_images(path, split, rows, settings["size"], settings.get("binary", False))
        if split.objects is not None:
            objects.write(destination, name, split.objects, rows, settings["size"], shapes[name])
        if name == "train":
            mean, std = statistics(np.load(path, mmap_mode="r"))
    if shapes["train"] != shapes["test"]:
        raise DataError(
            f"{raw}: expected images of one size, found {shapes['train']} in train and {shapes['test']} in test: "
            "set `size` of the data set in params.yaml, or get the files again"
        )
    meta = {
        "dataset": settings["dataset"],
        "classes": splits["train"].classes,
        "labels": "multi" if splits["train"].multi_label else "single",
        "shape": list(shapes["train"]),
        **counts,
        "mean": mean,
        "std": std,
        "source": settings["source"],
        "provenance": origin,
        **({provenance.LEFT_OUT: without} if without else {}),
        "sha256": {name: files.sha256(destination / name) for name in arrays.names(kind)},
    }
    if kind:
        meta["objects"] = kind
    (destination / META).write_bytes(files.json_bytes(meta))


def _chosen(splits: dict[str, Split], settings: "Prepare", raw: Path) -> dict[str, tuple[Split, np.ndarray]]:
    """The rows to keep of each split, ascending; each is drawn with a seed of its own.

    With `test_from_train` the test images are some of the training images that are kept: a test split that leaks,
    to show what that does to a score.
    """
    chosen: dict[str, tuple[Split, np.ndarray]] = {}
    for number, name in enumerate(SPLITS):
        leaking = name == "test" and settings["test_from_train"]
        split, pool = chosen["train"] if leaking else (splits[name], np.arange(len(splits[name].labels)))
        asked = settings["train"] if name == "train" else settings["test"]
        if len(pool) < (asked or 1):
            raise DataError(
                f"{raw}: expected at least {asked or 1} {name} images, found {len(pool)}"
                f"{' training images to take them from' if leaking else ''}: "
                f"in params.yaml ask for fewer (`{name}`), or get the whole data set"
            )
        seed = np.random.SeedSequence([settings["seed"], number])
        if split.multi_label:
            rows = sampling.simple(len(pool), asked, seed)
        else:
            rows = sampling.stratified(split.labels[pool], asked, len(split.classes), seed)
        chosen[name] = split, pool[rows]
    return chosen


def statistics(images: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and (population) standard deviation per channel of pixels scaled to 0..1, from exact integer sums.

    `images`: (N, H, W, C) uint8, read a block at a time.
    """
    channels = images.shape[3]
    counts = np.zeros((channels, 256), np.int64)
    step = max((1 << 22) // math.prod(images.shape[1:]), 1)
    for start in range(0, len(images), step):
        block = images[start : start + step]
        for channel in range(channels):
            counts[channel] += np.bincount(block[..., channel].ravel(), minlength=256)
    return moments(counts)


def moments(counts: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation, divided by 255, of values 0..255 of which there are `counts` (C, 256) int64."""
    mean, std = [], []
    for row in counts.tolist():  # Python integers have no bounds
        pixels = sum(row)
        total = sum(value * count for value, count in enumerate(row))
        square = sum(value * value * count for value, count in enumerate(row))
        mean.append(total / (255 * pixels))
        std.append(math.sqrt(pixels * square - total * total) / (255 * pixels))
    return mean, std


def _write_images(path: Path, split: Split, rows: np.ndarray, size: int | None, binary: bool) -> tuple[int, ...]:
    """Write the chosen rows as (rows, H, W, C) uint8, of 0 and 255 where they are to be `binary`; return (H, W, C)."""
    out = None
    missing = np.ones(len(rows), bool)
    with progress.bar(len(rows), path.stem, " images") as bar:
        for positions, block in split.images(rows, size):
            if out is None:
                out = files.new_array(path, np.uint8, (len(rows), *block.shape[1:]))
            out[positions] = np.where(block > HALF, np.uint8(255), np.uint8(0)) if binary else block
            missing[positions] = False
            bar.update(len(positions))
    if out is None or missing.any():
        raise DataError(
            f"{path.name}: expected {len(rows)} images, found {len(rows) - missing.sum()}: get the files again"
        )
    out.flush()
    return out.shape[1:]
