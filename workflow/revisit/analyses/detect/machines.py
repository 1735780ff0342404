"""The second half of R-CNN (Girshick et al. 2014): linear machines on the features of regions.

A support vector machine per class scores regions (section 2.3, appendix B): objects of the class are what it has to
find, regions that overlap none of them by `FAR` or more what it has to refuse, and nothing else counts. Of the many
regions to refuse it keeps the hard ones, in one pass over the images. A ridge regression per class says how a region is
moved to its object (appendix C), learnt from regions that overlap one by `NEAR`.

The SVMs are not quite those of the authors' code (`rcnn_train.m` of github.com/rbgirshick/rcnn): there the loss is the
hinge (LIBLINEAR's type 3) and an object counts twice (`pos_loss_weight` of 2), with C = 0.001; here the loss is the
squared hinge (`revisit.analyses.svm`), an object counts once, and C is the same.
"""

from typing import NamedTuple

import numpy as np
import torch

from revisit.analyses import svm
from revisit.objects import boxes as coded
from revisit.objects import overlaps
from revisit.objects.arrays import Flags, Floats, Rows, Singles

FAR = 0.3  # overlap with an object of a class below which a region is none of it
NEAR = 0.6  # overlap with an object from which a region learns to move to it
LENGTH = 20.0  # mean length that the features of the first image's regions are scaled to; see `Teacher`
BIAS = 10.0  # the constant feature, as there
HARD, EASY = -1.0, -1.2  # scores: regions to refuse are kept from the first on, and left out below the second
ENOUGH = 2000  # new hard regions after which the machines learn again; a quarter of all where that is more


class Image(NamedTuple):
    """An image with n regions and m objects."""

    features: Singles  # (n, D), of the regions
    boxes: Floats  # (n, 4), of the regions
    own: Flags  # (n,): the region is an object itself, that of the same place among the objects
    objects: Floats  # (m, 4); the first ones are regions, too, in their order
    kinds: Rows  # (m,)
    difficult: Flags  # (m,): learnt neither as an object nor as anything else


class Machines(NamedTuple):
    """What was learnt, for K classes and D features."""

    scale: float  # of the features
    weights: Singles  # (D + 1, K): of the SVMs, the bias last
    moves: Singles  # (D + 1, K, 4): of the regression, the intercept last
    kept: int  # regions that the machines learnt from at last

    def scores(self, features: torch.Tensor) -> torch.Tensor:
        """(..., D) -> (..., K): above 0 where the machine of a class finds one."""
        weights = torch.from_numpy(self.weights).to(features.device)
        return features * self.scale @ weights[:-1] + BIAS * weights[-1]

    def codes(self, features: torch.Tensor) -> torch.Tensor:
        """(..., D) -> (..., K, 4): where the object of each class would lie, as `revisit.objects.boxes.encode` says."""
        moves = torch.from_numpy(self.moves).to(features.device)
        flat = features * self.scale @ moves[:-1].flatten(1) + moves[-1].flatten()
        return flat.unflatten(-1, moves.shape[1:])


