"""The binary version of CIFAR-10 (Krizhevsky, "The CIFAR-10 dataset"): `cifar-10-binary.tar.gz`.

A record is a byte for the label, then 3072 bytes: the red, the green and the blue plane, 32 rows of 32 each.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from revisit.data import content
from revisit_drawing.writers import archive

FILE = "cifar-10-binary.tar.gz"
FOLDER = "cifar-10-batches-bin"
BATCHES = 5  # of training images


def write(
    folder: Path,
    classes: Sequence[str],
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
) -> None:
    """Write both splits, each images (N, 32, 32, 3) uint8 and labels (N,) uint8.

    Training image i goes to batch i mod 5.
    """
    members = [(f"{FOLDER}/batches.meta.txt", "".join(f"{name}\n" for name in (*classes, "")).encode())]
    images, labels = train
    for batch in range(BATCHES):
        members.append(
            (f"{FOLDER}/data_batch_{batch + 1}.bin", records(images[batch::BATCHES], labels[batch::BATCHES]))
        )
    members.append((f"{FOLDER}/test_batch.bin", records(*test)))
    with tempfile.TemporaryFile() as plain:
        archive.write(plain, members)
        plain.seek(0)
        content.pack(plain, folder / FILE)


def records(images: np.ndarray, labels: np.ndarray) -> bytes:
    """The records of images (N, H, W, 3) uint8 with their labels (N,) uint8."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.concatenate([labels[:, None], planes], axis=1).tobytes()
