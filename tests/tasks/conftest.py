"""Images with labels, and a network that is one multiplication."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from revisit.data.tensors import Preprocessing
from revisit.tasks import registry
from revisit.tasks.base import Task
from revisit.training.batches import BatchLoader, Images

CPU = torch.device("cpu")
DEFAULTS = {"loss": None, "margin": 1.0, "sampler": "random", "similar": 0.5, "pool": 1.0, "test_pairs": "random"}
DEFAULTS |= {"auxiliary": 0.3}


@pytest.fixture
def make() -> Callable[..., Task]:
    """`make("pairs", loss="contrastive_2")`: a task."""

    def build(name: str, labels: str = "single", **settings: object) -> Task:
        return registry.build(DEFAULTS | {"name": name} | settings, labels, "things")

    return build


@pytest.fixture
def make_loader() -> Callable[[np.ndarray], BatchLoader]:
    """`make_loader(labels)`: as many images of 4x4 pixels as labels, in their stored values, cropped to 2x2."""

    def build(labels: np.ndarray) -> BatchLoader:
        pixels = np.random.default_rng(1).integers(0, 256, (len(labels), 4, 4, 1), dtype=np.uint8)
        return BatchLoader(Images(pixels, labels, CPU), Preprocessing([0.0], [1.0], CPU, 2), 2, False, 0)

    return build


@pytest.fixture
def network() -> Callable[[torch.Tensor], torch.Tensor]:
    """(B, 1, 2, 2) -> (B, 3)."""
    weight = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    return lambda inputs: inputs.flatten(1) @ weight
