"""Files of weights that others made, read without trusting them."""

import re
import warnings
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from revisit.errors import DataError

SHOWN = 2  # names in a message
# torchvision's first DenseNet files say `norm.1` where its layers are called `norm1` today.
_OLD_DENSENET = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..+)$")


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file of weights, by name, on the CPU.

    Args:
        path: a `.safetensors` file, or a `.pth` or `.pt` file as `torch.save` writes a `state_dict`. The latter is
            read without running what it may contain (`weights_only`).

    Raises:
        DataError: the file is missing, damaged or something else.
    """
    if not path.is_file():
        raise DataError(f"{path}: the file of weights is missing; put it there, or correct its name in params.yaml")
    if path.suffix not in (".safetensors", ".pth", ".pt"):
        raise DataError(f"{path}: weights are read from .safetensors, .pth and .pt files, not from {path.suffix!r}")
    try:
        content = load_file(path) if path.suffix == ".safetensors" else _load_pickle(path)
    except Exception as error:  # a hostile file may make either reader raise anything
        raise DataError(
            f"{path}: damaged, or not a file of weights alone ({type(error).__name__}); "
            "get it again, or convert it to .safetensors where you trust it"
        ) from error
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise DataError(f"{path}: it holds no tensors by name; save the network's state_dict() in it")
    odd = [name for name, value in content.items() if not _plain(value)]
    if odd:
        raise DataError(f"{path}: these entries are no plain tensors: {some(odd)}; save the network's state_dict()")
    return renamed(content)


def renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` under the names that torchvision's networks have today."""
    return {_OLD_DENSENET.sub(r"\1\2", name): value for name, value in tensors.items()}


def fit(tensors: dict[str, Tensor], expected: dict[str, Tensor], path: str | Path, model: str) -> dict[str, Tensor]:
    """`tensors` as the weights of `model`, in the order and with the types of `expected`.

    Args:
        tensors: as `read` gives them.
        expected: the network's `state_dict`, which may be on the meta device.
        path: where they come from, for messages.
        model: the network's name, likewise.

    Raises:
        DataError: names or shapes are those of another network, or values are not finite.
    """
    remedy = f"give the weights of torchvision's {model}, trained on ImageNet, or change `model`"
    # Files older than PyTorch 0.4.1 have no counters of batches, which nothing here uses.
    counters = {name for name in expected if name.endswith("num_batches_tracked")}
    missing = [name for name in expected if name not in tensors and name not in counters]
    foreign = [name for name in tensors if name not in expected]
    if missing or foreign:
        parts = [f"{some(names)} {what}" for names, what in ((missing, "missing"), (foreign, "not in it")) if names]
        raise DataError(f"{path}: these are not the weights of {model} ({'; '.join(parts)}); {remedy}")
    for name, value in tensors.items():
        if value.shape != expected[name].shape:
            shapes = f"{name} is {tuple(value.shape)}, not {tuple(expected[name].shape)}"
            raise DataError(f"{path}: these are not the weights of {model} ({shapes}); {remedy}")
        if not torch.isfinite(value).all():
            raise DataError(f"{path}: damaged ({name} has values that are not finite); get the file again")
    return {
        name: tensors[name].to(like.dtype).contiguous() if name in tensors else torch.zeros((), dtype=like.dtype)
        for name, like in expected.items()
    }


def _load_pickle(path: Path) -> object:
    with warnings.catch_warnings(action="ignore"):  # about kinds of tensors that are refused anyway
        return torch.load(path, map_location="cpu", weights_only=True)


def _plain(value: object) -> bool:
    return (
        isinstance(value, Tensor)
        and value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
        and not value.is_complex()
    )


def some(names: list[str]) -> str:
    """The first of `names`, and how many there are beyond them, for a message."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
