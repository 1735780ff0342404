"""Strong activations of feature maps, and their projections back to the pixels by a deconvnet.

Zeiler & Fergus 2014, ECCV, Visualizing and Understanding Convolutional Networks, section 2.1.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from revisit.analyses import forward
from revisit.analyses.inspect import fields, tiles
from revisit.analyses.inspect.fields import Field
from revisit.analyses.inspect.view import View
from revisit.errors import ConfigError

BATCH = 256  # projections at a time, fewer of large images: the activations of all layers are kept on the way
BATCH_PIXELS = 2**18


def check_counts(part: str, shapes: dict[str, tuple[int, int, int]], maps: int, key: str = "maps") -> None:
    """Raise ConfigError, which names `part` and its `key`, unless every layer has `maps` feature maps."""
    for layer, (count, _, _) in shapes.items():
        if maps > count:
            raise ConfigError(
                f"analyses.inspect.{part}.{key}: layer {layer!r} has {count} feature maps; use 1 to {count}, not {maps}"
            )


def check_top(part: str, top: int, images: int) -> None:
    """Raise ConfigError unless there are `top` of the `images` looked at."""
    if top > images:
        raise ConfigError(
            f"analyses.inspect.{part}.top: {top} images of {images} do not exist; use fewer, or raise `images`"
        )


class Places(NamedTuple):
    """Activations somewhere in a layer, each (P,): of which map, for which image, where, how strong."""

    map: np.ndarray
    row: np.ndarray
    y: np.ndarray
    x: np.ndarray
    activation: np.ndarray  # float32


class Peaks(NamedTuple):
    """The strongest activation of every feature map of a layer for every image."""

    values: np.ndarray  # (N, maps) float32
    positions: np.ndarray  # (N, maps) int64, row by row through the map; of equal ones the first
    width: int  # of a map

    def strongest_maps(self, count: int) -> np.ndarray:
        """The maps with the largest maximum over the images, the largest first; of equal ones the first."""
        return np.argsort(-self.values.max(axis=0), kind="stable")[:count]

    def strongest_rows(self, maps: np.ndarray, count: int) -> np.ndarray:
        """For each of `maps` the images with the largest maximum, the largest first: (maps, count)."""
        return np.argsort(-self.values[:, maps].T, axis=1, kind="stable")[:, :count]

    def strongest(self, count: int, top: int) -> tuple[np.ndarray, np.ndarray, Places]:
        """The `count` strongest maps, the `top` strongest rows of each (count, top), and their places, map by map."""
        maps = self.strongest_maps(count)
        rows = self.strongest_rows(maps, top)
        return maps, rows, self.places(np.repeat(maps, top), rows.ravel())

    def places(self, maps: np.ndarray, rows: np.ndarray) -> Places:
        """Where map `maps[i]` is strongest for image `rows[i]`."""
        y, x = np.divmod(self.positions[rows, maps], self.width)
        return Places(maps, rows, y, x, self.values[rows, maps])


def all_peaks(view: View, layers: list[str]) -> dict[str, Peaks]:
    """The peaks of every layer, in one pass over the images.

    Raises:
        ArtifactError: activations are not finite.
    """
    values: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    positions: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    widths: dict[str, int] = {}
    for _, outputs in forward.activations(view.network, view.images, view.preprocessing, layers, view.device):
        for layer, output in outputs.items():
            largest, where = output.flatten(2).max(dim=2)
            fields.check_finite(layer, largest.cpu().numpy())
            values[layer].append(largest.to("cpu", torch.float32).numpy())
            positions[layer].append(where.cpu().numpy())
            widths[layer] = output.shape[3]
    return {
        layer: Peaks(np.concatenate(values[layer]), np.concatenate(positions[layer]), widths[layer]) for layer in layers
    }


def values(view: View, layer: str, places: Places) -> Iterator[tuple[Places, torch.Tensor, np.ndarray]]:
    """In parts: some of `places`, what the network sees of their images (P, C, h, w), and the projections (P, h, w, C).

    Projections are float32, in units of the network's input times activation.
    """
    height, width = tiles.size(view)
    step = max(1, min(BATCH, BATCH_PIXELS // (height * width)))
    for i in range(0, len(places.row), step):
        part = Places(*(each[i : i + step] for each in places))
        inputs = view.batch(part.row)
        maps, y, x = (torch.from_numpy(each).to(view.device) for each in (part.map, part.y, part.x))
        yield part, inputs, project(view.network, layer, inputs, maps, y, x).permute(0, 2, 3, 1).cpu().numpy()


def projected(view: View, layer: str, places: Places, field: Field) -> np.ndarray:
    """The projections of `places` as pictures of their receptive fields: (P, h, w, C) uint8, 128 is 0.

    Each is scaled by its own largest absolute value. Where a field reaches over the border, the picture is 128.
    """
    pictures = [
        tiles.signed(tiles.cut(projections, field.boxes(part.y, part.x), fill=0.0))
        for part, _, projections in values(view, layer, places)
    ]
    return np.concatenate(pictures)


def patches(view: View, _layer: str, places: Places, field: Field) -> np.ndarray:
    """What the network saw of the images in the receptive fields of `places`: (P, h, w, C) uint8.

    Where a field reaches over the border, the picture is 128.
    """
    boxes = field.boxes(places.y, places.x)
    pictures = [
        tiles.pictures(tiles.cut(tiles.seen(view, places.row[i : i + 1]), boxes[i : i + 1], tiles.ZERO))
        for i in range(len(boxes))
    ]
    return np.concatenate(pictures)


def clipped(view: View, boxes: np.ndarray) -> np.ndarray:
    """Boxes (P, 4) without what lies outside of the network's input."""
    height, width = tiles.size(view)
    return np.clip(boxes, 0, [height, width, height, width])


