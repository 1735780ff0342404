"""Five calls for a script or a notebook of your own: data, a network, its features, a probe, neighbours.

They read what a run has left in the current folder, the root of a clone. docs/api.md shows them at work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from revisit import paths
from revisit.data import arrays
from revisit.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

    from revisit.analyses.probe.classifiers import Probe

C = (0.001, 0.01, 0.1, 1.0)  # of a probe: the default of params.yaml


@dataclass(frozen=True)
class Network:
    """A trained network.

    Attributes:
        module: the network, in evaluation mode.
        about: what its `network.json` says: model, settings, classes, preprocessing, data set.
    """

    module: "nn.Module"
    about: dict[str, Any]

    @property
    def layers(self) -> list[str]:
        """The names of all its layers, whose features can be asked for."""
        return [name for name, _ in self.module.named_modules() if name]


def load_data(name: str | Path) -> arrays.Prepared:
    """The prepared data set `name` of `params.yaml`, or the one in a folder.

    Its arrays are memory-mapped: `train_images` (N, H, W, C) uint8, `train_labels` (N,) int64, or (N, K) int8 with
    several labels per image (1 shown, -1 not, 0 excluded), and the same of `test`; `classes` are their names.

    Raises:
        ArtifactError: it is missing or damaged; the message says how to make it.
    """
    return arrays.load(_place(name, paths.prepared))


def load_network(name: str | Path, device: str = "auto") -> Network:
    """The trained network of an experiment of `params.yaml`, or the one in a folder, on `device`: auto, cpu, cuda.

    Raises:
        ArtifactError: it is missing or damaged; the message says how to make it.
        DeviceError: the device is not there.
    """
    from revisit import device as devices
    from revisit.models import registry

    return Network(*registry.load(_place(name, paths.model), devices.choose(device)))


def features(network: Network, images: np.ndarray, layer: str) -> np.ndarray:
    """What a layer of a network makes of images: (N, D) float32, flattened.

    Args:
        network: as `load_network` gives it.
        images: (N, H, W, C) uint8, as the network's data set stores them; cropped and normalised here.
        layer: one of `network.layers`.

    Raises:
        ConfigError: the images have another type or shape, or the layer does not exist or gives no tensor.
    """
    import torch

    from revisit import device as devices
    from revisit.analyses import forward

    channels = network.about["shape"][2]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != channels or not len(images):
        other = f"{'x'.join(map(str, images.shape))} {images.dtype}"
        raise ConfigError(f"images: expected at least one of height x width x {channels}, uint8; found {other}")
    place = next(network.module.parameters()).device
    preprocessing = forward.preprocessing_of(network.about, place)
    parts = []
    with devices.deterministic():
        for _, found in forward.activations(network.module, images, preprocessing, [layer], place):
            parts.append(found[layer].flatten(1).to("cpu", torch.float32).numpy())
    return np.concatenate(parts)


def probe(
    X: np.ndarray,
    labels: np.ndarray,
    test_X: np.ndarray,
    test_labels: np.ndarray,
    C: Sequence[float] = C,
    folds: int = 3,
    seed: int = 0,
) -> "Probe":
    """A linear probe: linear SVMs, one class against the rest, on standardised features.

    Args:
        X: features to fit on, (N, D) float32.
        labels: (N,) int64, or (N, K) int8 with several labels per row.
        test_X: features to score, (M, D) float32.
        test_labels: likewise.
        C: the values to choose from, by cross-validation on the rows to fit on.
        folds: of the cross-validation.
        seed: of the folds.

    Returns:
        `score`: the accuracy on `test_X`, with several labels the mean average precision; `C`, the one that was chosen.

    Raises:
        ConfigError: rows and labels do not fit each other, or are too few.
    """
    from revisit.analyses.probe import classifiers

    for rows, own, what in ((X, labels, "X"), (test_X, test_labels, "test_X")):
        if rows.ndim != 2 or len(rows) != len(own):
            raise ConfigError(f"{what}: expected a row for each of {len(own)} labels, found {rows.shape}")
    shown = max(labels.max(initial=0), test_labels.max(initial=0)) + 1
    classes = labels.shape[1] if labels.ndim > 1 else int(shown)
    return classifiers.probe(X, labels, test_X, test_labels, classes, list(C), folds, seed)


def neighbours(X: np.ndarray, k: int = 5, queries: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The `k` nearest rows of X (N, D) for each query by Euclidean distance, the query itself left out; exact.

    Args:
        X: features.
        k: how many.
        queries: rows of X, (Q,); None: all.

    Returns:
        Rows (Q, k) int64, the nearest first, and their distances (Q, k) float64.

    Raises:
        ConfigError: there are not more than `k` rows.
    """
    from revisit.analyses import nearest

    return nearest.nearest(X, k, queries)


def _place(name: str | Path, of_name: Any) -> Path:
    """The folder: that of a name of `params.yaml`, or a path as it is."""
    path = Path(name)
    return path if isinstance(name, Path) or len(path.parts) > 1 else of_name(str(name))
