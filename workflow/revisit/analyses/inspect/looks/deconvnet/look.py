"""What excites a feature map: its strongest activations, projected back to the pixels by a deconvnet.

Zeiler & Fergus 2014, ECCV, Visualizing and Understanding Convolutional Networks, section 2.1.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from revisit.analyses import targets
from revisit.analyses.inspect import fields, projections
from revisit.analyses.inspect.looks.deconvnet.tables import DECONVNET
from revisit.analyses.inspect.view import View

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.deconvnet.settings import Settings


def look(view: View, settings: "Settings") -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """Projections of the strongest activations of some feature maps, beside what the network saw there.

    Args:
        view: the network and the images.
        settings: `layers`; `maps`, how many feature maps of each, those with the largest maximum; `top`, how many
            images of each map, those with the largest maximum.

    Returns:
        The summary {"layers": {layer: {"maps": their numbers, "receptive_field": pixels, "mean_distinct_classes": the
        share of different classes among the images of a map, mean over the maps}}}, and the files deconvnet.csv (one
        row per projection, with the first class that the image shows, -1 without any, and with the receptive field, as
        far as it lies in the image, in pixels of the network's input) and deconvnet_<layer>.npy and
        deconvnet_patches_<layer>.npy, (maps, top, h, w, C) uint8 (see `projections.projected` and `.patches`).

    Raises:
        ConfigError: a layer without feature maps, or more maps or images than there are.
        ArtifactError: activations are not finite.
    """
    shapes = fields.shapes(view, "deconvnet.layers", settings["layers"])
    projections.check_counts("deconvnet", shapes, settings["maps"])
    projections.check_top("deconvnet", settings["top"], len(view.images))
    classes = targets.first_present(view.labels)
    summary, tables, files = {}, [], {}
    for layer, peaks in projections.all_peaks(view, settings["layers"]).items():
        maps, rows, places = peaks.strongest(settings["maps"], settings["top"])
        field = fields.receptive_field(view.network, layer, view.batch(np.arange(1)))
        for name, made in (("deconvnet", projections.projected), ("deconvnet_patches", projections.patches)):
            pictures = made(view, layer, places, field)
            files[f"{name}_{layer}.npy"] = pictures.reshape(*rows.shape, *pictures.shape[1:])
        shown = classes[rows]
        distinct = [len(set(of_map[of_map >= 0])) / settings["top"] for of_map in shown]
        summary[layer] = {
            "maps": maps.tolist(),
            "receptive_field": max(field.rows.size, field.columns.size),
            "mean_distinct_classes": float(np.mean(distinct)),
        }
        boxes = projections.clipped(view, field.boxes(places.y, places.x))
        tables.append(
            pd.DataFrame(
                {
                    "layer": layer,
                    "map": places.map,
                    "rank": np.tile(np.arange(1, settings["top"] + 1), len(maps)),
                    "row": places.row,
                    "label": shown.ravel(),
                    "y": places.y,
                    "x": places.x,
                    "activation": places.activation,
                    **dict(zip(("top", "left", "bottom", "right"), boxes.T, strict=True)),
                }
            )
        )
    return {"layers": summary}, {DECONVNET.file: DECONVNET.frame(pd.concat(tables, ignore_index=True)), **files}