def project(
    network: nn.Module, layer: str, images: torch.Tensor, maps: torch.Tensor, y: torch.Tensor, x: torch.Tensor
) -> torch.Tensor:
    """Project one activation of `layer` per image back to the pixels, all other activations of the layer set to 0.

    On the way down each convolution is replaced by its transposed filters, max-pooling by its switches (a value goes
    to where the maximum was; where overlapping windows have the same maximum, values add up), and ReLU by itself: the
    signal is rectified, whatever the sign of what came up. The first two are PyTorch's gradients of these layers, so
    only ReLU needs a rule of its own.

    The paper has ReLU only, "to obtain valid feature reconstructions at each layer (which also should be positive)".
    Behind a tanh or a sigmoid no sign is invalid, so the signal passes unchanged; the gradient would instead all but
    remove what excites a unit most, as the slope of a saturated unit is nearly 0.

    Args:
        network: in evaluation mode.
        layer: with feature maps, runs once.
        images: (B, C, h, w), what the network wants to see.
        maps: (B,) int64, the map of each image's activation.
        y: (B,) int64, its row in the map.
        x: (B,) int64, its column.

    Returns:
        (B, C, h, w), in units of the network's input times activation.
    """
    images = images.detach().clone().requires_grad_()
    with _Deconvnet():
        output = fields.tapped(network, layer, images)
    activations = output[torch.arange(len(images), device=images.device), maps, y, x]
    return torch.autograd.grad(activations, images, activations.detach())[0]


class _Deconvnet(TorchFunctionMode):
    """Within it, nonlinearities have the backward pass of a deconvnet; as functions and as modules, in place or not."""

    def __torch_function__(
        self, func: Callable, types: tuple, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        relu6 = func is functional.hardtanh and kwargs.get("min_val") == 0
        if relu6 or func in _RECTIFYING or func in _PASSING:
            # Not in place, which autograd could not notice here.
            settings = {key: value for key, value in kwargs.items() if key != "inplace"}
            return _Nonlinearity.apply(args[0], lambda values: func(values, **settings), func not in _PASSING)
        return func(*args, **kwargs)


_RECTIFYING = {functional.relu, functional.relu6, torch.relu, torch.Tensor.relu}
_PASSING = {torch.tanh, torch.Tensor.tanh, torch.sigmoid, torch.Tensor.sigmoid}


class _Nonlinearity(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, function: Callable, rectify: bool) -> torch.Tensor:
        ctx.rectify = rectify
        return function(values)

    @staticmethod
    def backward(ctx: Any, signal: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return (signal.clamp(min=0) if ctx.rectify else signal), None, None
