"""The ImageNet weights that torchvision publishes: which there are, what they were trained on, how they are had."""

import http.client
import re
import socket
import ssl
import sys
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from revisit import files
from revisit.errors import ConfigError, DownloadError

if TYPE_CHECKING:
    from torch import Tensor
    from torchvision.models._api import WeightsEnum

# The first weights of each: those of the papers' training, where torchvision has later ones too.
WEIGHTS = {
    "alexnet": "AlexNet_Weights.IMAGENET1K_V1",
    "densenet": "DenseNet121_Weights.IMAGENET1K_V1",
    "inception": "GoogLeNet_Weights.IMAGENET1K_V1",
    "mobilenet_v2": "MobileNet_V2_Weights.IMAGENET1K_V1",
    "squeezenet": "SqueezeNet1_1_Weights.IMAGENET1K_V1",
    "vgg16": "VGG16_Weights.IMAGENET1K_V1",
}
TIMEOUT = 30.0  # seconds to connect, and between two arrivals of bytes
NETWORK_ERRORS = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)


def of(model: str) -> "WeightsEnum":
    """The published weights of a network.

    Raises:
        ConfigError: torchvision has none.
    """
    if model not in WEIGHTS:
        raise ConfigError(
            f"model: no ImageNet weights are published for {model!r}; there are some for {', '.join(sorted(WEIGHTS))}"
        )
    from torchvision.models import get_weight  # costs more than a second, and most trainings start from no such weights

    return get_weight(WEIGHTS[model])


def normalisation(model: str) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of the channels, for pixels scaled to 0..1, with which the weights were trained."""
    if model == "inception":
        # Torchvision's GoogLeNet turns its usual input into this one itself (`transform_input`); here that is off.
        return [0.5] * 3, [0.5] * 3
    preset = of(model).transforms()
    return list(preset.mean), list(preset.std)


def classes() -> list[str]:
    """The names of the 1,000 classes of ImageNet, in the order of the outputs."""
    return list(of("vgg16").meta["categories"])


def download(model: str, folder: Path) -> "dict[str, Tensor]":
    """The published weights of a network, by name.

    Args:
        model: a key of `WEIGHTS`.
        folder: where the file is kept. One that is there already and intact is not fetched again.

    Raises:
        ConfigError: torchvision has none.
        DownloadError: they could not be downloaded, or what came is something else.
    """
    weights = of(model)
    name = weights.url.rpartition("/")[2]
    _discard_damaged(folder, name)
    try:
        with _timeout(TIMEOUT):
            return weights.get_state_dict(
                progress=sys.stderr.isatty(), check_hash=True, model_dir=str(folder), weights_only=True
            )
    except NETWORK_ERRORS as error:
        problem = str(getattr(error, "reason", None) or error) or type(error).__name__
    except RuntimeError as error:
        if "invalid hash" not in str(error):
            raise
        problem = "the content is not the published one: it was cut off on the way, or replaced"
    raise DownloadError(
        f"{weights.url}: {problem}; check the network and run again, or give the file yourself (`source: mirror` with "
        "`mirror:` in the entry under `pretrained`), or set `source: embedded`"
    )


def is_published(path: str | Path, model: str) -> bool:
    """Whether a file, whatever its name, is the one that torchvision publishes for a network.

    Torchvision's names end in the first eight hex digits of the file's SHA-256: enough to tell the file from a
    conversion of it or from another training, though not to stop a forger.

    Raises:
        ConfigError: torchvision has none for it.
    """
    digest = _digest(of(model).url.rpartition("/")[2])
    return digest is not None and files.sha256(path).startswith(digest)


def _digest(name: str) -> str | None:
    """The first hex digits of a file's SHA-256, which its published name carries."""
    found = re.search(r"-([0-9a-f]{8,})\.", name)
    return found[1] if found else None


def _discard_damaged(folder: Path, name: str) -> None:
    """Remove what a kill or a bad disk left: PyTorch takes any file of the right name for the right file."""
    for part in folder.glob(f"{name}.*.partial"):
        part.unlink()
    digest = _digest(name)
    path = folder / name
    if digest and path.is_file() and not files.sha256(path).startswith(digest):
        path.unlink()


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """PyTorch's downloads would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
