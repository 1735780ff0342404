"""Training small networks: this project's steps against the usual loop, and against steps that need no data.

    python benchmarks/training.py                                # a quick try
    python benchmarks/training.py --rounds 4 --steps 10          # the whole measurement: minutes
    python benchmarks/training.py --device cuda --rounds 50      # on a GPU

Reference: the usual loop, which is torchvision's data set, `ToTensor` and `Normalize` on PIL images, a `DataLoader`
without workers, and eager steps on a network in PyTorch's default memory format. All loops train the same network from
the same weights on the same batches, without dropout, whose masks depend on the format; the last column holds the
largest difference between the loss of a step and the reference's. In memory: the same steps on normalised batches that
wait there, which is as fast as any feeding could be. Widths are those of the demonstration (0.5, 0.25) and of the
publications (1). Rounds of the loops alternate; the median round counts. CPU seconds, on a GPU wall seconds.
"""

import argparse
import statistics
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import timing
import trainings

# isort: split
import numpy as np

if TYPE_CHECKING:
    from torch.utils.data import Dataset

    from revisit.training.run import Run

REFERENCE, OURS, MEMORY = "the usual loop", "this project", "in memory"
# Shape of the images, batch size, widths.
NETWORKS = {
    "fashion_cnn": ((28, 28, 1), 100, (1.0,)),
    "lenet": ((28, 28, 3), 50, (0.5, 1.0)),
    "cifar_convnet": ((32, 32, 3), 128, (0.25, 1.0)),
}


def torchvision_dataset(run: "Run", split: str) -> "Dataset":
    """The images of a split of a run as torchvision's Fashion-MNIST or CIFAR-10 holds them, with PIL transforms."""
    import torch
    from torchvision import datasets, transforms

    normalise, data = transforms.Normalize(**run.plan.statistics), run.plan.common.data
    images, labels = data.images(split), data.labels(split)
    grey = images.shape[3] == 1
    dataset = object.__new__(datasets.FashionMNIST if grey else datasets.CIFAR10)  # without looking for files
    dataset.data = torch.from_numpy(images[..., 0]) if grey else images
    dataset.targets = torch.from_numpy(labels) if grey else labels.tolist()
    dataset.transform, dataset.target_transform = transforms.Compose([transforms.ToTensor(), normalise]), None
    return dataset


class Usual(trainings.Loop):
    """The loop of PyTorch's tutorials, on the network, optimiser and batches of a run of this project."""

    def __init__(self, run: "Run") -> None:
        import torch

        super().__init__(run.plan.common.device)
        run.network.to(memory_format=torch.contiguous_format)
        self._run, self._losses = run, []
        self._dataset = torchvision_dataset(run, "train")

    def take(self, steps: range) -> None:  # noqa: D102
        import torch
        from torch.nn.functional import cross_entropy
        from torch.utils.data import DataLoader

        network, optimizer, device = self._run.network.train(), self._run.optimizer, self._device
        batches = [self._run.sampler.draw(step).index.tolist() for step in steps]
        # A generator of its own: the loader draws a seed from it, which would shift the dropout masks.
        for images, labels in DataLoader(self._dataset, batch_sampler=batches, generator=torch.Generator()):
            optimizer.zero_grad()
            loss = cross_entropy(network(images.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            self._losses.append(loss.item())

    def losses(self) -> np.ndarray:  # noqa: D102
        return np.array(self._losses)


class InMemory(trainings.Ours):
    """This project's steps on batches that were normalised before the time is taken."""

    def get_ready(self, steps: range) -> None:  # noqa: D102
        batches = {step: type(self.run)._minibatch(self.run, step) for step in steps}
        self.run._minibatch = batches.__getitem__


def without_dropout(run: "Run") -> "Run":
    """The run, whose network drops nothing."""
    import torch

    for module in run.network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return run


def alternate(loops: dict[str, trainings.Loop], rounds: int, steps: int) -> dict[str, float]:
    """Seconds of a step of each loop: the median of some rounds, after one that does not count."""
    for _ in range(rounds + 1):
        for loop in loops.values():
            loop.advance(steps)
    return {name: statistics.median(loop.seconds[1:]) / steps for name, loop in loops.items()}


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2, help="of each loop (default 2)")
    parser.add_argument("--steps", type=int, default=5, help="in a round (default 5)")
    parser.add_argument("--networks", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    from revisit import device as devices

    device, rows, goals = devices.choose(options.device), [], []
    for model in options.networks:
        shape, size, widths = NETWORKS[model]
        make = trainings.drawn(shape, device)
        for width in widths:
            protocol = trainings.PROTOCOL | {"model": model, "network": {"width": width}, "batch_size": size}
            protocol |= {"steps": (options.rounds + 1) * options.steps}
            with devices.deterministic(), tempfile.TemporaryDirectory() as scratch:
                loops = {
                    name: loop(without_dropout(make(protocol, Path(scratch, name))))
                    for name, loop in ((REFERENCE, Usual), (OURS, trainings.Ours), (MEMORY, InMemory))
                }
                step = alternate(loops, options.rounds, options.steps)
            title = f"{model}, width {width:g}"
            for name, loop in loops.items():
                ratio, share = step[REFERENCE] / step[name], step[MEMORY] / step[name]
                differs = np.abs(loop.losses() - loops[REFERENCE].losses()).max()
                numbers = (f"{size / step[name]:.0f}", f"{ratio:.2f}", f"{share:.1%}", f"{differs:.0e}")
                rows.append((title, name, *numbers))
            goals.append(timing.Goal(f"{title}: times as fast", step[REFERENCE] / step[OURS], at_least=2))
            goals.append(timing.Goal(f"{title}: share of in memory", step[MEMORY] / step[OURS], at_least=0.9))
    timing.print_table(
        f"{options.rounds} rounds of {options.steps} steps, {device.type}, one thread; reference: {REFERENCE}",
        ("network", "loop", "images/s", "times as fast", "of in memory", "loss differs"),
        rows,
    )
    timing.print_goals(*goals)


if __name__ == "__main__":
    main()