class Teacher:
    """Learns from one image after the other; `taught` says what.

    Features are scaled so that those of the first image with regions have a mean length of `LENGTH`; all others are
    multiplied by the same number, whatever their length. The authors' code takes the mean over at most 200 regions of
    each of 200 images (`rcnn_feature_stats.m`), before it learns.
    """

    def __init__(self, classes: int, dimensions: int, C: float, ridge: float) -> None:
        self._C, self._scale = C, 0.0
        self._known = [(np.zeros((0, dimensions + 1), np.float32), np.zeros((0, classes), np.int8))]
        self._weights = np.zeros((dimensions + 1, classes), np.float32)
        self._old, self._new = 0, 0  # how many regions are known, and how many of them came since
        self._moves = [Ridge(dimensions, ridge) for _ in range(classes)]

    def show(self, image: Image) -> None:
        """Learn from an image; one without regions teaches nothing."""
        if not len(image.features):
            return
        if not self._scale:
            self._scale = LENGTH / max(float(np.linalg.norm(image.features, axis=1).mean()), 1e-12)
        features = image.features * np.float32(self._scale)
        with_bias = np.pad(features, ((0, 0), (0, 1)), constant_values=BIAS)
        shares = overlaps.boxes(image.boxes, image.objects)
        asked = signs(image, shares, len(self._moves))
        hard = (asked > 0) | ((asked < 0) & (with_bias @ self._weights > HARD))
        kept = hard.any(axis=1)
        self._known.append((with_bias[kept], asked[kept]))
        self._new += int(kept.sum())
        if self._new > max(ENOUGH, self._old // 4):
            self._learn()
        for kind, rows, codes in moved(image, shares):
            self._moves[kind].add(features[rows], codes)

    def taught(self) -> Machines:
        """What was learnt of the images so far."""
        self._learn()
        moves = np.stack([ridge.solved() for ridge in self._moves], axis=1)
        return Machines(self._scale, self._weights, moves.astype(np.float32), self._old)

    def _learn(self) -> None:
        features, asked = (np.concatenate(parts) for parts in zip(*self._known, strict=True))
        self._weights = svm.fit(features, asked, self._C, self._weights)
        kept = ((asked > 0) | ((asked < 0) & (features @ self._weights > EASY))).any(axis=1)
        self._known = [(features[kept], asked[kept])]
        self._old, self._new = int(kept.sum()), 0


def signs(image: Image, shares: Floats, classes: int) -> np.ndarray:
    """What each region is to each class, (n, classes) int8: 1 an object of it, -1 none, 0 too near to one to say.

    `shares`: (n, m), how much regions overlap objects.
    """
    near = np.zeros((len(shares), classes), bool)
    for kind in np.unique(image.kinds).tolist():
        near[:, kind] = (shares[:, image.kinds == kind] >= FAR).any(axis=1)
    found = np.where(near, 0, -1).astype(np.int8)
    rows = np.flatnonzero(image.own)
    learnt = ~image.difficult[: len(rows)]
    found[rows[learnt], image.kinds[: len(rows)][learnt]] = 1
    return found


def moved(image: Image, shares: Floats) -> list[tuple[int, Rows, Floats]]:
    """Of each class: which regions, not objects themselves, lie near an object of it, and the codes of that object."""
    if not shares.size:
        return []
    best = shares.argmax(axis=1)
    near = (shares.max(axis=1) > NEAR) & ~image.own & ~image.difficult[best]
    found = []
    for kind in np.unique(image.kinds[best[near]]).tolist():
        rows = np.flatnonzero(near & (image.kinds[best] == kind))
        codes = coded.encode(torch.from_numpy(image.objects[best[rows]]), torch.from_numpy(image.boxes[rows]))
        found.append((kind, rows, codes.numpy()))
    return found


class Ridge:
    """Ridge regression with an intercept that is not shrunk, from sums: of X (n, D) and Y (n, 4), n however large."""

    def __init__(self, dimensions: int, penalty: float) -> None:
        self.penalty, self.count = penalty, 0
        self.x, self.y = np.zeros(dimensions), np.zeros(4)
        self.xx, self.xy = np.zeros((dimensions, dimensions)), np.zeros((dimensions, 4))

    def add(self, X: np.ndarray, Y: np.ndarray) -> None:
        """Rows to learn from."""
        X, Y = X.astype(np.float64), Y.astype(np.float64)
        self.count += len(X)
        self.x += X.sum(axis=0)
        self.y += Y.sum(axis=0)
        self.xx += X.T @ X
        self.xy += X.T @ Y

    def solved(self) -> Floats:
        """(D + 1, 4), the intercept last; zeros, which move nothing, where no row was seen."""
        n = max(self.count, 1)
        x, y = self.x / n, self.y / n
        within = self.xx - n * np.outer(x, x) + self.penalty * np.eye(len(x))
        weights = np.linalg.solve(within, self.xy - n * np.outer(x, y))
        return np.concatenate([weights, (y - x @ weights)[None]])
