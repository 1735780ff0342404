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
