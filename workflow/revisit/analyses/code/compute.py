"""Stage `code`: what an autoencoder's code is like beside the pixels, of every replicate."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from revisit import device, intervals, paths
from revisit.analyses import forward, replicates, svm
from revisit.analyses.axes import principal_axes
from revisit.analyses.code.sparsity import sparsity
from revisit.analyses.code.tables import LABELS
from revisit.analyses.findings import Files
from revisit.analyses.probe.classifiers import cross_validate
from revisit.analyses.trained import check_data
from revisit.analyses.untrained import initial
from revisit.data import arrays, sampling
from revisit.errors import ConfigError
from revisit.models import registry

if TYPE_CHECKING:
    from revisit.analyses.code.settings import Settings

CANDIDATES, FOLDS = [0.0001, 0.001, 0.01, 0.1, 1.0], 3  # of C, chosen by cross-validation
LEAST = 1e-12  # of a standard deviation
FEW = 0.01  # C where there are too few labels for folds
Both = tuple[np.ndarray, np.ndarray]  # training rows and test rows


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """The summaries of all replicates; the table is of replicate 0.

    Args:
        name: the experiment.
        settings: see `settings.Code`.

    Returns:
        `dimensions`, `hoyer`, `active` and `dead` of the codes of all test images (`sparsity.Sparsity`); `untrained`:
        the same of the network before its training; and `accuracy`: features -> `labels_<n>` -> the accuracy of linear
        SVMs on all test images, a mean over the draws. Features are the `code`, that of the `untrained` network, as
        many `principal` components of the pixels as it has units, or as there are, and the `pixels`. All are fitted on
        the same labelled images.

    Raises:
        ConfigError: the layer does not exist, or has one unit.
        ArtifactError: what training left is missing or damaged, or was trained on other data.
    """
    data = arrays.load(paths.prepared(settings["dataset"]))
    place = device.choose(settings["device"])
    labels = data.train_labels[: settings["train"]], data.test_labels
    summaries: list[dict[str, Any]] = []
    files: Files = {}
    of_pixels: dict[str, list[dict[str, Any]]] = {}  # the same for every replicate
    for number, trained in enumerate(registry.replicates(paths.model(name))):
        network, info = registry.load(trained, place)
        check_data(info, data.sha256)
        with device.deterministic(), device.memory_errors(place, "use fewer images (analyses.code in params.yaml)"):
            code = _codes(network, info, data, settings, place)
            before = initial(info, settings["training_seed"] + number).to(place).eval()
            untrained = _codes(before, info, data, settings, place)
        if code[0].shape[1] < 2:
            raise ConfigError(f"analyses.code.{name}.layer: {settings['layer']!r} has one unit; choose another layer")
        if not of_pixels:
            pixels = _pixels(data.train_images[: settings["train"]]), _pixels(data.test_images)
            components = principal(pixels, code[0].shape[1])
            of_pixels = {"principal": fits(components, labels, settings), "pixels": fits(pixels, labels, settings)}
        found = {name: fits(both, labels, settings) for name, both in (("code", code), ("untrained", untrained))}
        found |= of_pixels
        accuracy = {name: {f"labels_{row['labels']}": row["accuracy"] for row in rows} for name, rows in found.items()}
        about = {"dimensions": code[1].shape[1], **sparsity(code[1]), "untrained": sparsity(untrained[1])}
        summaries.append(about | {"accuracy": accuracy})
        table = [{"features": name, **row} for name, rows in found.items() for row in rows]
        files = files or {LABELS.file: LABELS.frame(table)}
    return replicates.summary(summaries), files


def _codes(
    network: nn.Module, info: dict[str, Any], data: arrays.Prepared, settings: "Settings", place: torch.device
) -> Both:
    """Of the training images that labels are drawn from and of all test images, each (N, D) float32."""
    preprocessing, layer = forward.preprocessing_of(info, place), settings["layer"]

    def of(images: np.ndarray) -> np.ndarray:
        found = forward.activations(network, images, preprocessing, [layer], place)
        return np.concatenate([outputs[layer].flatten(1).to("cpu", torch.float32).numpy() for _, outputs in found])

    return of(data.train_images[: settings["train"]]), of(data.test_images)


def _pixels(images: np.ndarray) -> np.ndarray:
    """As features, (N, D) float32 of 0 to 1."""
    return np.asarray(images).reshape(len(images), -1).astype(np.float32) / 255


def principal(pixels: Both, count: int) -> Both:
    """The first principal components of the training rows, `count` or as many as there are."""
    mean = pixels[0].mean(axis=0)
    axes = principal_axes(pixels[0] - mean)[:, :count]
    return (pixels[0] - mean) @ axes, (pixels[1] - mean) @ axes


def fits(features: Both, labels: Both, settings: "Settings") -> list[dict[str, Any]]:
    """The rows of `LABELS`, but for `features`: classifiers on features (N, D) with labels (N,)."""
    X, test_X = features
    y, test_y = labels
    classes = int(max(y.max(), test_y.max())) + 1
    rows = []
    for count in settings["labels"]:
        scores = []
        for draw in range(settings["draws"]):
            chosen = sampling.stratified(y, count, classes, np.random.SeedSequence([settings["seed"], count, draw]))
            guessed = classified(X[chosen], y[chosen], test_X, classes, settings["seed"])
            scores.append(float((guessed == test_y).mean()))
        low, high = intervals.student(scores) or (np.nan, np.nan)
        row = {"dimensions": X.shape[1], "labels": count, "accuracy": float(np.mean(scores)), "low": low, "high": high}
        rows.append(row)
    return rows


def classified(X: np.ndarray, y: np.ndarray, test_X: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """The classes (M,) that linear SVMs, one against the rest, see in `test_X` (M, D), fitted on X (N, D) with y (N,).

    Features are centred, and scaled all by one number to a mean variance of 1: whether they are given along other axes
    makes no difference. C is chosen by cross-validation, where there are as many rows of each class as folds.
    """
    mean = X.mean(axis=0)
    scale = 1 / max(float(X.var(axis=0).mean()) ** 0.5, LEAST)
    rows, test_rows = (np.pad((each - mean) * scale, ((0, 0), (0, 1)), constant_values=1) for each in (X, test_X))
    axes = principal_axes(rows)
    rows = rows @ axes
    signs = np.where(y[:, None] == np.arange(classes), 1, -1).astype(rows.dtype)
    C = FEW
    if np.bincount(y, minlength=classes).min() >= FOLDS:
        found = cross_validate(rows, y, signs, CANDIDATES, FOLDS, seed)
        C = max(found, key=found.__getitem__)  # the first of the best ones: the smallest
    return (test_rows @ (axes @ svm.fit(rows, signs, C))).argmax(axis=1)
