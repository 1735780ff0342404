"""Pictures for the page: images, and the classes of their pixels as annotators and as the network have them."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from PIL import Image

from revisit.analyses import targets
from revisit.analyses.thumbnails import thumbnails
from revisit.analyses.truths import Scenes
from revisit.data.arrays import Prepared
from revisit.data.objects import VOID
from revisit.objects.arrays import Bytes

SIDE = 128  # pixels, the longer side of a picture


@dataclass
class Pictures:
    """Some images (n, h, w, C) uint8 of test rows `rows`, and their maps as they come."""

    rows: list[int]
    images: np.ndarray
    maps: dict[int, tuple[Bytes, Bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Prepared, scenes: Scenes, count: int, seed: int) -> Self:
        """Of `count` images, spread over the classes; cut to what the network sees."""
        labels = data.test_labels[: scenes.truths.images]
        rows = np.sort(targets.spread(labels, count, seed)).tolist()
        chosen = np.stack([data.test_images[row] for row in rows]) if rows else data.test_images[:0]
        return cls(rows, thumbnails(scenes.window.pixels(chosen), SIDE))

    def add(self, row: int, real: Bytes, predicted: Bytes) -> None:
        """Keep the maps (h, w) of an image, if it is one of these."""
        if row in self.rows:
            size = (self.images.shape[2], self.images.shape[1])
            self.maps[row] = _resized(real, size), _resized(predicted, size)

    def files(self) -> dict[str, np.ndarray]:
        """`images.npy`, and `maps.npy` (n, 2, h, w) uint8: real and predicted; nothing without pictures."""
        if not self.rows:
            return {}
        return {"images.npy": self.images, "maps.npy": np.stack([np.stack(self.maps[row]) for row in self.rows])}

    def told(self, names: list[str]) -> Any:
        """What shown.csv is made of: the classes in either map, of `names` with the background."""
        texts = [[_classes(one, names) for one in self.maps[row]] for row in self.rows]
        return {
            "picture": range(len(self.rows)),
            "image": self.rows,
            "actual": [actual for actual, _ in texts],
            "predicted": [predicted for _, predicted in texts],
        }


def _classes(shown: Bytes, names: list[str]) -> str:
    return ", ".join(names[kind] for kind in np.unique(shown).tolist() if kind not in (0, VOID))


def _resized(shown: Bytes, size: tuple[int, int]) -> Bytes:
    return np.asarray(Image.fromarray(shown).resize(size, Image.Resampling.NEAREST))
