"""What every look inside a network looks at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import nn

from revisit.analyses import forward
from revisit.analyses.inspect.objects import Boxes
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError
from revisit.models import registry

if TYPE_CHECKING:
    from revisit.analyses.inspect.settings import Settings
    from revisit.data.arrays import Prepared

TILE = 64  # pixels, the longer side of a stored picture at most


@dataclass(frozen=True)
class View:
    """A trained network, the test images to show it, and how it looked earlier in its training."""

    network: nn.Module  # in evaluation mode, on `device`
    preprocessing: Preprocessing  # from stored pixels (B, H, W, C) uint8 to what the network wants to see
    device: torch.device
    images: np.ndarray  # (N, H, W, C) uint8, memory-mapped
    labels: np.ndarray  # (N,) int64, or (N, K) int8 with several labels per image
    classes: list[str]
    seed: int = 0  # of every choice among the images
    unit: str = "epoch"  # what the moments of the snapshots count
    snapshots: Mapping[int, Callable[[], nn.Module]] = field(default_factory=dict)  # moment -> that network, loaded
    train_images: np.ndarray | None = None  # all that it was trained on, as `images`; None: not at hand
    train_labels: np.ndarray | None = None
    # name -> network and preprocessing of another variant of the training, loaded
    variants: Mapping[str, Callable[[], tuple[nn.Module, Preprocessing]]] = field(default_factory=dict)
    boxes: Boxes | None = None  # of the objects in `images`; None: not known

    @classmethod
    def of(
        cls,
        network: nn.Module,
        info: dict[str, Any],
        data: "Prepared",
        settings: "Settings",
        device: torch.device,
        folder: Path,
    ) -> Self:
        """What `settings` (those of stage `inspect`) want to see of `data`.

        Args:
            network: in evaluation mode, on `device`.
            info: its network.json.
            data: what it was trained on.
            settings: `images`, how many test images, the first ones; `seed`.
            device: where the network is.
            folder: its results/models/<experiment>, where the snapshots are.
        """
        unit, snapshots = registry.snapshots(folder)
        return cls(
            network,
            forward.preprocessing_of(info, device),
            device,
            data.test_images[: settings["images"]],
            data.test_labels[: settings["images"]],
            list(data.classes),
            settings["seed"],
            unit,
            {moment: partial(_network, folder, device, file) for moment, file in snapshots.items()},
            data.train_images,
            data.train_labels,
            {name: partial(_variant, path, device) for name, path in registry.variants(folder).items()},
            Boxes.of(data, info["crop"], settings["images"]),
        )

    def training(self) -> Self:
        """The same network with all images that it was trained on in the place of the test images: the centre crop."""
        if self.train_images is None or self.train_labels is None:
            raise ValueError("the images of the training are not at hand")
        return replace(self, images=self.train_images, labels=self.train_labels, boxes=None)

    def variant(self, name: str) -> Self:
        """Another variant of the training, before the same images; its crop may be another, so nothing of boxes.

        Raises:
            KeyError: its network was not kept.
        """
        network, preprocessing = self.variants[name]()
        return replace(self, network=network, preprocessing=preprocessing, boxes=None)

    def moments(self, look: str) -> list[int]:
        """When the snapshots were taken, ascending.

        Raises:
            ConfigError: there are none; `look` is the key in `analyses.inspect` that wants them.
        """
        if not self.snapshots:
            raise ConfigError(
                f"analyses.inspect.{look}: follows the training, which kept no snapshots; set `snapshots` of the "
                "experiment in params.yaml, for example [0, 1]"
            )
        return sorted(self.snapshots)

    def batch(self, rows: np.ndarray) -> torch.Tensor:
        """The images of `rows` as the network wants them: (B, C, h, w) float32 on the device."""
        return self.preprocessing(torch.from_numpy(np.array(self.images[rows])).to(self.device))

    @torch.inference_mode()
    def probabilities(self, inputs: torch.Tensor) -> torch.Tensor:
        """What the network says of inputs (B, C, h, w): probabilities of the classes (B, K).

        By softmax; with several labels per image by the sigmoid of each.
        """
        scores = self.network(inputs)
        return scores.sigmoid() if self.labels.ndim == 2 else scores.softmax(dim=1)


def _variant(folder: Path, device: torch.device) -> tuple[nn.Module, Preprocessing]:
    network, info = registry.load(folder, device)
    return network, forward.preprocessing_of(info, device)


def _network(folder: Path, device: torch.device, weights: str) -> nn.Module:
    return registry.load(folder, device, weights)[0]
