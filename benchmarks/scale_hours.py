"""How long the trainings of each study take on CPU cores: counted, not measured, from what params.yaml asks for.

    python benchmarks/scale_hours.py              # a table of hours by study, at laptop scale
    python benchmarks/scale_hours.py --each       # by experiment
    python benchmarks/scale_hours.py --write      # the table in docs/scales.md

Reference: the same at paper scale. A step costs the floating-point operations of its batch forward, which are counted
in the network itself, and twice as many backward, at the rate below; and a visit to every parameter. An evaluation
costs those of its images forward. The layers below a network that finds objects have the rate of the network that they
come from; held fixed, they cost those of one pass for each image where images repeat, of two where they are mirrored.
Analyses, the engines and the drawing of the report are not counted: a fifth of the night is left to them.
"""

import argparse
import functools
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import timing

# isort: split
from revisit import reading
from revisit.params import blocks
from revisit.params.resolve import resolve
from revisit.params.schema import Params

CORES, NIGHT, SHARE = 2, 8, 0.8  # cores; hours; what of them the trainings may take
# One core (AVX2), one thread, as `python benchmarks/training.py` and single steps of the large networks measured it.
RATE = 90e9  # operations a second of convolutions and matrix products, forward and backward
SLOWER = {"simple_cnn": 70e9, "alexnet": 70e9, "inception": 70e9, "densenet": 60e9, "mobilenet_v2": 20e9}
SLOWER |= {"cifar_resnet": 70e9, "cifar_densenet": 29e9}
STEP = {  # seconds of a step of 128 images of networks so small that operations are not what they wait for
    "recurrent": 1 / 13,
    "autoencoder": 1 / 140,
    "sparse_autoencoder": 1 / 140,
    "denoising_autoencoder": 1 / 140,
}
UPDATE = 2.5e-9  # seconds for each parameter and step
GIVEN = ("rcnn", "fast_rcnn")  # networks that are given proposals
BACKBONE = "backbone"  # the setting that names the network that a trunk comes from
SIDE = {"idx": 28, "cifar": 32}  # pixels of images that are not resized
CLASSES = 12  # where only the files know them
WEIGHTS = "stand-ins for ImageNet weights"
PAGE = timing.ROOT / "docs" / "scales.md"
MARKS = "<!-- hours -->\n", "<!-- /hours -->\n"


class Network(NamedTuple):
    """What an image costs forward and each region that is given with it, in operations, and a step beside its images.

    The layers of a trunk, below a network that finds objects, stand apart.
    """

    image: int
    region: int
    parameters: int
    trunk: "Network | None" = None
    remembers: bool = False  # the trunk, where it is held fixed and images repeat

    def of(self, regions: int) -> int:
        """Operations for an image with so many regions."""
        return self.image + regions * self.region


class Hours(NamedTuple):
    """The trainings of an experiment, and their core hours."""

    study: str
    name: str
    trainings: int
    hours: float


@functools.cache
def network(model: str, shape: tuple[int, int, int], classes: int, settings: tuple[tuple[str, Any], ...]) -> Network:
    """A network, counted on one image."""
    import torch

    from revisit.models import registry
    from revisit.training.flops import counted

    def operations(layers: torch.nn.Module, side: int, *more: torch.Tensor) -> int:
        image = torch.zeros(1, shape[2], side, side)
        with torch.inference_mode():
            return counted(functools.partial(layers, image, *more))[1]

    built, taken, side = (
        registry.build(model, shape, classes, dict(settings)).eval(),
        registry.arguments(model),
        shape[0],
    )
    given = [(torch.ones(1, regions, 4),) for regions in (1, 2)] if model in GIVEN else [(), ()]
    one, two = (operations(built, side, *regions) for regions in given)
    whole = Network(2 * one - two, two - one, _parameters(built))
    if BACKBONE not in taken:
        return whole
    layers = built.get_submodule("features")
    if "warp" in taken:  # each region goes through the trunk by itself
        trunk = Network(0, operations(layers, dict(settings).get("warp", taken["warp"].default)), _parameters(layers))
    else:
        trunk = Network(operations(layers, side), 0, _parameters(layers))
    above = (mine - below for mine, below in zip(whole[:3], trunk[:3], strict=True))
    return Network(*above, trunk, hasattr(layers, "remember"))


def _parameters(layers: Any) -> int:
    return sum(parameter.numel() for parameter in layers.parameters())


