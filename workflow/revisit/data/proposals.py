"""Stage `propose`: regions that may hold an object, for every image of a prepared data set.

What it leaves is a prepared data set itself: the arrays of the other, and the regions beside them.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit import cores, files, pool, progress, reading, stages
from revisit.data import arrays, objects
from revisit.data.images import resized
from revisit.errors import ArtifactError, DataError
from revisit.objects.arrays import Bytes, Singles
from revisit.objects.selective_search import Regions, search
from revisit.objects.windows import sliding_windows

if TYPE_CHECKING:
    from revisit.data.settings import Propose, SelectiveSearch

AT_ONCE = 8  # images of a job: one takes about a tenth of a second


def propose(settings: "Propose", source: str | Path, destination: str | Path) -> list[Singles] | None:
    """Write the prepared data set in the folder `source`, with proposals for its images, into the folder `destination`.

    `settings`: those of `propose/<name>`. To the arrays of `source` it adds `<split>_proposals.npy`, (N, P, 4) float32:
    x0, y0, x1, y1, corners in pixels of the stored images, the best first; P is `count`, and where an image has fewer
    there are boxes of zeros at the end. The images are searched in as many processes as there are cores, which changes
    no byte.

    Returns:
        Of each test image the regions that selective search began with, as `Regions.first`, which are not written; None
        where the method is another one.

    Raises:
        DataError: the data set has no objects, or its images are not RGB.
        ArtifactError: it is missing, damaged, or not the one of its `meta.json`.
        ConfigError: see `cores.allotted`.
        DeviceError: a process was killed.
    """
    source, destination = Path(source), Path(destination)
    data = arrays.load(source)
    _check(data)
    meta = reading.json_value(source / arrays.META)
    destination.mkdir(parents=True, exist_ok=True)
    for name in arrays.names(meta["objects"]):
        files.copy(source / name, destination / name)
        if files.sha256(destination / name) != data.sha256.get(name):
            remedy = f"make it again with {stages.again(stages.prepares(source.name))}"
            raise ArtifactError(f"{source / name}: not the file that {arrays.META} names: {remedy}")
    with _finder(settings, cores.allotted()) as finder:
        first = {
            split: _write(destination, split, len(data.images(split)), settings["count"], finder)
            for split in arrays.SPLITS
        }
    digests = {name: files.sha256(destination / name) for name in arrays.names(meta["objects"], proposals=True)}
    meta |= {"dataset": settings["proposals"], "proposals": settings["count"], "sha256": digests}
    (destination / arrays.META).write_bytes(files.json_bytes(meta))
    return first["test"] if settings["method"] == "selective_search" else None


def proposed(image: Bytes, settings: "Propose") -> Singles:
    """The regions of one image (H, W, 3) uint8, best first: (at most `count`, 4) float32. Raises as `search` does."""
    return _regions(image, settings).proposals


def _regions(image: Bytes, settings: "Propose") -> Regions:
    """The regions of one image; sliding windows begin with none."""
    count = settings["count"]
    if settings["method"] == "sliding_windows":
        return Regions(sliding_windows(image.shape[0], image.shape[1], count), np.zeros((0, 4), np.float32))
    searched, sizes = _searched(image, settings)
    found = search(searched, count, settings["scales"], shortest=settings["shortest"], seed=settings["seed"])
    return Regions(found.proposals * sizes, found.first * sizes)


def _searched(image: Bytes, settings: "SelectiveSearch") -> tuple[Bytes, Singles]:
    """The image, or the small copy of it that is searched, and by what boxes in it are to be multiplied."""
    height, width = image.shape[:2]
    side = settings["side"]
    if side is None:
        return image, np.ones(4, np.float32)
    return resized(image, side, side), np.array([width / side, height / side] * 2, np.float32)


def _check(data: arrays.Prepared) -> None:
    if data.train_objects is None:
        raise DataError(f"{data.dataset}: nothing is known of its objects: set its `objects` in params.yaml")
    if data.shape[2] != 3:
        raise DataError(f"{data.dataset}: images of {data.shape[2]} channels, expected RGB: name another data set")


def _write(folder: Path, split: str, images: int, count: int, finder: "_Finder") -> list[Singles]:
    """Write the proposals of a split; the first regions of its images."""
    first = [np.zeros((0, 4), np.float32)] * images
    out = files.new_array(folder / f"{split}_{objects.PROPOSALS}.npy", np.float32, (images, count, 4))
    with progress.bar(images, f"{split}_{objects.PROPOSALS}", " images") as bar:
        for row, found in finder.regions(folder / f"{split}_images.npy", images):
            out[row, : len(found.proposals)] = found.proposals
            first[row] = found.first
            bar.update()
    out.flush()
    return first


class _Finder:
    """Searches images in some `processes`, or in this one where there are none."""

    def __init__(self, settings: "Propose", processes: ProcessPoolExecutor | None) -> None:
        self._settings, self._processes = settings, processes

    def regions(self, path: Path, images: int) -> Iterator[tuple[int, Regions]]:
        """The number and the regions of each image of the array at `path`, in any order."""
        jobs = [range(start, min(start + AT_ONCE, images)) for start in range(0, images, AT_ONCE)]
        if self._processes is None:
            for rows in jobs:
                yield from zip(rows, _search(path, rows, self._settings), strict=True)
            return
        waiting = {self._processes.submit(_search, path, rows, self._settings): rows for rows in jobs}
        for job in as_completed(waiting):
            yield from zip(waiting.pop(job), job.result(), strict=True)


@contextmanager
def _finder(settings: "Propose", workers: int) -> Iterator[_Finder]:
    if workers == 1:
        yield _Finder(settings, None)
        return
    with pool.of(workers) as processes:
        yield _Finder(settings, processes)


def _search(path: Path, rows: range, settings: "Propose") -> list[Regions]:
    images = np.load(path, mmap_mode="r")
    return [_regions(np.array(images[row]), settings) for row in rows]
