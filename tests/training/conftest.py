"""A small prepared data set, and settings to train on it."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

SHAPE = (8, 8, 1)
CLASSES = ["top", "middle", "low", "bottom"]
COUNTS = {"train": 40, "test": 12}


def write_prepared(folder: Path) -> Path:
    """Images with one bright band, whose height is the class."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(7)
    arrays = {}
    for split, count in COUNTS.items():
        labels = np.arange(count, dtype=np.int64) % len(CLASSES)
        images = random.integers(0, 120, (count, *SHAPE))
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 2] += 120
        arrays |= {f"{split}_images": images.astype(np.uint8), f"{split}_labels": labels}
    digests = {}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
        digests[f"{name}.npy"] = hashlib.sha256((folder / f"{name}.npy").read_bytes()).hexdigest()
    pixels = arrays["train_images"] / 255
    meta = {"dataset": "bands", "classes": CLASSES, "shape": SHAPE, **COUNTS, "source": "embedded", "sha256": digests}
    meta |= {"mean": [float(pixels.mean())], "std": [float(pixels.std())]}
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared data set: 40 training and 12 test images of 8x8, four classes."""
    return write_prepared(tmp_path_factory.mktemp("data") / "bands")


@pytest.fixture
def settings() -> dict:
    """Eight steps of ten images, with an evaluation every third step."""
    return {
        "experiment": "bands_dynamic",
        "study": "bands",
        "dataset": "bands",
        "model": "fashion_cnn",
        "graph": "dynamic",
        "backend": "auto",
        "dropout": 0.4,
        "optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.5},
        "batch_size": 10,
        "epochs": 2,
        "read_at": [1, 2],
        "evaluate_every": 3,
        "snapshots": [0, 1],
        "seed": 0,
        "device": "cpu",
    }
