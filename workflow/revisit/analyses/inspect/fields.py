"""Feature maps: which layers have them, and which part of the image each of their positions sees (receptive field)."""

from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import nn

from revisit.analyses import forward
from revisit.analyses.inspect import networks
from revisit.errors import ArtifactError, ConfigError

if TYPE_CHECKING:
    from revisit.analyses.inspect.view import View

# Operations, by their names in PyTorch's graph, whose result at a position depends on that position alone.
_POINTWISE = {
    f"{name}Backward0"
    for name in (
        "Add", "Sub", "Mul", "Div", "NativeBatchNorm", "CudnnBatchNorm", "MiopenBatchNorm", "Clone", "Alias", "ToCopy",
        "Relu", "LeakyRelu", "Hardtanh", "Clamp", "ClampMin", "Threshold", "Elu", "Gelu", "Silu", "Hardswish",
        "Softplus", "Tanh", "Sigmoid", "NativeDropout",
    )
}  # fmt: skip


class Axis(NamedTuple):
    """What position i sees along one axis: pixels `start + stride * i` to that plus `size`, the last one exclusive."""

    start: int  # below 0 where the layers before add a border
    stride: int
    size: int


@dataclass(frozen=True)
class Field:
    """The receptive field of the positions of a feature map, in pixels of the network's input."""

    rows: Axis
    columns: Axis

    def boxes(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """What positions (y, x), each (N,), see: (N, 4) int64 top, left, bottom, right; may reach over the border."""
        top, left = self.rows.start + self.rows.stride * y, self.columns.start + self.columns.stride * x
        return np.stack([top, left, top + self.rows.size, left + self.columns.size], axis=1)


def shapes(view: "View", key: str, layers: list[str]) -> dict[str, tuple[int, int, int]]:
    """The number of feature maps of each layer, their height and width.

    Args:
        view: the network, and one image at least.
        key: the key below `analyses.inspect` that names the layers, for the messages.
        layers: names of submodules.

    Raises:
        ConfigError: a layer does not exist or has no feature maps (C, h, w).
    """
    first = view.images[:1]
    there = networks.observed_layers(view.network, view.batch(np.arange(1)))
    known = dict(view.network.named_modules())
    every = list(dict.fromkeys([*there, *(layer for layer in layers if layer in known)]))
    _, outputs = next(forward.activations(view.network, first, view.preprocessing, every, view.device))
    found: dict[str, tuple[int, int, int]] = {}
    for layer, output in outputs.items():
        if output.ndim == 4:
            _, maps, height, width = output.shape
            found[layer] = (maps, height, width)
    for layer in layers:
        if layer not in found:
            what = "has no feature maps" if layer in known else "does not exist"
            suitable = ", ".join(name for name in there if name in found) or "none"
            raise ConfigError(
                f"analyses.inspect.{key}: layer {layer!r} {what}; layers of this network that have: {suitable}"
            )
    return {layer: found[layer] for layer in layers}


def check_finite(layer: str, values: np.ndarray) -> None:
    """Raise ArtifactError where activations of `layer` are not finite: they have no order, and no projection."""
    if not np.isfinite(values).all():
        raise ArtifactError(
            f"the activations of layer {layer!r} are not finite, so the training has diverged; lower its learning "
            "rate, or take the experiment out of analyses.inspect in params.yaml"
        )


def tapped(network: nn.Module, layer: str, images: torch.Tensor) -> torch.Tensor:
    """What `layer`, which runs once, makes of images (B, C, h, w), with the graph of how it came about."""
    with forward.tapped(network, [layer]) as outputs, torch.enable_grad():
        network(images)
    return forward.single(layer, outputs[layer])


def receptive_field(network: nn.Module, layer: str, images: torch.Tensor) -> Field:
    """The receptive field of the positions of `layer`, with what lies on the border that padding adds.

    Read off PyTorch's graph of one pass, from the image on: a window of k positions, s apart, behind a field of size n
    and stride t sees n + (k - 1) t pixels and has the stride s t; where branches meet, the field is what any of them
    sees. So it holds for nested networks too. Behind an operation that is no window and not pointwise (an adaptive
    pooling) every position counts as seeing the whole image.

    Args:
        network: in evaluation mode.
        layer: a submodule with feature maps that runs once.
        images: (B, C, h, w), what the network wants to see; one is enough.
    """
    images = images[:1].detach().clone().requires_grad_()
    root = tapped(network, layer, images).grad_fn
    graph: dict[Any, list[Any]] = {}  # of nodes, whose types leave out what operations save
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        if node not in graph:
            graph[node] = [before for before, _ in node.next_functions if before is not None]
            waiting += graph[node]
    fields: dict = {}
    for node in TopologicalSorter(graph).static_order():
        if not graph[node]:
            fields[node] = (Axis(0, 1, 1),) * 2 if getattr(node, "variable", None) is images else None
            continue
        parts = [fields[before] for before in graph[node] if fields[before] is not None]
        if not parts:
            fields[node] = None
            continue
        united = [axis for axes in zip(*parts, strict=True) if (axis := _united(axes)) is not None]
        windows = _windows(node)
        if windows is None or len(united) < 2:
            height, width = images.shape[-2:]
            return Field(Axis(0, 0, height), Axis(0, 0, width))
        fields[node] = tuple(_behind(axis, *w) for axis, w in zip(united, windows, strict=True))
    return Field(*fields[root])


def _united(axes: tuple[Axis, ...]) -> Axis | None:
    """What any of the branches sees; None where their positions do not correspond."""
    if len({axis.stride for axis in axes}) > 1:
        return None
    start = min(axis.start for axis in axes)
    return Axis(start, axes[0].stride, max(axis.start + axis.size for axis in axes) - start)


def _behind(axis: Axis, kernel: int, stride: int, padding: int, dilation: int) -> Axis:
    return Axis(
        axis.start - padding * axis.stride,
        axis.stride * stride,
        axis.size + (kernel - 1) * dilation * axis.stride,
    )


def _windows(node: Any) -> list[tuple[int, int, int, int]] | None:
    """Kernel, stride, padding and dilation of an operation for rows and columns; None where it is no such thing."""
    name = node.name()
    if name in _POINTWISE or (name == "CatBackward0" and node._saved_dim == 1):
        return [(1, 1, 0, 1)] * 2
    if name == "ConvolutionBackward0" and not node._saved_transposed:
        settings = (node._saved_weight.shape[2:], node._saved_stride, node._saved_padding, node._saved_dilation)
    elif name == "MaxPool2DWithIndicesBackward0":
        kernel = node._saved_kernel_size
        settings = (kernel, node._saved_stride or kernel, node._saved_padding, node._saved_dilation)
    elif name == "AvgPool2DBackward0":
        kernel = node._saved_kernel_size
        settings = (kernel, node._saved_stride or kernel, node._saved_padding, (1, 1))
    else:
        return None
    return list(zip(*settings, strict=True))
