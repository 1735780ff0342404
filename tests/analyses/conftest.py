"""Small features and prepared data on disk, as the earlier stages leave them."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from revisit import paths

CLASSES = ["ant", "bee", "cat"]


def write_features(folder: Path, layers: dict[str, tuple[np.ndarray, np.ndarray]], labels, thumbnails=None) -> Path:
    """Write a features folder: layer -> (train rows, test rows), labels (train, test)."""
    folder.mkdir(parents=True)
    for layer, splits in layers.items():
        for split, rows in zip(("train", "test"), splits, strict=True):
            np.save(folder / f"{layer}_{split}.npy", rows.astype(np.float32))
    for split, values in zip(("train", "test"), labels, strict=True):
        np.save(folder / f"{split}_labels.npy", values.astype(np.int64 if values.ndim == 1 else np.int8))
    count = len(labels[1])
    if thumbnails is None:
        thumbnails = np.random.default_rng(3).integers(0, 256, (count, 6, 5, 1))
    np.save(folder / "test_thumbnails.npy", thumbnails.astype(np.uint8))
    index = {
        "experiment": folder.name,
        "labels": "single" if labels[1].ndim == 1 else "multi",
        "layers": {
            name: {"submodule": f"net.{name}", "shape": [rows[1].shape[1]], "dimensions": rows[1].shape[1]}
            for name, rows in layers.items()
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


@pytest.fixture
def multi_features_folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    splits = [rng.normal(size=(count, 8)) for count in (120, 90)]
    labels = [rng.choice([1, -1, 0], (len(rows), len(CLASSES))) for rows in splits]
    return write_features(tmp_path / "results/features/several", {"features.30": splits}, labels)


def several_blobs(count: int, dimensions: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Clouds of images that show none to three classes: rows (N, D) float32, labels (N, 3) of 1, -1 and 0.

    The images of an odd seed do not show the last class at all.
    """
    rng = np.random.default_rng(seed)
    shown = rng.random((count, len(CLASSES))) < [0.4, 0.3, 0 if seed % 2 else 0.3]
    centres = np.random.default_rng(9).normal(size=(len(CLASSES), dimensions))
    labels = np.where(rng.random(shown.shape) < 0.1, 0, np.where(shown, 1, -1))
    return (shown @ centres + rng.normal(size=(count, dimensions))).astype(np.float32), labels


@pytest.fixture(scope="session")
def script_inputs() -> Callable[[Path], None]:
    """Writes into a folder the features and test scores of "small", with one label per image, and of "several"."""

    def write(folder: Path) -> None:
        for name, clouds in (("small", blobs), ("several", several_blobs)):
            (train, train_labels), (test, test_labels) = clouds(60, 8, 60), clouds(80, 8, 80)
            layers = {"pool.2": (np.maximum(train, 0), np.maximum(test, 0)), "fc": (train, test)}
            write_features(folder / paths.features(name), layers, (train_labels, test_labels))
            scores, labels = clouds(80, 8, 5)
            model = folder / paths.model(name)
            model.mkdir(parents=True)
            np.save(model / "scores.npy", scores[:, : len(CLASSES)])
            np.save(model / "labels.npy", labels.astype(np.int64 if labels.ndim == 1 else np.int8))
            (model / "network.json").write_text(json.dumps({"classes": CLASSES}))

    return write
