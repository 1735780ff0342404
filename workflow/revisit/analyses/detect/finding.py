"""What a detector finds in test images, and the regions that it and its data set propose."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from revisit import progress
from revisit.analyses.detect import pasting
from revisit.analyses.truths import Scenes
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError
from revisit.models.parts.fusing import fused
from revisit.models.parts.memory import Memory
from revisit.objects import batch
from revisit.objects.arrays import Floats, Singles
from revisit.objects.found import Detections

BATCH = 32  # images at a time, fewer where suppression compares many boxes
PAIRS = 2**27  # of boxes that suppression compares at a time: half a gigabyte
EVERYTHING = 1.0  # no two boxes overlap by more
REMEMBERED = 2**30  # bytes of descriptions at most


@dataclass(frozen=True)
class Found:
    """What a detector found in the images of a split, in their order.

    `shares`: of each image the overlaps of its masks with those of the truths, (D', M') float64, as
    `revisit.analyses.truths.by_shares` takes them; None without masks.
    """

    detections: Detections
    shares: list[Floats] | None = None


def find(
    network: nn.Module,
    images: np.ndarray,
    given: np.ndarray | None,
    preprocessing: Preprocessing,
    scenes: Scenes,
    device: torch.device,
    title: str,
    masks: bool = True,
) -> Found:
    """Run a detector.

    Args:
        network: in evaluation mode, on `device`.
        images: (N, H, W, C) uint8, the images of `scenes`.
        given: proposals of the data set, (N, P, 4) float32 in stored pixels, or None.
        preprocessing: from stored pixels to the network's input.
        scenes: the objects.
        device: where the network is.
        title: of the progress bar.
        masks: whether to compare masks, where there are some.

    Raises:
        ConfigError: the network is no detector, or it needs proposals, and the data set has none.
    """
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    shares: list[Floats] | None = [] if masks and scenes.stored is not None else None
    for rows, inputs in batches(network, images, preprocessing, device, title):
        proposals = _proposals(given, rows, scenes, device)
        said = _said(network, inputs, proposals)
        kept = said.kinds >= 0
        place = np.nonzero(kept.cpu().numpy())[0] + rows.start
        values = (said.kinds[kept], said.scores[kept], said.boxes[kept])
        parts.append((place, *(value.cpu().numpy() for value in values)))
        if said.masks is None:
            shares = None
        if shares is not None and said.masks is not None:
            for number in range(len(inputs)):
                own = kept[number]
                drawn = pasting.pasted(said.masks[number][own], said.boxes[number][own], *inputs.shape[2:])
                real = torch.from_numpy(scenes.masks(rows.start + number)).to(device)
                shares.append(pasting.shares(drawn, real))
    image, kinds, scores, boxes = (np.concatenate(part) for part in zip(*parts, strict=True))
    found = Detections(image.astype(np.int64), kinds.astype(np.int64), scores.astype(np.float64), boxes.astype(float))
    return Found(found, shares)


def find_one(
    network: nn.Module,
    images: np.ndarray,
    given: np.ndarray | None,
    preprocessing: Preprocessing,
    scenes: Scenes,
    device: torch.device,
) -> None:
    """Run a detector on the first image; arguments and errors as in `find`."""
    one = slice(0, 1)
    inputs = preprocessing(torch.from_numpy(np.array(images[one])).to(device))
    _said(network, inputs, _proposals(given, one, scenes, device))


def propose(
    network: nn.Module,
    images: np.ndarray,
    count: int,
    preprocessing: Preprocessing,
    device: torch.device,
    title: str,
) -> Singles | None:
    """The first `count` proposals of a network for each image, (N, count, 4) float32; None where it makes none."""
    proposing = getattr(network, "propose", None)
    if not callable(proposing):
        return None
    parts = []
    for _, inputs in batches(network, images, preprocessing, device, title):
        with torch.inference_mode():
            parts.append(proposing(inputs, count)[0].cpu().numpy())
    return np.concatenate(parts)


@contextmanager
def unsuppressed(network: nn.Module) -> Iterator[None]:
    """Inside the block a detector gives its surest detections without non-maximum suppression."""
    having = [module for module in network.modules() if isinstance(getattr(module, "overlap", None), float)]
    before = [module.overlap for module in having]
    for module in having:
        module.overlap = EVERYTHING  # type: ignore[assignment]  # modules may have numbers, too
    try:
        yield
    finally:
        for module, overlap in zip(having, before, strict=True):
            module.overlap = overlap


@contextmanager
def described_once(network: nn.Module) -> Iterator[None]:
    """Inside the block a network that describes regions does so once for the same regions of the same images.

    Suppression left out and machines instead of the last layer change what is made of descriptions, which cost nearly
    all of the time. Those that do not fit into `REMEMBERED` bytes are made anew each time. The layers that regions go
    through are fused meanwhile, see `revisit.models.parts.fusing`.
    """
    describe = getattr(network, "describe", None)
    if not callable(describe):
        yield
        return
    memory, features = Memory(REMEMBERED), network.get_submodule("features")

    def remembering(images: Tensor, regions: Tensor) -> Tensor:
        (described,) = memory.of((images, regions), lambda: [describe(images, regions).cpu()])
        return described.to(images.device)

    object.__setattr__(network, "describe", remembering)  # beside the method of its class
    network.features = fused(features)
    try:
        yield
    finally:
        object.__delattr__(network, "describe")
        network.features = features


@contextmanager
def unmasked(network: nn.Module) -> Iterator[None]:
    """Inside the block a detector that draws masks gives boxes alone, and saves their time."""
    masks = getattr(network, "masks", None)
    if not isinstance(masks, nn.Module):
        yield
        return
    network.masks = None  # type: ignore[assignment]
    try:
        yield
    finally:
        network.masks = masks


def cropped_proposals(given: np.ndarray, scenes: Scenes, most: int) -> np.ndarray:
    """The first `most` of given proposals (N, P, 4) for each image, in pixels of the crop."""
    return scenes.window.boxes(np.array(given[: scenes.truths.images, :most]))


def _proposals(given: np.ndarray | None, rows: slice, scenes: Scenes, device: torch.device) -> Tensor | None:
    return None if given is None else torch.from_numpy(scenes.window.boxes(np.array(given[rows]))).to(device)


def _said(network: nn.Module, inputs: Tensor, proposals: Tensor | None) -> batch.Detections:
    if "proposals" not in inspect.signature(network.forward).parameters:
        raise ConfigError("analyses.detect: the network is no detector; leave it out")
    with torch.inference_mode():
        said: batch.Detections = network(inputs, proposals)
    return said


def batches(
    network: nn.Module, images: np.ndarray, preprocessing: Preprocessing, device: torch.device, title: str
) -> Iterator[tuple[slice, Tensor]]:
    """Rows and the network's inputs for them, with a progress bar."""
    kept = getattr(network, "kept", None)
    candidates = kept[False][0] if isinstance(kept, dict) else 1
    size = max(1, min(BATCH, PAIRS // candidates**2))
    with progress.bar(len(images), title, unit="image") as bar:
        for start in range(0, len(images), size):
            rows = slice(start, min(start + size, len(images)))
            yield rows, preprocessing(torch.from_numpy(np.array(images[rows])).to(device))
            bar.update(rows.stop - rows.start)
