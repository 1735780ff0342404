"""What the measurements of training share: drawn images, a protocol, and loops over steps whose time is taken."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import timing

# isort: split
import numpy as np

if TYPE_CHECKING:
    import torch

    from revisit.training.run import Run

CLASSES = 10
PROTOCOL = {
    "network": {},
    "objective": {"name": "classification", "loss": None, "auxiliary": 0.3},
    "optimizer": {
        "name": "sgd",
        "lr": 0.01,
        "momentum": 0.5,
        "initial_accumulator": 0.0,
        "weight_decay": 0.0,
        "decay_layers": None,
    },
    "schedule": None,
    "sampling": "epoch",
    "inputs": None,
    "channels": None,
    "epochs": None,
    "evaluate_every": 10**9,
    "read_at": [],
    "snapshots": [],
    "crop": None,
    "flip": False,
    "mixup": None,
    "freeze": None,
    "graph": "dynamic",
    "backend": "eager",
    "seed": 0,
}


def drawn(
    shape: tuple[int, int, int], device: "torch.device", train: int = 10_000, test: int = 100
) -> Callable[[dict[str, Any], Path], "Run"]:
    """What makes a run of a protocol and its folder, on drawn images: a noisy pattern for each of ten classes.

    The images have `shape` (H, W, C) and lie on the device.
    """
    from revisit.data.arrays import Prepared
    from revisit.data.prepare import statistics
    from revisit.training.plan import Common, Plan
    from revisit.training.run import Run, splits

    random = np.random.default_rng(0)
    patterns = random.integers(0, 2, (CLASSES, *shape)) * 64
    labels = random.integers(0, CLASSES, train + test)
    images = (patterns[labels] + random.integers(0, 192, (train + test, *shape))).astype(np.uint8)
    mean, std = statistics(images[:train])
    data = Prepared(
        dataset="patterns",
        classes=[str(number) for number in range(CLASSES)],
        shape=shape,
        mean=mean,
        std=std,
        source="embedded",
        provenance="drawn",
        sha256={},
        train_images=images[:train],
        train_labels=labels[:train],
        test_images=images[train:],
        test_labels=labels[train:],
    )
    images = splits(data, device)
    common = Common(data, None, None, "rgb", None, None, {}, device)
    return lambda protocol, folder: Run(Plan(common, protocol, "base", 0, False, folder, protocol["model"]), images)


class Loop(ABC):
    """A loop over the steps of one training, in turns with others; `seconds` holds what each turn took.

    On the CPU those are CPU seconds, on a GPU wall seconds. Each loop goes on with the random numbers (dropout) where
    it left off.
    """

    def __init__(self, device: "torch.device") -> None:
        self.seconds: list[float] = []
        self._device, self._done = device, 0
        self._random = self._random_states()

    def advance(self, count: int) -> None:
        """Train for `count` steps and take the time."""
        steps = range(self._done + 1, self._done + count + 1)
        for setter, state in self._random:
            setter(state)
        self.get_ready(steps)
        clock = time.perf_counter if self._device.type == "cuda" else timing.cpu_seconds
        start = clock()
        self.take(steps)
        self.seconds.append(clock() - start)
        self._done += count
        self._random = self._random_states()

    def get_ready(self, steps: range) -> None:  # noqa: B027  (most loops need nothing)
        """What does not count, before the time is taken."""

    @abstractmethod
    def take(self, steps: range) -> None:
        """Take these steps."""

    @abstractmethod
    def losses(self) -> np.ndarray:
        """The loss of every step so far."""

    def _random_states(self) -> list[tuple[Callable, Any]]:
        import torch

        modules = [torch, torch.cuda] if self._device.type == "cuda" else [torch]
        return [(module.set_rng_state, module.get_rng_state()) for module in modules]


class Ours(Loop):
    """The steps of this project's trainings."""

    def __init__(self, run: "Run") -> None:
        super().__init__(run.plan.common.device)
        self.run = run

    def take(self, steps: range) -> None:  # noqa: D102
        for step in steps:
            self.run._step(step)
        self.run.history.first_divergence()  # waits for a GPU

    def losses(self) -> np.ndarray:  # noqa: D102
        return np.array([values["loss"] for _, values in self.run.history.steps_since(0)])
