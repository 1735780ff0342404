"""The four files of MNIST and Fashion-MNIST (LeCun, Cortes and Burges, "The MNIST database of handwritten digits")."""

from pathlib import Path

import numpy as np

from revisit.data import idx


def write(folder: Path, train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> None:
    """Write both splits, each images (N, H, W) uint8 and labels (N,) uint8."""
    for split, (images, labels) in (("train", train), ("test", test)):
        idx.write(folder / idx.IMAGES[split], images)
        idx.write(folder / idx.LABELS[split], labels)
