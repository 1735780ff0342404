"""A training step with the channels of a pixel together (`channels_last`) against a plane for each channel.

    python benchmarks/memory_formats.py                            # a quick try
    python benchmarks/memory_formats.py --rounds 6 --steps 3       # the whole measurement: minutes

Reference: PyTorch's default format. Both take the same network, images and steps, in turns; the median round counts.
The outputs of the fresh networks differ by rounding: their largest difference is in the last column.
Sizes of images, batches and networks are those of the demonstration, and of the publications for the small networks.
"""

import argparse
import statistics
from collections.abc import Callable
from typing import TYPE_CHECKING

import timing

if TYPE_CHECKING:
    import torch

REFERENCE = "a plane for each"
# Network, shape of the images, batch size, width.
CASES = (
    ("fashion_cnn", (28, 28, 1), 100, 1.0),
    ("lenet", (28, 28, 3), 50, 0.5),
    ("lenet", (28, 28, 3), 50, 1.0),
    ("cifar_convnet", (32, 32, 3), 128, 0.25),
    ("cifar_convnet", (32, 32, 3), 128, 1.0),
    ("simple_cnn", (64, 64, 3), 20, 0.25),
    ("caffenet", (72, 72, 3), 20, 0.25),
    ("vgg16", (48, 48, 3), 20, 0.125),
    ("alexnet", (72, 72, 3), 32, 0.25),
    ("densenet", (64, 64, 3), 32, 0.25),
    ("inception", (64, 64, 3), 32, 0.25),
    ("mobilenet_v2", (72, 72, 3), 32, 0.25),
)
CLASSES = 10


def prepared(
    name: str, shape: tuple[int, int, int], size: int, width: float, layout: str
) -> tuple["torch.Tensor", Callable[[], None]]:
    """What a fresh network of this layout gives for a batch, and a function that trains it for one step."""
    import torch
    from torch.nn.functional import cross_entropy

    from revisit.models import registry

    torch.manual_seed(0)
    wanted = getattr(torch, layout)
    network = registry.build(name, shape, CLASSES, {"width": width}).to(memory_format=wanted)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.001)
    images = torch.randn(size, shape[2], *shape[:2]).contiguous(memory_format=wanted)
    labels = torch.randint(0, CLASSES, (size,))

    def step() -> None:
        optimizer.zero_grad()
        output = network(images)
        cross_entropy(output[0] if isinstance(output, tuple) else output, labels).backward()
        optimizer.step()

    with torch.inference_mode():
        first = network.eval()(images)
    network.train()
    return first, step


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2, help="of each format (default 2)")
    parser.add_argument("--steps", type=int, default=1, help="in a round (default 1)")
    parser.add_argument("--cases", type=int, default=len(CASES), help="only the first ones")
    options = parser.parse_args()
    from revisit import device as devices

    rows = []
    for name, shape, size, width in CASES[: options.cases]:
        with devices.deterministic():
            layouts = ("contiguous_format", "channels_last")
            outputs, steps = zip(*(prepared(name, shape, size, width, layout) for layout in layouts), strict=True)
            differs = (outputs[0] - outputs[1]).abs().max().item()
            for step in steps:  # the first one does not count
                step()
            seconds: list[list[float]] = [[], []]
            for _ in range(options.rounds):
                for step, taken in zip(steps, seconds, strict=True):
                    start = timing.cpu_seconds()
                    for _ in range(options.steps):
                        step()
                    taken.append(timing.cpu_seconds() - start)
        planes, together = (statistics.median(taken) / options.steps for taken in seconds)
        title = f"{name}, width {width:g}, {size} of {'x'.join(map(str, shape))}"
        rows.append((title, REFERENCE, f"{planes * 1000:.1f}", "1.00", "-"))
        rows.append((title, "together", f"{together * 1000:.1f}", f"{planes / together:.2f}", f"{differs:.0e}"))
    timing.print_table(
        f"{options.rounds} rounds of {options.steps} steps, one thread; reference: {REFERENCE}",
        ("network", "channels", "CPU ms", "times as fast", "outputs differ"),
        rows,
    )


if __name__ == "__main__":
    main()
