"""The features of one experiment, as `extract` writes and the other analyses read them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from revisit import reading, stages
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry

INDEX = "index.json"
_BLOCK = 2**24  # values checked at a time


@dataclass(frozen=True)
class Features:
    """What `results/features/<experiment>` holds; arrays stay on disk until they are used."""

    folder: Path
    classes: list[str]
    layers: dict[str, dict]  # name -> {"submodule": of the network, "shape": [C, H, W], "dimensions": C·H·W}
    train: int  # rows
    test: int
    multi_label: bool  # whether an image may have several labels

    @property
    def experiment(self) -> str:
        """Whose features they are, as params.yaml names it."""
        return registry.experiment(self.folder)

    def matrix(self, layer: str, split: str) -> np.ndarray:
        """The features of `layer` for `split` ("train" or "test"): (N, D) float32, memory-mapped.

        Raises:
            ConfigError: the layer was not extracted.
            ArtifactError: the file is missing, damaged or of another shape, or holds values that are not finite.
        """
        if layer not in self.layers:
            raise ConfigError(
                f"{self.folder}: layer {layer!r} was not extracted; extracted are: {', '.join(self.layers)}. "
                f"Name one of them, or add it to analyses.extract.{self.experiment}.layers in params.yaml"
            )
        file = f"{layer}_{split}.npy"
        array = self._read(file, (getattr(self, split), self.layers[layer]["dimensions"]), np.float32)
        rows = max(1, _BLOCK // max(1, array.shape[1]))
        if not all(np.isfinite(array[i : i + rows]).all() for i in range(0, len(array), rows)):
            raise ArtifactError(
                f"{self.folder / file}: holds values that are not finite, so the training has diverged; lower the "
                f"learning rate of {self.experiment}, or take the experiment out of the analyses in params.yaml"
            )
        return array

    def labels(self, split: str) -> np.ndarray:
        """The labels of `split`: (N,) int64, each below the number of classes K; several per image: (N, K) int8.

        Raises:
            ArtifactError: the file is missing, damaged or of another shape.
        """
        N, K = getattr(self, split), len(self.classes)
        shape, dtype, low, high = ((N, K), np.int8, -1, 1) if self.multi_label else ((N,), np.int64, 0, K - 1)
        labels = np.array(self._read(f"{split}_labels.npy", shape, dtype))
        if labels.size and not low <= labels.min() <= labels.max() <= high:
            raise _unfit(self.folder, f"{split}_labels.npy: labels outside {low}..{high}")
        return labels

    def thumbnails(self) -> np.ndarray:
        """The test images, small: (N, h, w, C) uint8, memory-mapped.

        Raises:
            ArtifactError: the file is missing, damaged or of another shape.
        """
        return self._read("test_thumbnails.npy", (self.test, None, None, None), np.uint8)

    def _read(self, file: str, shape: tuple, dtype: type) -> np.ndarray:
        try:
            array = reading.array(self.folder / file)
        except (OSError, ValueError) as error:
            raise _unfit(self.folder, f"{file}: missing or damaged ({error})") from error
        fits = len(shape) == array.ndim and all(n in (None, m) for n, m in zip(shape, array.shape, strict=True))
        if not fits or array.dtype != dtype:
            wanted = "x".join("?" if n is None else str(n) for n in shape)
            raise _unfit(
                self.folder,
                f"{file}: {'x'.join(map(str, array.shape))} {array.dtype} where {wanted} {np.dtype(dtype)} belongs",
            )
        return array


def load(folder: str | Path) -> Features:
    """Open `results/features/<experiment>`, or the folder of a replicate in it.

    Raises:
        ArtifactError: the index is missing or damaged.
    """
    folder = Path(folder)
    try:
        index = reading.json_value(folder / INDEX)
        layers = {
            str(name): {**layer, "dimensions": int(layer["dimensions"])} for name, layer in index["layers"].items()
        }
        classes = [str(name) for name in index["classes"]]
        multi_label = {"single": False, "multi": True}[index["labels"]]
        return Features(folder, classes, layers, int(index["train"]), int(index["test"]), multi_label)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unfit(folder, f"{INDEX}: missing or damaged ({error})") from error


def load_all(folder: str | Path) -> list[Features]:
    """Those of all replicates in `results/features/<experiment>`, its own first; raises as `load`."""
    return [load(replicate) for replicate in registry.replicates(folder)]


def _unfit(folder: Path, what: str) -> ArtifactError:
    again = f"extract the features again with {stages.again(f'extract@{registry.experiment(folder)}')}"
    return ArtifactError(f"{folder}/{what}; {again}")
