"""Small features and prepared data on disk, as the earlier stages leave them."""

import json
from pathlib import Path

import numpy as np
import pytest

CLASSES = ["ant", "bee", "cat"]


def write_features(folder: Path, layers: dict[str, tuple[np.ndarray, np.ndarray]], labels, thumbnails=None) -> Path:
    """Write a features folder: layer -> (train rows, test rows), labels (train, test)."""
    folder.mkdir(parents=True)
    for layer, splits in layers.items():
        for split, rows in zip(("train", "test"), splits, strict=True):
            np.save(folder / f"{layer}_{split}.npy", rows.astype(np.float32))
    for split, values in zip(("train", "test"), labels, strict=True):
        np.save(folder / f"{split}_labels.npy", values.astype(np.int64))
    count = len(labels[1])
    if thumbnails is None:
        thumbnails = np.random.default_rng(3).integers(0, 256, (count, 6, 5, 1))
    np.save(folder / "test_thumbnails.npy", thumbnails.astype(np.uint8))
    index = {
        "experiment": folder.name,
        "layers": {
            name: {"shape": [rows[1].shape[1]], "dimensions": rows[1].shape[1]} for name, rows in layers.items()
        },
        "train": len(labels[0]),
        "test": count,
        "classes": CLASSES,
    }
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def blobs(count: int, dimensions: int, seed: int = 0, apart: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping clouds of three classes: rows (N, D) float32, labels (N,)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(CLASSES), count)
    centres = np.random.default_rng(99).normal(size=(len(CLASSES), dimensions)) * apart
    return (centres[labels] + rng.normal(size=(count, dimensions))).astype(np.float32), labels


@pytest.fixture
def features_folder(tmp_path: Path) -> Path:
    train, train_labels = blobs(120, 8)
    test, test_labels = blobs(90, 8, seed=1)
    layers = {"pool": (np.abs(train), np.abs(test)), "fc": (train, test)}
    return write_features(tmp_path / "results/features/small", layers, (train_labels, test_labels))
