"""How what excites a feature map changes in the course of the training (Zeiler & Fergus 2014, ECCV, figure 4)."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from revisit.analyses.inspect import fields, projections
from revisit.analyses.inspect.looks.evolution.tables import EVOLUTION
from revisit.analyses.inspect.view import View

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.evolution.settings import Settings

FOLLOWS = True  # the training: it needs the snapshots of one


def look(view: View, settings: "Settings") -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """The projection of the strongest activation of some feature maps over the images, at every snapshot.

    Args:
        view: the network, its snapshots and the images.
        settings: `layers`; `maps`, how many feature maps of each, those that `deconvnet` chooses in `view.network`.

    Returns:
        The summary {"moments": those of the snapshots, ascending, "unit": what they count, "layers": {layer: {"maps":
        their numbers, "changed_image": in how many of all pairs of a map and two successive snapshots another image is
        the strongest, a share; None with one snapshot}}}, and the files evolution.csv (layer, map, moment, row,
        activation; in the order of the arrays) and evolution_<layer>.npy (maps, snapshots, h, w, C) uint8, as
        `projections.projected` makes them.

    Raises:
        ConfigError: a layer without feature maps, more maps than there are, or no snapshots.
        ArtifactError: activations are not finite.
    """
    layers = settings["layers"]
    shapes = fields.shapes(view, "evolution.layers", layers)
    projections.check_counts("evolution", shapes, settings["maps"])
    moments = view.moments("evolution")
    all_peaks = projections.all_peaks(view, layers)
    maps = {layer: peaks.strongest_maps(settings["maps"]) for layer, peaks in all_peaks.items()}
    first = view.batch(np.arange(1))
    seen = {layer: fields.receptive_field(view.network, layer, first) for layer in layers}
    places: dict[str, list[projections.Places]] = {layer: [] for layer in layers}
    pictures: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    for moment in moments:
        then = dataclasses.replace(view, network=view.snapshots[moment]())
        for layer, peaks in projections.all_peaks(then, layers).items():
            strongest = peaks.places(maps[layer], peaks.strongest_rows(maps[layer], 1)[:, 0])
            places[layer].append(strongest)
            pictures[layer].append(projections.projected(then, layer, strongest, seen[layer]))
    of_layers, tables, files = {}, [], {}
    for layer in layers:
        rows, activations = (np.stack([getattr(p, key) for p in places[layer]], 1) for key in ("row", "activation"))
        changed = np.diff(rows, axis=1) != 0
        of_layers[layer] = {
            "maps": maps[layer].tolist(),
            "changed_image": float(changed.mean()) if changed.size else None,
        }
        tables.append(
            pd.DataFrame(
                {
                    "layer": layer,
                    "map": np.repeat(maps[layer], len(moments)),
                    "moment": np.tile(moments, len(maps[layer])),
                    "row": rows.ravel(),
                    "activation": activations.ravel(),
                }
            )
        )
        files[f"evolution_{layer}.npy"] = np.stack(pictures[layer], axis=1)
    summary = {"moments": moments, "unit": view.unit, "layers": of_layers}
    return summary, {EVOLUTION.file: EVOLUTION.frame(pd.concat(tables, ignore_index=True)), **files}
