"""Networks by name: `revisit/models/<name>.py` is the network `<name>`, and nothing needs to be registered.

A model module has one function, `build(shape, classes, *, ...)`: the shape of an image (height, width, channels), the
number of outputs, and keyword-only arguments, the network's own settings (dropout, widths). It returns a
`torch.nn.Module` whose submodules are named, so that any layer can be hooked.
"""

import importlib
import inspect
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from revisit.errors import ArtifactError, ConfigError

if TYPE_CHECKING:
    import torch

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9_]+")
_NOT_MODELS = ("__init__", "registry")

WEIGHTS = "model.safetensors"
DESCRIPTION = "network.json"


def available() -> list[str]:
    """The names of all networks, sorted, found without importing any of them (nor PyTorch)."""
    return sorted(p.stem for p in _FOLDER.glob("*.py") if p.stem not in _NOT_MODELS and _NAME.fullmatch(p.stem))


def build(name: str, shape: tuple[int, int, int], classes: int, settings: dict[str, Any]) -> "torch.nn.Module":
    """The network `name` with fresh weights, drawn from PyTorch's default generator.

    Args:
        name: a name out of `available()`.
        shape: height, width and channels of an image.
        classes: the number of outputs.
        settings: settings of an experiment; the network takes those that it has an argument for.

    Raises:
        ConfigError: there is no such network.
    """
    function = _build_function(name)
    return function(tuple(shape), classes, **_chosen(function, settings))


def network_settings(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Those of an experiment's settings that the network `name` has an argument for.

    Raises:
        ConfigError: there is no such network.
    """
    return _chosen(_build_function(name), settings)


def load(folder: str | Path, device: "torch.device | str") -> tuple["torch.nn.Module", dict[str, Any]]:
    """A trained network in evaluation mode on `device`, and what its `network.json` says.

    Args:
        folder: `results/models/<experiment>`, as training leaves it.
        device: where the weights go.

    Raises:
        ArtifactError: the folder lacks a file, or a file is damaged or belongs to another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = Path(folder)
    remedy = f"train it again (dvc repro train@{folder.name})"
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        shape, classes = description["shape"], len(description["classes"])
        network = build(description["model"], shape, classes, description)
        network.load_state_dict(load_file(folder / WEIGHTS, device=str(device)))
    except FileNotFoundError as error:
        raise ArtifactError(f"{folder}: {Path(error.filename or WEIGHTS).name} is missing; {remedy}") from error
    except (ValueError, KeyError, SafetensorError) as error:
        raise ArtifactError(f"{folder}: damaged ({error}); {remedy}") from error
    except RuntimeError as error:  # load_state_dict
        raise ArtifactError(f"{folder}: the weights are not those of the network that it names; {remedy}") from error
    return network.to(device).eval(), description


def _build_function(name: str) -> Any:
    if not _NAME.fullmatch(name) or name not in available():
        raise ConfigError(f"model: there is no network {name!r}; there are: {', '.join(available())}")
    return importlib.import_module(f"revisit.models.{name}").build


def _chosen(function: Any, settings: dict[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: settings[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY and p.name in settings}
