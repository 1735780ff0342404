"""How long the trainings of each study take on CPU cores: counted, not measured, from what params.yaml asks for.

    python benchmarks/scale_hours.py              # a table of hours by study, at laptop scale
    python benchmarks/scale_hours.py --each       # by experiment
    python benchmarks/scale_hours.py --write      # the table in docs/scales.md
    python benchmarks/scale_hours.py --count      # the operations by which jobs ask a cluster for time: minutes

Reference: the same at paper scale. What a training costs, by which rates, says workflow/revisit_engines/work.py;
operations are counted in the networks themselves, by PyTorch. Analyses, the engines and the drawing of the report are
not counted: a fifth of the night is left to them.
"""

import argparse
import functools
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import timing

# isort: split
from revisit import reading
from revisit.params import blocks
from revisit.params.resolve import resolve
from revisit.params.schema import Params
from revisit_engines import work
from revisit_engines.work import BACKBONE, RATE, SLOWER, STEP, UPDATE, Network  # noqa: F401  (for those who read it here)

CORES, NIGHT, SHARE = 2, 8, 0.8  # cores; hours; what of them the trainings may take
GIVEN = ("rcnn", "fast_rcnn")  # networks that are given proposals
WEIGHTS = "stand-ins for ImageNet weights"
PAGE = timing.ROOT / "docs" / "scales.md"
MARKS = "<!-- hours -->\n", "<!-- /hours -->\n"


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
    unused = Network(0, 0, 0)  # of a network whose steps are measured
    counted = unused if protocol["model"] in STEP else network(*described(protocol, data))
    return work.seconds(counted, protocol, data, proposals)


def described(
    protocol: dict[str, Any], data: dict[str, Any]
) -> tuple[str, tuple[int, int, int], int, tuple[tuple[str, Any], ...]]:
    """The network of a protocol: its name, the shape of an image, classes and settings."""
    side, channels = work.seen_side(protocol, data), 1 if data["format"] == "idx" else 3
    classes = len(data["classes"] or range(work.CLASSES))
    return protocol["model"], (side, side, channels), classes, tuple(sorted(protocol["network"].items()))


def values(model: str, shape: tuple[int, int, int], classes: int, settings: tuple[tuple[str, Any], ...]) -> list[int]:
    """The numbers that the layers of a network give for an image, and for each region that is given with it."""
    import torch

    from revisit.models import registry

    built, found = registry.build(model, shape, classes, dict(settings)).eval(), []

    def add(_layer: torch.nn.Module, _inputs: object, output: object) -> None:
        found.append(output.numel() if isinstance(output, torch.Tensor) else 0)

    for layer in built.modules():
        if not any(layer.children()):
            layer.register_forward_hook(add)
    sums = []
    for regions in (1, 2) if model in GIVEN else (0,):
        found.clear()
        with torch.inference_mode():
            built(torch.zeros(1, shape[2], *shape[:2]), *([torch.ones(1, regions, 4)] if regions else []))
        sums.append(sum(found))
    return [2 * sums[0] - sums[1], sums[1] - sums[0]] if len(sums) > 1 else [*sums, 0]


def trainings(scale: str, path: Path = timing.ROOT / "params.yaml") -> Iterator[tuple[str, str, dict, dict, int]]:
    """Where the whole file is at one scale: study, name, settings, those of the data, proposals for an image."""
    params = Params.model_validate(blocks.applied(reading.yaml_value(path), scale) | {"scale": scale})
    stages = resolve(params)
    for (stage, name), settings in stages.items():
        training = settings.get("training") if stage == "pretrain" else settings
        if stage in ("pretrain", "train", "finetune") and training:
            data = stages["prepare", params.data_of(training["dataset"])]
            proposals = stages.get(("propose", training["dataset"]), {}).get("count", 0)
            study = WEIGHTS if stage == "pretrain" else params.trainings[name].study
            yield study, name, training, data, proposals


def table() -> list[dict[str, Any]]:
    """Every network of params.yaml, counted once, at paper scale where it is trained there: `work.COUNTED`."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for scale in ("paper", "laptop", "demo"):
        for _, _, training, data, _ in trainings(scale):
            for protocol in training["runs"].values():
                what = described(protocol, data)
                key = protocol["model"], work.key(protocol["network"])
                if key not in found:
                    image, region = values(*what)
                    row = {"side": what[1][0], "network": network(*what), "values": image, "region_values": region}
                    found[key] = {"model": what[0], "settings": dict(sorted(protocol["network"].items())), **row}
    return [found[key] for key in sorted(found)]


def hours(scale: str) -> list[Hours]:
    """What each experiment takes where the whole file is at one scale."""
    found = []
    for study, name, training, data, proposals in trainings(scale):
        one_each = sum(seconds(protocol, data, proposals) for protocol in training["runs"].values())
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
    parser.add_argument("--count", action="store_true", help="write workflow/revisit_engines/counted.json")
    options = parser.parse_args()
    if options.count:
        lines = ",\n".join(json.dumps(row) for row in table())
        work.COUNTED.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    elif options.write:
        write()
    elif options.each:
        rows = [(row.study, row.name, f"{row.trainings}", f"{row.hours:.2f}") for row in hours("laptop")]
        timing.print_table("laptop scale", ("study", "experiment", "trainings", "core hours"), rows)
    else:
        print(markdown(), end="")


if __name__ == "__main__":
    main()
