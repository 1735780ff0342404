"""How long trainings take on CPU cores: counted from what their settings ask for, with no tensor.

A step costs the floating-point operations of its batch forward, and twice as many backward, at the rate below; and a
visit to every parameter. An evaluation costs those of its images forward. The layers below a network that finds objects
have the rate of the network that they come from; held fixed, they cost those of one pass for each image where images
repeat, of two where they are mirrored.

Operations of the networks in params.yaml were counted by PyTorch, which takes a minute, and stand in counted.json:
`python benchmarks/scale_hours.py --count` writes it.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from revisit.models.registry import arguments

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
BACKBONE = "backbone"  # the setting that names the network that a trunk comes from
SIDE = {"idx": 28, "cifar": 32}  # pixels a side of images that are not resized
OTHER_SIDE = 256  # where only the files know it
CLASSES = 12  # where only the files know them
COUNTED = Path(__file__).with_name("counted.json")


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

    def times(self, larger: float) -> "Network":
        """The same for images of so many times the pixels; regions are of one size."""
        trunk = self.trunk.times(larger) if self.trunk else None
        return self._replace(image=round(self.image * larger), trunk=trunk)


class Counted(NamedTuple):
    """A network with images of so many pixels a side, and the numbers that it computes on its way: `values`."""

    side: int
    network: Network
    values: int  # for an image
    region_values: int  # for each region more


def side_of(data: Mapping[str, Any]) -> int:
    """Pixels a side of the images of a prepared data set."""
    side: int = data["size"] or SIDE.get(data["format"], OTHER_SIDE)
    return side


def seen_side(protocol: Mapping[str, Any], data: Mapping[str, Any]) -> int:
    """Pixels a side of what a network sees of them."""
    side: int = protocol["crop"] or side_of(data)
    return side


def steps_of(protocol: Mapping[str, Any], data: Mapping[str, Any]) -> int:
    """The steps of a training."""
    steps: int = protocol["steps"] or protocol["epochs"] * ((data["train"] or 0) // protocol["batch_size"])
    return steps


def images_of(protocol: Mapping[str, Any]) -> int:
    """The images of a step."""
    batch: int = protocol["batch_size"]
    if protocol["objective"]["name"] == "pairs":
        return batch + 1 if protocol["objective"]["sampler"] == "anchor" else 2 * batch
    return batch


def learnt(protocol: Mapping[str, Any]) -> int:
    """The regions of an image that a network with given proposals learns from; 0 if it has none to choose from."""
    argument = arguments(protocol["model"]).get("regions")
    regions: int = protocol["network"].get("regions", argument.default if argument else 0)
    return regions


def seconds(network: Network, protocol: Mapping[str, Any], data: Mapping[str, Any], proposals: int = 0) -> float:
    """Core seconds of one training of a protocol on a prepared data set, with so many proposals for an image.

    `network`: counted on images as the protocol crops them.
    """
    model, steps = protocol["model"], steps_of(protocol, data)
    evaluations = len({*range(0, steps + 1, protocol["evaluate_every"]), steps} - {0})
    seen = data["test"] + min(data["train"], data["test"])  # in each
    if model in STEP:
        return float((steps * protocol["batch_size"] + evaluations * seen / 3) / 128 * STEP[model])
    regions = learnt(protocol) if proposals else 0
    images = images_of(protocol)
    freeze = protocol["freeze"]
    frozen = min(steps, freeze["steps"] or steps) if freeze else 0  # nothing goes backward through frozen layers

    def layers(part: Network, model: str, frozen: int) -> float:
        forward, evaluated = (part.of(count) / SLOWER.get(model, RATE) for count in (regions, proposals))
        trained = steps * part.parameters * UPDATE if frozen < steps else 0
        return float((3 * steps - 2 * frozen) * images * forward + evaluations * seen * evaluated + trained)

    trunk = network.trunk
    if trunk is None:
        return layers(network, model, frozen)
    below = protocol["network"].get(BACKBONE) or arguments(model)[BACKBONE].default
    if network.remembers and frozen == steps and seen_side(protocol, data) == side_of(data):
        once = data["train"] * (2 if protocol["flip"] else 1) + data["test"]
        return layers(network, model, 0) + once * trunk.image / SLOWER.get(below, RATE)
    return layers(network, model, 0) + layers(trunk, below, frozen)


@functools.cache
def table() -> dict[str, dict[str, Counted]]:
    """The networks that are counted: model -> settings, as JSON -> what was counted."""
    found: dict[str, dict[str, Counted]] = {}
    for row in json.loads(COUNTED.read_bytes()):
        image, region, parameters, trunk, remembers = row["network"]
        below = Network(trunk[0], trunk[1], trunk[2]) if trunk else None
        network = Network(image, region, parameters, below, remembers)
        counted = Counted(row["side"], network, row["values"], row["region_values"])
        found.setdefault(row["model"], {})[key(row["settings"])] = counted
    return found


def looked_up(model: str, settings: Mapping[str, Any], side: int) -> Counted:
    """A network on images of so many pixels a side, without counting.

    Where its settings have not been counted it is the largest of that model, and where the model has not, the largest
    of all.
    """
    rows = table().get(model)
    found = rows.get(key(settings)) if rows else None
    if found is None:
        others = rows.values() if rows else (row for of in table().values() for row in of.values())
        found = max(others, key=lambda row: row.network.image + (row.network.trunk or row.network).image)
    larger = (side / found.side) ** 2
    return Counted(side, found.network.times(larger), round(found.values * larger), found.region_values)


def key(settings: Mapping[str, Any]) -> str:
    """The settings of a network, in one order."""
    return json.dumps(settings, sort_keys=True)
