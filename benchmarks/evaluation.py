"""Evaluations during a training: what one every 50 steps costs, against evaluations through a usual data loader.

    python benchmarks/evaluation.py                            # a quick try
    python benchmarks/evaluation.py --rounds 3 --every 50      # the whole measurement: minutes

An evaluation measures loss and accuracy on the test images and on as many training images. Reference: the same through
torchvision's data set, `ToTensor` and `Normalize` on PIL images and a `DataLoader` without workers. The share is that
of the evaluation in the time of the training, steps and evaluation together. Forward passes alone are those of the same
images on normalised batches that wait in memory: what no input pipeline can go below. Loss differs: from the
reference's. CPU seconds of one thread; rounds of all alternate, the median counts.
"""

import argparse
import statistics
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import timing
import trainings
from training import torchvision_dataset

# isort: split
if TYPE_CHECKING:
    from revisit.training.run import Run

REFERENCE, OURS, FORWARD = "a usual data loader", "this project", "forward passes alone"
# Shape of the images, batch size, width, test images: as at demo scale of params.yaml.
PROTOCOLS = {
    "fashion_cnn": ((28, 28, 1), 100, 1.0, 1000),
    "lenet": ((28, 28, 3), 50, 0.5, 400),
    "cifar_convnet": ((32, 32, 3), 128, 0.25, 1000),
}


def usual(run: "Run") -> Callable[[], float]:
    """An evaluation as the tutorials of PyTorch have it; returns the loss on the test images."""
    import torch
    from torch.nn.functional import cross_entropy
    from torch.utils.data import DataLoader, Subset

    train = Subset(torchvision_dataset(run, "train"), run.subset.tolist())
    test = torchvision_dataset(run, "test")

    def evaluate() -> float:
        run.network.eval()
        for split in (train, test):
            loss = right = 0.0
            with torch.inference_mode():
                for images, labels in DataLoader(split, run.plan.protocol["batch_size"], generator=torch.Generator()):
                    logits = run.network(images)
                    loss += cross_entropy(logits, labels, reduction="sum").item()
                    right += (logits.argmax(1) == labels).sum().item()
        return loss / len(test)

    return evaluate


def ours(run: "Run") -> Callable[[], float]:
    """An evaluation of this project's trainings."""

    def evaluate() -> float:
        run._evaluate(None)
        return run.history.evaluations[-1]["test_loss"]

    return evaluate


def forward(run: "Run") -> Callable[[], float]:
    """The forward passes of an evaluation, on batches that are made here."""
    import torch

    size = run.plan.protocol["batch_size"]
    batches = [
        loader.preprocessing(loader.evaluation(part))
        for loader, index in ((run.train_loader, run.subset), (run.test_loader, run.whole_test))
        for part in index.split(size)
    ]

    def evaluate() -> float:
        run.network.eval()
        with torch.inference_mode():
            for batch in batches:
                run.network(batch)
        return float("nan")

    return evaluate


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=10, help="steps between two evaluations (default 10)")
    parser.add_argument("--rounds", type=int, default=1, help="(default 1)")
    parser.add_argument("--networks", nargs="+", choices=list(PROTOCOLS), default=list(PROTOCOLS))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    import torch

    from revisit import device as devices

    rows, goals = [], []
    for model in options.networks:
        shape, size, width, test = PROTOCOLS[model]
        make = trainings.drawn(shape, torch.device("cpu"), test=test)
        protocol = trainings.PROTOCOL | {"model": model, "network": {"width": width}, "batch_size": size}
        protocol |= {"steps": (options.rounds + 1) * options.every}
        with devices.deterministic(), tempfile.TemporaryDirectory() as scratch:
            run = make(protocol, Path(scratch))
            loop = trainings.Ours(run)
            evaluations = {REFERENCE: usual(run), OURS: ours(run), FORWARD: forward(run)}
            seconds: dict[str, list[float]] = {name: [] for name in evaluations}
            losses = {}
            for _ in range(options.rounds + 1):
                loop.advance(options.every)
                for name, evaluate in evaluations.items():
                    start = timing.cpu_seconds()
                    losses[name] = evaluate()
                    seconds[name].append(timing.cpu_seconds() - start)
        steps = statistics.median(loop.seconds[1:])
        found = {name: statistics.median(taken[1:]) for name, taken in seconds.items()}
        shares = {name: taken / (taken + steps) for name, taken in found.items()}
        for name, taken in found.items():
            differs = abs(losses[name] - losses[REFERENCE])
            numbers = f"{taken:.3f}", f"{found[REFERENCE] / taken:.2f}", f"{shares[name]:.1%}"
            rows.append((model, test, name, *numbers, "-" if name == FORWARD else f"{differs:.0e}"))
        goals.append(timing.Goal(f"{model}: share of the training's time", shares[OURS], at_most=0.05))
        goals.append(timing.Goal(f"{model}: times the forward passes alone", found[OURS] / found[FORWARD], at_most=1.1))
    timing.print_table(
        f"an evaluation every {options.every} steps, one thread; reference: {REFERENCE}",
        ("network", "test images", "evaluation", "CPU s", "times as fast", "share", "loss differs"),
        rows,
    )
    timing.print_goals(*goals)


if __name__ == "__main__":
    main()
