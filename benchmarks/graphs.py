"""Training steps as a dynamic and as a static graph: images per second of the Fashion-MNIST network.

    python benchmarks/graphs.py                               # a quick try
    python benchmarks/graphs.py --rounds 20                   # the whole measurement: minutes
    python benchmarks/graphs.py --device cuda --rounds 100    # on a GPU

The steps are those of this project's trainings (`revisit.training.run.Run`): the same seed, weights, batches and
dropout masks for all graphs. Reference: the dynamic graph. Rounds of steps of the graphs alternate; the median round
counts. CPU seconds, on a GPU wall seconds. Set-up is what the first step takes longer than a later one; inductor's
cache is empty before. The last column says whether all train the same network: the largest difference between the loss
of a step and that of the dynamic graph.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import timing

# isort: split
import numpy as np

from revisit.errors import DeviceError

if TYPE_CHECKING:
    import torch

    from revisit.training.run import Common, Run

REFERENCE = "eager"
GRAPHS = {REFERENCE: "dynamic", "aot_eager": "static", "inductor": "static"}
IMAGES = 10_000
PROTOCOL = {
    "model": "fashion_cnn",
    "network": {"dropout": 0.4, "width": 1.0},
    "objective": {"name": "classification", "loss": None, "auxiliary": 0.3},
    "optimizer": {"name": "sgd", "lr": 0.01, "momentum": 0.5, "weight_decay": 0.0, "decay_layers": None},
    "schedule": None,
    "epochs": None,
    "read_at": [],
    "snapshots": [],
    "crop": None,
    "flip": False,
    "mixup": None,
    "freeze": None,
    "seed": 0,
}


def drawn(device: "torch.device") -> "Common":
    """Images of 28x28 pixels, one noisy pattern for each of ten classes, as a prepared data set on the device."""
    from revisit.data.arrays import Prepared
    from revisit.training.batches import Images
    from revisit.training.run import Common

    random = np.random.default_rng(0)
    patterns = random.integers(0, 2, (10, 28, 28, 1)) * 64
    labels = random.integers(0, 10, IMAGES)
    images = (patterns[labels] + random.integers(0, 192, (IMAGES, 28, 28, 1))).astype(np.uint8)
    scale = {"mean": [float(images.mean() / 255)], "std": [float(images.std() / 255)]}
    data = Prepared(
        dataset="patterns",
        classes=[str(number) for number in range(10)],
        shape=(28, 28, 1),
        **scale,
        source="embedded",
        sha256={},
        train_images=images,
        train_labels=labels,
        test_images=images[:100],
        test_labels=labels[:100],
    )
    train, test = Images(images, labels, device), Images(images[:100], labels[:100], device)
    return Common(data, train, test, scale, start=None, digest=None, device=device)


class Steps:
    """One network in training; `seconds` holds what the first step and then each round took."""

    def __init__(self, run: "Run") -> None:
        self._run, self._done, self.seconds = run, 0, []
        self._random = self._random_states()

    def advance(self, steps: int) -> None:
        """Train for `steps` steps and take the time."""
        for setter, state in self._random:  # dropout goes on where this network left off
            setter(state)
        clock = time.perf_counter if self._on_gpu() else timing.cpu_seconds
        start = clock()
        for step in range(self._done + 1, self._done + steps + 1):
            self._run._step(step)
        self._run.history.first_divergence()  # waits for a GPU
        self._done += steps
        self.seconds.append(clock() - start)
        self._random = self._random_states()

    def losses(self) -> np.ndarray:
        """The loss of every step so far."""
        return np.array([values["loss"] for _, values in self._run.history.steps_since(0)])

    def _on_gpu(self) -> bool:
        return self._run.common.device.type == "cuda"

    def _random_states(self) -> list[tuple]:
        import torch

        modules = [torch, torch.cuda] if self._on_gpu() else [torch]
        return [(module.set_rng_state, module.get_rng_state()) for module in modules]


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of each graph (default 3)")
    parser.add_argument("--steps", type=int, default=10, help="in a round (default 10)")
    parser.add_argument("--batch-size", type=int, default=100, help="(default 100)")
    parser.add_argument("--backends", nargs="+", choices=list(GRAPHS)[1:], default=list(GRAPHS)[1:])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # that there is no GPU is known
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(Path(scratch, "inductor"))
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # compile in this process, whose time is taken
        measure(options, Path(scratch))


def measure(options: argparse.Namespace, scratch: Path) -> None:
    """Train with each graph in turns and print the table."""
    from revisit import device as devices
    from revisit.training.run import Run

    device = devices.choose(options.device)
    trainings, missing = {}, []
    size, rounds = options.batch_size, options.rounds
    protocol = PROTOCOL | {"batch_size": size, "steps": 1 + options.steps * rounds, "evaluate_every": 10**9}
    with devices.deterministic():
        common = drawn(device)
        for backend in [REFERENCE, *options.backends]:
            graph = {"graph": GRAPHS[backend], "backend": backend}
            try:
                trainings[backend] = Steps(Run(common, protocol | graph, False, scratch / backend, backend))
            except DeviceError as error:
                missing.append(f"{backend} is left out: {error}")
        for training in trainings.values():  # after all are built: building one resets what others have captured
            training.advance(1)
        for _ in range(rounds):
            for training in trainings.values():
                training.advance(options.steps)
    step = {name: statistics.median(training.seconds[1:]) / options.steps for name, training in trainings.items()}
    losses = {name: training.losses() for name, training in trainings.items()}
    timing.print_table(
        f"{rounds} rounds of {options.steps} steps of {size} images, {device.type}; reference: the dynamic graph",
        ("graph", "backend", "images/s", "times as fast", "set-up s", "last loss", "loss differs"),
        [
            (
                *(GRAPHS[name], name, f"{size / step[name]:.0f}", f"{step[REFERENCE] / step[name]:.2f}"),
                *(f"{max(0, training.seconds[0] - step[name]):.1f}", f"{losses[name][-1]:.4f}"),
                f"{np.abs(losses[name] - losses[REFERENCE]).max():.1e}",
            )
            for name, training in trainings.items()
        ],
    )
    print("".join(f"\n{line}" for line in missing))


if __name__ == "__main__":
    main()
