"""The strongest feature map of each layer for single images (Zeiler & Fergus 2014, ECCV, figure 6b)."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from revisit.analyses import forward, targets
from revisit.analyses.inspect import fields, tiles
from revisit.analyses.inspect.looks.strongest.tables import STRONGEST
from revisit.analyses.inspect.view import View
from revisit.errors import ConfigError

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.strongest.settings import Settings


def look(view: View, settings: "Settings") -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """For some images, spread over the classes, the feature map of each layer with the largest sum.

    Args:
        view: the network and the images.
        settings: `layers`, `images`: how many.

    Returns:
        The summary {"layers": {layer: {"maps": how many it has}}, "rows": of the images}, and the files strongest.csv
        (layer, row, map, mean_activation), strongest_<layer>.npy (images, h, w) float32 and strongest_images.npy
        (images, h, w, C) uint8, what the network sees.

    Raises:
        ConfigError: a layer without feature maps, or more images than there are.
        ArtifactError: activations are not finite.
    """
    layers, count = settings["layers"], settings["images"]
    shapes = fields.shapes(view, "strongest.layers", layers)
    if count > len(view.images):
        raise ConfigError(
            f"analyses.inspect.strongest.images: {count} of {len(view.images)} images do not exist; "
            "use fewer, or raise analyses.inspect.images"
        )
    rows = targets.spread(targets.first_present(view.labels), count, view.seed)
    chosen: dict[str, list[tuple[np.ndarray, ...]]] = {layer: [] for layer in layers}
    for _, outputs in forward.activations(view.network, view.images[rows], view.preprocessing, layers, view.device):
        for layer, output in outputs.items():
            chosen[layer].append(strongest_maps(layer, output))
    tables, files = [], {}
    for layer, batches in chosen.items():
        numbers, means, maps = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        tables.append(pd.DataFrame({"layer": layer, "row": rows, "map": numbers, "mean_activation": means}))
        files[f"strongest_{layer}.npy"] = maps
    summary = {"layers": {layer: {"maps": shape[0]} for layer, shape in shapes.items()}, "rows": rows.tolist()}
    images = tiles.pictures(tiles.seen(view, rows))
    return summary, {
        STRONGEST.file: STRONGEST.frame(pd.concat(tables, ignore_index=True)),
        "strongest_images.npy": images,
        **files,
    }


def strongest_maps(layer: str, output: torch.Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The map with the largest sum, of equal ones the first, for each image of a batch.

    Args:
        layer: its name, for the message.
        output: of the layer, (B, maps, h, w).

    Returns:
        The numbers of the maps (B,) int64, the means of their values (B,) float64, and their values (B, h, w) float32.

    Raises:
        ArtifactError: activations are not finite.
    """
    means = output.mean(dim=(2, 3), dtype=torch.float64)
    fields.check_finite(layer, means.cpu().numpy())
    largest, numbers = means.max(dim=1)
    values = output[torch.arange(len(output), device=output.device), numbers]
    return numbers.cpu().numpy(), largest.cpu().numpy(), values.to("cpu", torch.float32).numpy()