def seconds(protocol: dict[str, Any], data: dict[str, Any], proposals: int = 0) -> float:
    """Core seconds of one training of a protocol on a prepared data set, with so many proposals for an image."""
    model, batch = protocol["model"], protocol["batch_size"]
    whole = data["size"] or SIDE[data["format"]]
    side = protocol["crop"] or whole
    channels, classes = 1 if data["format"] == "idx" else 3, len(data["classes"] or range(CLASSES))
    steps = protocol["steps"] or protocol["epochs"] * (data["train"] // batch)
    evaluations = len({*range(0, steps + 1, protocol["evaluate_every"]), steps} - {0})
    seen = data["test"] + min(data["train"], data["test"])  # in each
    if model in STEP:
        return (steps * batch + evaluations * seen / 3) / 128 * STEP[model]
    counted = network(model, (side, side, channels), classes, tuple(sorted(protocol["network"].items())))
    learnt = _learnt(protocol) if proposals else 0
    images = batch
    if protocol["objective"]["name"] == "pairs":
        images = batch + 1 if protocol["objective"]["sampler"] == "anchor" else 2 * batch
    freeze = protocol["freeze"]
    frozen = min(steps, freeze["steps"] or steps) if freeze else 0  # nothing goes backward through frozen layers

    def layers(part: Network, model: str, frozen: int) -> float:
        forward, evaluated = (part.of(regions) / SLOWER.get(model, RATE) for regions in (learnt, proposals))
        trained = steps * part.parameters * UPDATE if frozen < steps else 0
        return (3 * steps - 2 * frozen) * images * forward + evaluations * seen * evaluated + trained

    trunk = counted.trunk
    if trunk is None:
        return layers(counted, model, frozen)
    below = protocol["network"].get(BACKBONE, _default(model, BACKBONE))
    if counted.remembers and frozen == steps and side == whole:
        once = data["train"] * (2 if protocol["flip"] else 1) + data["test"]
        return layers(counted, model, 0) + once * trunk.image / SLOWER.get(below, RATE)
    return layers(counted, model, 0) + layers(trunk, below, frozen)


def _default(model: str, key: str) -> Any:
    from revisit.models.registry import arguments

    return arguments(model)[key].default


def _learnt(protocol: dict[str, Any]) -> int:
    """The regions of an image that a network with given proposals learns from."""
    regions: int = protocol["network"].get("regions", _default(protocol["model"], "regions"))
    return regions


def hours(scale: str, path: Path = timing.ROOT / "params.yaml") -> list[Hours]:
    """What each experiment takes where the whole file is at one scale."""
    params = Params.model_validate(blocks.applied(reading.yaml_value(path), scale) | {"scale": scale})
    stages, found = resolve(params), []
    for (stage, name), settings in stages.items():
        training = settings.get("training") if stage == "pretrain" else settings
        if stage not in ("pretrain", "train", "finetune") or not training:
            continue
        data = stages["prepare", params.data_of(training["dataset"])]
        proposals = stages.get(("propose", training["dataset"]), {}).get("count", 0)
        one_each = sum(seconds(protocol, data, proposals) for protocol in training["runs"].values())
        study = WEIGHTS if stage == "pretrain" else params.trainings[name].study
        count = len(training["runs"]) * training["replicates"]
        found.append(Hours(study, name, count, one_each * training["replicates"] / 3600))
    return found


def by_study(found: list[Hours]) -> dict[str, tuple[int, float]]:
    """Trainings and core hours of each study, those of the stand-ins last."""
    sums: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for row in sorted(found, key=lambda row: row.study == WEIGHTS):
        count, hours_ = sums[row.study]
        sums[row.study] = count + row.trainings, hours_ + row.hours
    return dict(sums)


def markdown() -> str:
    """The table of docs/scales.md."""
    laptop, paper = (by_study(hours(scale)) for scale in ("laptop", "paper"))
    lines = ["| study | trainings | core hours, laptop | core hours, paper |", "|---|---|---|---|"]
    rows = [(study, *told, paper[study][1]) for study, told in laptop.items()]
    rows.append(("all", *(sum(row[column] for row in rows) for column in (1, 2, 3))))
    lines += [f"| {study} | {count} | {short:.1f} | {_number(whole)} |" for study, count, short, whole in rows]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def write(page: Path = PAGE) -> None:
    """Put the table into the page, between its marks."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    page.write_text(before + MARKS[0] + markdown() + MARKS[1] + rest.split(MARKS[1])[1], encoding="utf-8")


def main() -> None:
    """Count and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", action="store_true", help="a row for each experiment, at laptop scale")
    parser.add_argument("--write", action="store_true", help="write the table into docs/scales.md")
    options = parser.parse_args()
    if options.write:
        write()
    elif options.each:
        rows = [(row.study, row.name, f"{row.trainings}", f"{row.hours:.2f}") for row in hours("laptop")]
        timing.print_table("laptop scale", ("study", "experiment", "trainings", "core hours"), rows)
    else:
        print(markdown(), end="")


if __name__ == "__main__":
    main()
