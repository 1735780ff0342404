"""How what excites a feature map changes in the course of the training (Zeiler & Fergus 2014, ECCV, figure 4).

The paper shows "the strongest activation (across all training examples) within a given feature map projected back to
pixel space" at epochs 1, 2, 5, 10, 20, 30, 40 and 64.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from revisit.analyses.inspect import fields, maxima, projections
from revisit.analyses.inspect.looks.evolution import jumps
from revisit.analyses.inspect.looks.evolution.tables import EVOLUTION
from revisit.analyses.inspect.view import View

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.evolution.settings import Settings

FOLLOWS = True  # the training: it needs the snapshots of one


def look(view: View, settings: "Settings") -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """The projection of the strongest activation of some feature maps over all training images, at every snapshot.

    Images are seen as in a test, in the centre crop and not mirrored.

    Args:
        view: the network, its snapshots and the images of its training.
        settings: `layers`; `counted`, of how many feature maps of each the jumps are counted, those with the largest
            maximum in `view.network`; `maps`, how many of these are shown, the first ones.

    Returns:
        The summary {"moments": those of the snapshots, ascending, "unit": what they count, "images": how many were
        looked at, "layers": {layer: {"maps": the numbers of those shown, "counted", "changed_image": in how many of all
        pairs of a map and two successive snapshots another image is the strongest, a share, None with one snapshot, and
        what `jumps.told` tells of these pairs}}, and the same of all layers together}. And the files evolution.csv (of
        the maps counted; `row` is that of the training set), evolution_<layer>.npy and evolution_patches_<layer>.npy,
        (maps, snapshots, h, w, C) uint8, as `projections.projected` and `.patches` make them.

    Raises:
        ConfigError: a layer without feature maps, more maps than there are, or no snapshots.
        ArtifactError: activations are not finite.
    """
    layers = settings["layers"]
    shapes = fields.shapes(view, "evolution.layers", layers)
    projections.check_counts("evolution", shapes, settings["counted"], "counted")
    moments = view.moments("evolution")
    view = view.training()
    in_the_end = maxima.strongest(view, layers)
    maps = {layer: maxima.strongest_maps(found, settings["counted"]) for layer, found in in_the_end.items()}
    first = view.batch(np.arange(1))
    seen = {layer: fields.receptive_field(view.network, layer, first) for layer in layers}
    places: dict[str, list[projections.Places]] = {layer: [] for layer in layers}
    pictures: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    for moment in moments:
        then = dataclasses.replace(view, network=view.snapshots[moment]())
        for layer, found in maxima.strongest(then, layers).items():
            chosen = maxima.of_maps(found, maps[layer])
            places[layer].append(chosen)
            pictures[layer].append(projections.projected(then, layer, chosen, seen[layer]))
    of_layers, pairs, tables = {}, [], []
    files: dict[str, pd.DataFrame | np.ndarray] = {}
    for layer in layers:
        shown = maps[layer][: settings["maps"]]
        projected = np.stack(pictures[layer], axis=1)
        rows, activations = (np.stack([getattr(p, key) for p in places[layer]], 1) for key in ("row", "activation"))
        alike, changed = jumps.likeness(projected), np.diff(rows, axis=1) != 0
        pairs.append((alike, changed))
        of_layers[layer] = {"maps": shown.tolist(), "counted": len(maps[layer]), **_told(alike, changed)}
        before = np.pad(alike, ((0, 0), (1, 0)), constant_values=np.nan)
        tables.append(
            pd.DataFrame(
                {
                    "layer": layer,
                    "map": np.repeat(maps[layer], len(moments)),
                    "moment": np.tile(moments, len(maps[layer])),
                    "row": rows.ravel(),
                    "activation": activations.ravel(),
                    "likeness": before.ravel(),
                }
            )
        )
        few = [projections.Places(*(values[: len(shown)] for values in at)) for at in places[layer]]
        files[f"evolution_{layer}.npy"] = projected[: len(shown)]
        files[f"evolution_patches_{layer}.npy"] = np.stack(
            [projections.patches(view, layer, at, seen[layer]) for at in few], axis=1
        )
    whole = _told(*(np.concatenate([pair[number] for pair in pairs]) for number in (0, 1)))
    summary = {"moments": moments, "unit": view.unit, "images": len(view.images), "layers": of_layers, **whole}
    return summary, {EVOLUTION.file: EVOLUTION.frame(pd.concat(tables, ignore_index=True)), **files}


def _told(alike: np.ndarray, changed: np.ndarray) -> dict[str, Any]:
    return {"changed_image": float(changed.mean()) if changed.size else None, **jumps.told(alike, changed)}
