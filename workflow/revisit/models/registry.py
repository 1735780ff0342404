"""Networks by name: `revisit/models/<name>.py` is the network `<name>`, and nothing needs to be registered.

A model module has one function, `build(shape, classes, *, ...)`: the shape of an image (height, width, channels), the
number of outputs, and keyword-only arguments, the network's own settings (dropout, width). It returns a
`torch.nn.Module` whose submodules are named, so that any layer can be hooked. What networks share is in `parts/`.
"""

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from revisit import reading, stages
from revisit.errors import ArtifactError, ConfigError
from revisit.models.parts import description as described
from revisit.models.parts.arguments import Argument, check, read

if TYPE_CHECKING:
    import torch

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9_]+")
_NOT_MODELS = ("__init__", "registry", "output", "weights")

WEIGHTS = "model.safetensors"
DESCRIPTION = "network.json"


def available() -> list[str]:
    """The names of all networks, sorted, found without importing any of them (nor PyTorch)."""
    return sorted(p.stem for p in _FOLDER.glob("*.py") if p.stem not in _NOT_MODELS and _NAME.fullmatch(p.stem))


def exists(name: str) -> bool:
    """Whether there is a network of that name: `name in available()`, without listing a folder."""
    return bool(_NAME.fullmatch(name)) and name not in _NOT_MODELS and (_FOLDER / f"{name}.py").is_file()


def arguments(name: str) -> dict[str, Argument]:
    """The settings that the network `name` takes, by name, found without importing it (nor PyTorch).

    Raises:
        ConfigError: there is no such network.
    """
    if not exists(name):
        raise ConfigError(f"model: there is no network {name!r}; there are: {', '.join(available())}")
    return read(_FOLDER / f"{name}.py")


def build(name: str, shape: tuple[int, int, int], classes: int, network: dict[str, Any]) -> "torch.nn.Module":
    """The network `name` with fresh weights, drawn from PyTorch's default generator.

    Args:
        name: a name out of `available()`.
        shape: height, width and channels of an image.
        classes: the number of outputs.
        network: its settings; those left out have the published network's values.

    Raises:
        ConfigError: there is no such network or setting, or the value of a setting or the images do not suit it.
    """
    check(name, arguments(name), network)
    module = importlib.import_module(f"revisit.models.{name}")
    return module.build(tuple(shape), classes, **network)


def load(
    folder: str | Path, device: "torch.device | str", weights: str = WEIGHTS
) -> tuple["torch.nn.Module", dict[str, Any]]:
    """A trained network in evaluation mode on `device`, and what its `network.json` says.

    Args:
        folder: `results/models/<name>`, as training leaves it.
        device: where the weights go.
        weights: the file in `folder` that they come from: those at the end, or one of the `snapshots`.

    Raises:
        ArtifactError: the folder lacks a file, or a file is damaged or belongs to another network.
    """
    import torch

    description = describe(folder)
    found = tensors(folder, weights)
    try:
        settings = description["model"], description["shape"], len(description["classes"]), description["network"]
        with torch.device("meta"):  # takes no memory, whatever the description says
            expected = build(*settings).state_dict()
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, ConfigError) as error:
        raise ArtifactError(f"{Path(folder) / DESCRIPTION}: damaged ({error}); {remedy(folder)}") from error
    if {name: value.shape for name, value in expected.items()} != {name: value.shape for name, value in found.items()}:
        what = "the weights are not those of the network that it names"
        raise ArtifactError(f"{folder}: {what}; {remedy(folder)}")
    network = build(*settings)
    network.load_state_dict(found)
    return network.to(device).eval(), description


def replicate(folder: str | Path, number: int) -> Path:
    """The folder of a training's replicate: the first one's is that of the training, the others' lie in it."""
    return Path(folder) / "replicates" / str(number) if number else Path(folder)


def replicates(folder: str | Path) -> list[Path]:
    """The folders of a training's replicates in `results/models/<name>`, in order, its own first."""
    found = [Path(folder)]
    while (following := replicate(folder, len(found))).is_dir():
        found.append(following)
    return found


def variant(folder: str | Path, name: str) -> Path:
    """The folder of a variant whose network was kept beside the training's own, in that of the training's replicate."""
    return Path(folder) / "variants" / name


def variants(folder: str | Path) -> dict[str, Path]:
    """The folders of the networks that were kept beside a training's own one, or a replicate's, by their variants."""
    return {path.name: path for path in sorted(Path(folder).glob("variants/*"))}


def snapshots(folder: str | Path) -> tuple[str, dict[int, str]]:
    """What the snapshots of a training count, "epoch" or "step", and their files in `folder` by moment, in order.

    Raises:
        ArtifactError: a file there has another name.
    """
    found = {}
    for path in Path(folder).glob("snapshots/*.safetensors"):
        named = re.fullmatch(r"(epoch|step)_([0-9]{1,9})", path.stem)
        if named is None:
            raise ArtifactError(f"{path}: expected snapshots called epoch_<n> or step_<n>; {remedy(folder)}")
        found[int(named[2])] = named[1], f"snapshots/{path.name}"
    return next((unit for unit, _ in found.values()), "epoch"), {moment: found[moment][1] for moment in sorted(found)}


def experiment(folder: str | Path) -> str:
    """The training whose network or features are in `folder`, which may be that of a replicate or of a variant."""
    folder = Path(folder)
    while folder.parent.name in ("replicates", "variants"):
        folder = folder.parents[1]
    return folder.name


def describe(folder: str | Path) -> dict[str, Any]:
    """The `network.json` of a trained network; what it says is of the right types.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    path = Path(folder) / DESCRIPTION
    try:
        description = reading.json_value(path)
        described.check(description)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} is missing; {remedy(folder)}") from error
    except ValueError as error:
        raise ArtifactError(f"{path}: damaged ({error}); {remedy(folder)}") from error
    return description


def tensors(folder: str | Path, weights: str = WEIGHTS) -> dict[str, "torch.Tensor"]:
    """The weights of a trained network, by name, on the CPU; `weights` as in `load`.

    Raises:
        ArtifactError: they are missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(folder) / weights
    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} is missing; {remedy(folder)}") from error
    except (SafetensorError, OSError, ValueError, LookupError, AttributeError, RuntimeError) as error:
        raise ArtifactError(f"{path}: damaged ({error}); {remedy(folder)}") from error


def remedy(folder: str | Path) -> str:
    """How a damaged folder of a trained network is mended."""
    return f"make it again with {stages.again(stages.trains(experiment(folder)))}"
