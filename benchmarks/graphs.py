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
import warnings
from pathlib import Path

import timing
import trainings

# isort: split
import numpy as np

from revisit.errors import DeviceError

REFERENCE = "eager"
GRAPHS = {REFERENCE: "dynamic", "aot_eager": "static", "inductor": "static"}
SHAPE = (28, 28, 1)
NETWORK = {"dropout": 0.4, "width": 1.0}


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

    device = devices.choose(options.device)
    loops, missing = {}, []
    size, rounds = options.batch_size, options.rounds
    protocol = trainings.PROTOCOL | {"model": "fashion_cnn", "network": NETWORK}
    protocol |= {"batch_size": size, "steps": 1 + options.steps * rounds}
    with devices.deterministic():
        make = trainings.drawn(SHAPE, device)
        for backend in [REFERENCE, *options.backends]:
            graph = {"graph": GRAPHS[backend], "backend": backend}
            try:
                loops[backend] = trainings.Ours(make(protocol | graph, scratch / backend))
            except DeviceError as error:
                missing.append(f"{backend} is left out: {error}")
        for loop in loops.values():  # after all are built: building one resets what others have captured
            loop.advance(1)
        for _ in range(rounds):
            for loop in loops.values():
                loop.advance(options.steps)
    step = {name: statistics.median(loop.seconds[1:]) / options.steps for name, loop in loops.items()}
    losses = {name: loop.losses() for name, loop in loops.items()}
    timing.print_table(
        f"{rounds} rounds of {options.steps} steps of {size} images, {device.type}; reference: the dynamic graph",
        ("graph", "backend", "images/s", "times as fast", "set-up s", "last loss", "loss differs"),
        [
            (
                *(GRAPHS[name], name, f"{size / step[name]:.0f}", f"{step[REFERENCE] / step[name]:.2f}"),
                *(f"{max(0, loop.seconds[0] - step[name]):.1f}", f"{losses[name][-1]:.4f}"),
                f"{np.abs(losses[name] - losses[REFERENCE]).max():.1e}",
            )
            for name, loop in loops.items()
        ],
    )
    print("".join(f"\n{line}" for line in missing))


if __name__ == "__main__":
    main()
