"""Weights that a network starts from: those of another training, of two others, or published ones."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from revisit import files, paths
from revisit.data import provenance
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry
from revisit.models.parts import checkpoints, torchvision_weights
from revisit.models.parts.checkpoints import some

IMAGENET_SHAPE = (224, 224, 3)
BACKBONE = "features."  # what torchvision's networks and `transfer` call their convolutional layers


def start(network: nn.Module, folder: str | Path) -> list[str]:
    """Load into `network` every tensor of a trained network whose name and shape fit.

    Only a new last layer may be left fresh: one with another number of outputs, or a head of one or more layers that
    the trained network does not have at all (`transfer`). Anything else that does not fit is a mistake: half a network
    of random weights would train, and look like a bad experiment.

    Args:
        network: with fresh weights, on any device; changed in place.
        folder: `results/models/<name>`, where training starts from.

    Returns:
        The names of the layers whose weights stay fresh, in the network's order; empty where all fit.

    Raises:
        ArtifactError: the folder is missing or damaged, or its weights do not fit.
    """
    own, given = network.state_dict(), registry.tensors(folder)
    fitting = {name: given[name] for name, tensor in own.items() if name in given and given[name].shape == tensor.shape}
    differing = [name for name in own if name in given and name not in fitting]
    # A layer inside cannot differ in its number of outputs alone: the layer behind it would differ in its inputs.
    wrong = [name for name in differing if name.startswith(BACKBONE) or given[name].shape[1:] != own[name].shape[1:]]
    if wrong:
        shapes = [f"{n} is {tuple(given[n].shape)} there and {tuple(own[n].shape)} here" for n in wrong]
        raise ArtifactError(f"{folder}: its weights do not fit ({some(shapes)}); {_remedy()}")
    if not fitting:
        raise ArtifactError(f"{folder}: none of its weights fits the network; {_remedy()}")
    missing = [name for name in own if name not in given]
    if _inside(missing, list(own)):
        raise ArtifactError(f"{folder}: it has no weights for {some(missing)}; {_remedy()}")
    network.load_state_dict(fitting, strict=False)
    return list(dict.fromkeys(_layer(name) for name in own if name not in fitting))


def graft(trunk: str | Path, head: str | Path, destination: str | Path, name: str, seed: int = 0) -> bool:
    """Put a network together: the last layer of `head` on all other layers of `trunk`.

    S0, question 4: ImageNet weights up to fc7, and fc8 of the network trained from scratch.

    Args:
        trunk: a folder of a trained network, of which all layers but the last are taken. It decides the widths, how
            images are normalised and the order of their channels.
        head: another, of the same model, of which the last layer is taken (with auxiliary heads, the last of each).
            It decides the classes and the size of the images.
        destination: the folder to write `model.safetensors` and `network.json` to.
        name: the new network's.
        seed: of the last layer's weights where the one of `head` does not fit, as below a narrower network.

    Returns:
        Whether the last layer of `head` fitted.

    Raises:
        ArtifactError: a folder is missing or damaged, or the two networks do not fit.
    """
    below, above = registry.describe(trunk), registry.describe(head)
    last = _outputs(above, head)
    if not last:
        model = above["model"]
        raise ArtifactError(f"{head}: {model} has no layer with one output per class to graft; graft another network")
    try:
        if below["model"] != above["model"]:
            models = f"{below['model']} in {trunk} and {above['model']} in {head}"
            raise ArtifactError(f"{models}: only two networks of one model can be grafted; name others in `grafts:`")
        torch.manual_seed(seed)
        network = registry.build(above["model"], above["shape"], len(above["classes"]), below["network"])
        inputs = {"mean": below["mean"], "std": below["std"], "channels": below.get("channels", "rgb")}
        description = above | {"experiment": name, "network": below["network"]} | inputs
    except (LookupError, TypeError, ConfigError) as error:
        problem = f"{Path(trunk) / registry.DESCRIPTION}: damaged ({error})"
        raise ArtifactError(f"{problem}; {registry.remedy(trunk)}") from error
    if set(start(network, trunk)) - last:
        raise ArtifactError(f"{trunk}: it lacks layers of {above['model']}; {_remedy()}")
    own, given = network.state_dict(), registry.tensors(head)
    kept = {tensor: given[tensor] for tensor in own if _layer(tensor) in last and tensor in given}
    fits = all(own[tensor].shape == value.shape for tensor, value in kept.items())
    inherited = provenance.worst(provenance.of_start(below), provenance.of_start(above) if fits else None)
    description["provenance"] = {"data": provenance.of_network(above)["data"], "weights": inherited}
    _write(destination, own | kept if fits else own, description)
    return fits


def from_file(path: str | Path, model: str, destination: str | Path, name: str) -> None:
    """Write the folder of a network with ImageNet weights from a file.

    Args:
        path: a `.safetensors`, `.pth` or `.pt` file with the `state_dict` of torchvision's network of that name.
        model: a network that torchvision publishes ImageNet weights for.
        destination: the folder to write `model.safetensors` and `network.json` to.
        name: the new network's.

    Raises:
        ConfigError: there are no ImageNet weights for this network.
        DataError: the file is missing, damaged, or holds weights of another network.
    """
    torchvision_weights.of(model)
    tensors = checkpoints.read(Path(path))
    origin = provenance.PUBLISHED if torchvision_weights.is_published(path, model) else provenance.COPY
    _write_imagenet(tensors, path, model, destination, name, origin)


def from_torchvision(
    model: str, destination: str | Path, name: str, cache: str | Path = paths.WORK / "torchvision"
) -> None:
    """Write the folder of a network with the ImageNet weights that torchvision publishes.

    Args:
        model: a network that torchvision publishes ImageNet weights for.
        destination: the folder to write `model.safetensors` and `network.json` to.
        name: the new network's.
        cache: where the downloaded file is kept.

    Raises:
        ConfigError: there are no ImageNet weights for this network.
        DownloadError: they could not be downloaded.
    """
    tensors = checkpoints.renamed(torchvision_weights.download(model, Path(cache)))
    _write_imagenet(tensors, torchvision_weights.of(model).url, model, destination, name, provenance.PUBLISHED)


def stand_in(folder: str | Path) -> None:
    """Record that the network in `folder`, trained here, is in the place of published weights.

    Whoever starts from it starts from `drawn` weights, whatever data it was trained on.

    Args:
        folder: as training leaves it; its `network.json` is changed.

    Raises:
        ArtifactError: its `network.json` is missing or damaged.
    """
    description = registry.describe(folder)
    trained = provenance.of_network(description)
    changed = description | {"provenance": trained | {"weights": provenance.DRAWN}}
    (Path(folder) / registry.DESCRIPTION).write_bytes(files.json_bytes(changed))


def _write_imagenet(
    tensors: dict[str, Tensor], source: str | Path, model: str, destination: str | Path, name: str, origin: str
) -> None:
    classes = torchvision_weights.classes()
    with torch.device("meta"):
        expected = registry.build(model, IMAGENET_SHAPE, len(classes), {}).state_dict()
    mean, std = torchvision_weights.normalisation(model)
    description = {
        "experiment": name,
        "dataset": "imagenet",
        "model": model,
        "network": {},
        "objective": "classification",
        "classes": classes,
        "shape": list(IMAGENET_SHAPE),
        "crop": None,
        "mean": mean,
        "std": std,
        "channels": "rgb",
        "data": {},
        "provenance": {"data": None, "weights": origin},
    }
    _write(destination, checkpoints.fit(tensors, expected, source, model), description)


def _write(folder: str | Path, tensors: dict[str, Tensor], description: dict[str, Any]) -> None:
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / registry.WEIGHTS).write_bytes(save(tensors))
    (folder / registry.DESCRIPTION).write_bytes(files.json_bytes(description))


def _outputs(description: dict[str, Any], folder: str | Path) -> set[str]:
    """The names of the layers whose size depends on the number of classes."""
    try:
        model, shape, network = description["model"], description["shape"], description["network"]
        count = len(description["classes"])
        with torch.device("meta"):
            one, other = (registry.build(model, shape, n, network).state_dict() for n in (count, count + 1))
    except (AttributeError, LookupError, TypeError, ValueError, ConfigError) as error:
        problem = f"{Path(folder) / registry.DESCRIPTION}: damaged ({error})"
        raise ArtifactError(f"{problem}; {registry.remedy(folder)}") from error
    return {_layer(name) for name, tensor in one.items() if tensor.shape != other[name].shape}


def _inside(missing: list[str], names: list[str]) -> bool:
    """Whether `missing` is something else than all tensors of the last layers of a network with tensors `names`."""
    layers = {_layer(name) for name in missing}
    last = names[len(names) - len(missing) :]
    cut = bool(missing) and len(missing) < len(names) and _layer(names[-len(missing) - 1]) in layers
    return missing != last or cut or any(name.startswith(BACKBONE) for name in missing)


def _layer(tensor: str) -> str:
    return tensor.rpartition(".")[0]


def _remedy() -> str:
    return (
        "start from a network of the same model, with the same `network:` settings (width, ...) and, where layers "
        "depend on it, the same size of images; or leave out `weights:`"
    )
