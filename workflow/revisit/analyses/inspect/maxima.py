"""The strongest activation of each feature map over many images: a running maximum, no activation is kept.

Images go no farther through the network than to the last of the layers asked for, so that all images of a training can
be looked at, again and again as the training goes on.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from revisit.analyses.inspect import fields, passes
from revisit.analyses.inspect.projections import Places
from revisit.analyses.inspect.view import View


class _Peaks(NamedTuple):
    """Of a batch: the strongest activation of each map over its images and places."""

    activation: torch.Tensor  # (maps,)
    row: torch.Tensor  # (maps,) int64, in the batch
    position: torch.Tensor  # (maps,) int64, row by row through the map
    width: int  # of a map


class _Reached(Exception):  # noqa: N818 - no error: what lies behind the last layer is not asked for
    pass


@torch.inference_mode()
def strongest(view: View, layers: list[str]) -> dict[str, Places]:
    """Of every layer the strongest activation of each of its maps over `view.images`: (maps,) places, map by map.

    Of equal ones the first image counts, and in it the first place, row by row. One forward pass, in batches.

    Args:
        view: the network and the images, one at least.
        layers: with feature maps, each runs once; `fields.shapes` has seen them.

    Raises:
        ArtifactError: the activations of a layer are not finite.
    """
    found: dict[str, Places] = {}
    for rows in passes.batches(len(view.images), view.batch(np.arange(1))):
        inputs = view.batch(np.arange(rows.start, rows.stop))
        for layer, peaks in _up_to(view.network, layers, inputs).items():
            activation, row, position = (values.cpu().numpy() for values in peaks[:3])
            fields.check_finite(layer, activation)
            y, x = np.divmod(position, peaks.width)
            new = Places(np.arange(len(row)), row + rows.start, y, x, activation.astype(np.float32))
            found[layer] = _stronger(found[layer], new) if layer in found else new
    return {layer: found[layer] for layer in layers}


def of_maps(places: Places, maps: np.ndarray) -> Places:
    """Those of some maps, out of what `strongest` found of a layer."""
    return Places(*(values[maps] for values in places))


def strongest_maps(places: Places, count: int) -> np.ndarray:
    """The `count` maps with the strongest activations, the strongest first; of equal ones the first."""
    return np.argsort(-places.activation, kind="stable")[:count]


def _stronger(old: Places, new: Places) -> Places:
    """Map by map the stronger of two places, the old one of equals."""
    better = new.activation > old.activation
    return Places(*(np.where(better, after, before) for before, after in zip(old, new, strict=True)))


def _up_to(network: nn.Module, layers: list[str], inputs: torch.Tensor) -> dict[str, _Peaks]:
    """The peaks of a batch (B, C, h, w); the pass ends as soon as all of the layers have run."""
    peaks: dict[str, _Peaks] = {}

    def keeper(layer: str) -> Callable:
        def hook(_module: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
            largest, position = output.flatten(2).max(dim=2)  # (B, maps)
            activation, row = largest.max(dim=0)
            at = position.gather(0, row[None])[0]
            peaks[layer] = _Peaks(activation, row, at, output.shape[3])
            if len(peaks) == len(layers):
                raise _Reached

        return hook

    hooks = [network.get_submodule(layer).register_forward_hook(keeper(layer)) for layer in layers]
    try:
        network(inputs)
    except _Reached:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return peaks
