"""Which pairs of images a training step sees. A draw depends on the seed and the step alone."""

from functools import cached_property

import numpy as np
import torch

from revisit.device import moved
from revisit.errors import ConfigError
from revisit.training.randomness import Purpose, generator
from revisit.training.samplers import Draw


class _Classes:
    """The images of each class, and draws from them.

    Args:
        labels: (N,) int64, one class each.
        similar: whether similar pairs are needed: then at least one class has two images.

    Raises:
        ConfigError: the labels do not have two classes, or no class has the two images of a similar pair.
    """

    def __init__(self, labels: np.ndarray, similar: bool) -> None:
        self.sorted = np.argsort(labels, kind="stable")
        _, self.starts, self.counts = np.unique(labels[self.sorted], return_index=True, return_counts=True)
        self.paired = np.flatnonzero(self.counts > 1)
        if len(self.counts) < 2:
            raise ConfigError("objective: pairs need images of two classes at least, and the data set has only one")
        if similar and not len(self.paired):
            raise ConfigError("objective: pairs need a class with two images at least, and the data set has none")

    def similar(self, classes: np.ndarray, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Two different images of each of `classes`."""
        counts = self.counts[classes]
        first = draw.integers(counts)
        second = (first + draw.integers(1, counts)) % counts
        return self.sorted[self.starts[classes] + first], self.sorted[self.starts[classes] + second]

    def dissimilar(self, count: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Two images of different classes, `count` times; each class equally often in expectation."""
        first = draw.integers(len(self.counts), size=count)
        second = (first + draw.integers(1, len(self.counts), size=count)) % len(self.counts)
        return self._any(first, draw), self._any(second, draw)

    def others(self, anchor: int, count: int, draw: np.random.Generator) -> np.ndarray:
        """`count` images that are not of the class `anchor`, each such image equally often in expectation."""
        place = draw.integers(len(self.sorted) - self.counts[anchor], size=count)
        return self.sorted[place + self.counts[anchor] * (place >= self.starts[anchor])]

    def _any(self, classes: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        return self.sorted[self.starts[classes] + draw.integers(self.counts[classes])]


class _Pairs:
    """Pairs of images, of which a fixed share is similar.

    Args:
        labels: (N,) int64.
        pairs: how many a draw has.
        share: of similar pairs; their number is rounded to the nearest whole one, halves to even.
        seed: of the draws.
        device: where the draws go.
        purpose: of the draws; pairs for evaluation are others than pairs for training.

    Raises:
        ConfigError: see `_Classes`.
    """

    def __init__(
        self,
        labels: np.ndarray,
        pairs: int,
        share: float,
        seed: int,
        device: torch.device,
        purpose: Purpose = Purpose.PAIRS,
    ) -> None:
        self._similar = round(share * pairs)
        self._pairs, self._seed, self._device, self._purpose = pairs, seed, device, purpose
        self._classes = _Classes(labels, self._similar > 0)

    def _drawn(self, index: np.ndarray) -> Draw:
        """The pairs of the images at `index`, similar ones first."""
        flags = (torch.arange(self._pairs) < self._similar).float()
        return Draw(moved(torch.from_numpy(index), self._device), moved(flags, self._device))


class RandomPairs(_Pairs):
    """Pairs drawn at random; each class is equally often in a pair in expectation."""

    def draw(self, step: int) -> Draw:
        """The pairs of training step `step`."""
        draw = generator(self._purpose, self._seed, step)
        classes = self._classes.paired[draw.integers(len(self._classes.paired), size=self._similar)]
        same = self._classes.similar(classes, draw)
        other = self._classes.dissimilar(self._pairs - self._similar, draw)
        return self._drawn(np.concatenate([same[0], other[0], same[1], other[1]]))


class AnchorPairs(_Pairs):
    """One image, the anchor, in all pairs of a minibatch: against images of its class and of the others.

    The anchor is any image whose class has a second one.
    """

    @cached_property
    def _anchors(self) -> np.ndarray:
        """Places of possible anchors among the sorted images."""
        counts = self._classes.counts
        allowed = counts > 1 if self._similar else counts > 0
        return np.flatnonzero(np.repeat(allowed, counts))

    def draw(self, step: int) -> Draw:
        """The pairs of training step `step`: the anchor, then the images that it is compared with."""
        draw = generator(self._purpose, self._seed, step)
        place = draw.choice(self._anchors)
        own = int(np.searchsorted(self._classes.starts, place, side="right")) - 1
        start, count = self._classes.starts[own], self._classes.counts[own]
        offsets = (place - start + draw.integers(1, max(2, count), size=self._similar)) % count
        same = self._classes.sorted[start + offsets]
        other = self._classes.others(own, self._pairs - self._similar, draw)
        return self._drawn(np.concatenate([self._classes.sorted[[place]], same, other]))
