"""A trained detector and what it is shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from revisit.analyses import forward, truths
from revisit.analyses.detect import finding
from revisit.data import arrays
from revisit.data.tensors import Preprocessing


@dataclass(frozen=True)
class Detector:
    """A trained detector, its network.json, the data that it was trained on, and the test images that it is shown."""

    network: nn.Module
    info: dict[str, Any]
    data: arrays.Prepared
    scenes: truths.Scenes
    place: torch.device
    title: str

    @property
    def images(self) -> np.ndarray:
        """The test images that count."""
        return self.data.test_images[: self.scenes.truths.images]

    @property
    def given(self) -> np.ndarray | None:
        """The proposals of the data set for test images."""
        return self.proposals("test")

    @property
    def preprocessing(self) -> Preprocessing:
        """From stored pixels to the network's input."""
        return forward.preprocessing_of(self.info, self.place)

    def proposals(self, split: str) -> np.ndarray | None:
        """The proposals of the data set for a split, in stored pixels; None where there are none."""
        objects = self.data.objects(split)
        return objects.proposals if objects else None

    def find(
        self,
        masks: bool,
        network: nn.Module | None = None,
        proposals: np.ndarray | None = None,
        images: np.ndarray | None = None,
    ) -> finding.Found:
        """What is found in the test images, by `network`, in `proposals` and in `images` instead where they are given.

        `masks`: whether to compare those.
        """
        given = self.given if proposals is None else proposals
        asked = given, self.preprocessing, self.scenes, self.place
        shown = self.images if images is None else images
        return finding.find(network or self.network, shown, *asked, self.title, masks)

    def trunk_passes(self) -> int:
        """How many pictures go through the layers `features` for one image: more than one where regions are warped."""
        seen: list[int] = []
        hook = self.network.get_submodule("features").register_forward_hook(
            lambda _module, inputs, _output: seen.append(len(inputs[0]))
        )
        try:
            finding.find_one(self.network, self.images, self.given, self.preprocessing, self.scenes, self.place)
        finally:
            hook.remove()
        return sum(seen)
