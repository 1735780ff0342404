"""Images per second of detectors: each region by itself, regions of one map, proposals of its own, all in one look.

    python benchmarks/detectors.py                            # a quick try
    python benchmarks/detectors.py --rounds 9 --images 32     # the whole measurement: a minute

Reference: R-CNN, which shows its trunk a picture for each region. The networks are those of the demonstration, as
`params.yaml` has them, with fresh weights; images are drawn noise, regions lie anywhere. Detections are counted with
non-maximum suppression, but without the search for the regions that R-CNN and Fast R-CNN are given. CPU seconds of one
thread; rounds of all alternate, the median counts.
"""

import argparse
import statistics
from typing import TYPE_CHECKING, NamedTuple

import timing

if TYPE_CHECKING:
    import torch

STUDY = "detection"
REFERENCE, SCALE = "voc_rcnn", "demo"
CLASSES = 20
SIDES = (10.0, 50.0)  # pixels of regions


class Detector(NamedTuple):
    """A fresh network in evaluation mode, and what it is shown."""

    network: "torch.nn.Module"
    images: "torch.Tensor"
    proposals: "torch.Tensor | None"

    def find(self) -> None:
        """Detect in all images."""
        import torch

        with torch.inference_mode():
            self.network(self.images, self.proposals)

    def operations(self) -> int:
        """Of one image."""
        import torch

        from revisit.training import flops

        one = None if self.proposals is None else self.proposals[:1]
        with torch.inference_mode():
            return flops.counted(lambda: self.network(self.images[:1], one))[1]


def detectors(images: int) -> dict[str, Detector]:
    """Those of the study as the demonstration has them, the reference first."""
    import torch

    from revisit import reading
    from revisit.models import registry
    from revisit.params import blocks
    from revisit.params.resolve import resolve
    from revisit.params.schema import Params

    path = timing.ROOT / "params.yaml"
    records = resolve(Params.model_validate(blocks.applied(reading.yaml_value(path), SCALE) | {"scale": SCALE}))
    found = {}
    for name, settings in sorted(records["study", STUDY]["experiments"].items(), key=lambda one: one[0] != REFERENCE):
        if settings["objective"]["name"] != "detection":
            continue
        torch.manual_seed(0)
        size, own = settings["crop"], records.get(("propose", settings["dataset"]))
        network = registry.build(settings["model"], (size, size, 3), CLASSES, settings["network"])
        shown = torch.randn(images, 3, size, size).contiguous(memory_format=torch.channels_last)
        regions = None
        if own is not None:
            corners = torch.rand(images, own["count"], 2) * (size - SIDES[0])
            sides = SIDES[0] + torch.rand(images, own["count"], 2) * (SIDES[1] - SIDES[0])
            regions = torch.cat([corners, (corners + sides).clamp(max=size)], -1)
        network = network.eval().to(memory_format=torch.channels_last)
        found[name] = Detector(network, shown, regions)
    return found


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=8, help="in a batch (default 8)")
    parser.add_argument("--rounds", type=int, default=3, help="(default 3)")
    options = parser.parse_args()

    from revisit import device as devices

    with devices.deterministic():
        found = detectors(options.images)
        seconds: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(options.rounds + 1):  # the first one does not count
            for name, detector in found.items():
                start = timing.cpu_seconds()
                detector.find()
                seconds[name].append(timing.cpu_seconds() - start)
        taken = {name: statistics.median(own[1:]) / options.images for name, own in seconds.items()}
    rows = [
        (
            name,
            f"{found[name].operations() / 1e6:,.0f}",
            f"{1000 * each:.2f}",
            f"{1 / each:.1f}",
            f"{taken[REFERENCE] / each:.2f}",
        )
        for name, each in taken.items()
    ]
    timing.print_table(
        f"{options.rounds} rounds of {options.images} images, one thread; reference: {REFERENCE}",
        ("detector", "million operations", "CPU ms an image", "images a second", "times as fast"),
        rows,
    )


if __name__ == "__main__":
    main()
