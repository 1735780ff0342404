"""The classes that images show: one class each, (N,) int64, or several, (N, K) int8.

Of several labels 1 says present, -1 absent and 0 excluded: only instances that PASCAL VOC 2007 calls difficult show the
class, so that it counts neither as present nor as absent (Everingham et al. 2010, IJCV 88:303-338, section 3.4).
"""

import numpy as np


def first_present(labels: np.ndarray) -> np.ndarray:
    """One class per image, (N,) int64: single labels as they are; of several the first present one, -1 without any."""
    if labels.ndim == 1:
        return np.asarray(labels)
    present = labels == 1
    return np.where(present.any(axis=1), present.argmax(axis=1), -1).astype(np.int64)


def texts(labels: np.ndarray) -> list[str]:
    """The classes of every image for a table: the numbers of those present, joined by spaces; "" without any."""
    if labels.ndim == 1:
        return [str(label) for label in labels.tolist()]
    return [" ".join(map(str, np.flatnonzero(row == 1))) for row in labels]


def showing(labels: np.ndarray, number: int) -> np.ndarray:
    """The rows that show class `number`, ascending, int64."""
    return np.flatnonzero(labels == number if labels.ndim == 1 else labels[:, number] == 1)


def share_class(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether the images of rows `a` and those of rows `b` (broadcast together) show a common class: bool."""
    if labels.ndim == 1:
        return labels[a] == labels[b]
    return ((labels[a] == 1) & (labels[b] == 1)).any(axis=-1)


def spread(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """`count` rows spread over the classes: a random one of each class in the order of the classes, then a second, ...

    Classes that are used up are passed over; all rows that show a class, where there are no more than `count`. With
    several labels, (N, K), a row stands for the first class that it shows.
    """
    labels = first_present(labels)
    shuffled = np.random.default_rng(seed).permutation(np.flatnonzero(labels >= 0))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    ordered = labels[by_class]
    turn = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)  # how many of the class come before
    return by_class[np.lexsort((ordered, turn))][:count]
