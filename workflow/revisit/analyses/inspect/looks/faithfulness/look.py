"""Faithfulness: whether the projection of an activation shows what excites it, and what the network goes by.

Zeiler & Fergus 2014 (ECCV, arXiv:1311.2901, section 2.1) say that a projection resembles a small piece of the image,
weighted by what each structure contributes to the activation, and shows which parts are discriminative. The first
is told here by its correlation with the patch that the activation sees, beside that with patches that excite the same
map in other images. The others are told by deletion (Samek et al. 2017, IEEE TNNLS 28:2660-2673; Petsiuk et al. 2018,
BMVC, arXiv:1806.07421): the pixels where the projection is largest are hidden, or as many at random in the same field.
Hidden is 0 in the network's input, the mean of the training images.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from revisit.analyses import targets
from revisit.analyses.inspect import fields, projections
from revisit.analyses.inspect.looks.faithfulness.tables import FAITHFULNESS
from revisit.analyses.inspect.means import mean_or_none
from revisit.analyses.inspect.passes import KEY, outputs_of, rows_with_class
from revisit.analyses.inspect.projections import Peaks, Places

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.faithfulness.settings import Settings
    from revisit.analyses.inspect.view import View


class Piece(NamedTuple):
    """What an activation sees: where in the network's input, what is there, and its projection there."""

    box: np.ndarray  # (4,) int64 top, left, bottom, right, within the input
    start: np.ndarray  # (2,) int64: where the box begins in the receptive field, which may reach over the border
    image: torch.Tensor  # (C, h, w), the whole input
    patch: np.ndarray  # (bh, bw, C) float32
    projection: np.ndarray  # (bh, bw, C) float32


def look(view: "View", settings: "Settings") -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """Likeness of projections and patches, and what hiding does to the activation, and to the class.

    Args:
        view: what to look at.
        settings: `layers` with feature maps; `maps`, how many of each, those with the largest maximum; `top`, how many
            images of each map; `images`, how many for the class; `share` of the pixels of a field, hidden; `draws`.

    Returns:
        The summary: `maps`, `top` and `share` as they were asked for; `layers`, layer -> the means of `own`, `others`,
        `fall` and `fall_at_random` (see `tables`), None where not defined; `true_class`: the last `layer`, the `rows`
        of the images, the `probability` of the true class, and by how much it falls when pixels are hidden in the field
        of the layer's strongest activation: `fall`, `fall_at_random`. And faithfulness.csv, one row per activation.

    Raises:
        ConfigError: a layer without feature maps, more maps or images than there are, or the network's outputs are no
            classes.
        ArtifactError: activations are not finite.
    """
    layers, top = settings["layers"], settings["top"]
    shapes = fields.shapes(view, "faithfulness.layers", layers)
    projections.check_counts("faithfulness", shapes, settings["maps"])
    projections.check_top("faithfulness", top, len(view.images))
    random = np.random.default_rng(view.seed)
    tables: list[pd.DataFrame] = []
    peaks_of = projections.all_peaks(view, layers)
    for layer, peaks in peaks_of.items():
        _, _, places = peaks.strongest(settings["maps"], top)
        pieces = list(_pieces(view, layer, places))
        own, others = _likeness(pieces, top)
        table: dict[str, Any] = {"layer": layer, "map": places.map, "row": places.row, "activation": places.activation}
        table |= {"own": own, "others": others, "fall": [], "fall_at_random": []}
        for piece, number, y, x in zip(pieces, places.map, places.y, places.x, strict=True):
            values = _outputs(view, layer, piece, settings, random)[1][:, number, y, x]
            fall, at_random = _falls(values / values[0] if values[0] > 0 else np.full(len(values), np.nan))
            table["fall"].append(fall)
            table["fall_at_random"].append(at_random)
        tables.append(pd.DataFrame(table))
    frame = FAITHFULNESS.frame(pd.concat(tables, ignore_index=True))
    means = {
        layer: {key: mean_or_none(part[key]) for key in ("own", "others", "fall", "fall_at_random")}
        for layer, part in frame.groupby("layer", sort=False)
    }
    last = layers[-1]
    asked: dict[str, Any] = {"maps": settings["maps"], "top": top, "share": settings["share"]}
    summary = asked | {"layers": means, "true_class": _of_class(view, last, peaks_of[last], settings, random)}
    return summary, {FAITHFULNESS.file: frame}


def _pieces(view: "View", layer: str, places: Places) -> Iterator[Piece]:
    field = fields.receptive_field(view.network, layer, view.batch(np.arange(1)))
    for part, inputs, values in projections.values(view, layer, places):
        boxes = field.boxes(part.y, part.x)
        inside = projections.clipped(view, boxes)
        for box, whole, image, projection in zip(inside, boxes, inputs, values, strict=True):
            top, left, bottom, right = box
            seen = image.permute(1, 2, 0)[top:bottom, left:right].cpu().numpy()
            yield Piece(box, box[:2] - whole[:2], image, seen, projection[top:bottom, left:right])


def _likeness(pieces: list[Piece], top: int) -> tuple[list[float], list[float]]:
    """Of every piece, the correlation of its projection with its patch, and the mean with those of its map's others."""
    own, others = [], []
    for number, piece in enumerate(pieces):
        first = number - number % top
        likeness = [correlation(piece, other) for other in pieces[first : first + top]]
        own.append(likeness.pop(number - first))
        others.append(mean_or_none(np.array(likeness)))
    return own, [np.nan if value is None else value for value in others]


def correlation(piece: Piece, other: Piece) -> float:
    """Pearson's, of the projection of `piece` with the patch of `other`, over what both see of their fields.

    NaN where either is the same everywhere.
    """
    start = np.maximum(piece.start, other.start)
    sizes = [each.start + each.patch.shape[:2] for each in (piece, other)]
    end = np.minimum(*sizes)
    if (end <= start).any():
        return float("nan")
    x, y = (
        values[tuple(slice(*ends) for ends in zip(start - each.start, end - each.start, strict=True))].ravel()
        for values, each in ((piece.projection, piece), (other.patch, other))
    )
    x, y = x - x.mean(dtype=np.float64), y - y.mean(dtype=np.float64)
    scale = np.sqrt((x * x).sum() * (y * y).sum())
    return float((x * y).sum() / scale) if scale > 0 else float("nan")


def hiding(piece: Piece, share: float, draws: int, random: np.random.Generator) -> np.ndarray:
    """Which pixels of the box to hide, (1 + draws, bh, bw) bool, `share` of them and one at least.

    First those where the projection is largest, summed over its channels without their signs, of equal ones the first;
    then as many at random.
    """
    size = np.abs(piece.projection, dtype=np.float64).sum(axis=2).ravel()
    count = max(1, round(share * len(size)))
    chosen = [np.argsort(-size, kind="stable")[:count]]
    chosen += [random.choice(len(size), count, replace=False) for _ in range(draws)]
    masks = np.zeros((len(chosen), len(size)), bool)
    for mask, pixels in zip(masks, chosen, strict=True):
        mask[pixels] = True
    return masks.reshape(-1, *piece.projection.shape[:2])


def _outputs(
    view: "View", layer: str, piece: Piece, settings: "Settings", random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (2 + draws, K) and the output of the layer (2 + draws, maps, gh, gw), float64.

    With nothing hidden, what the projection shows, and as much at random.
    """
    masks = torch.from_numpy(hiding(piece, settings["share"], settings["draws"], random)).to(piece.image.device)
    copies = piece.image.repeat(1 + len(masks), 1, 1, 1)
    top, left, bottom, right = piece.box
    copies[1:, :, top:bottom, left:right].masked_fill_(masks[:, None], 0)
    said, outputs = outputs_of(view, copies, [layer])
    return said.cpu().numpy().astype(np.float64), outputs[layer].cpu().numpy().astype(np.float64)


def _falls(values: np.ndarray) -> tuple[float, float]:
    """By how much what was first is lower in the second, and in the mean of the rest."""
    return float(values[0] - values[1]), float(values[0] - values[2:].mean())


def _of_class(
    view: "View", layer: str, peaks: Peaks, settings: "Settings", random: np.random.Generator
) -> dict[str, Any]:
    """What hiding does to the probability of the true class, by the strongest activation of the layer for an image."""
    rows = rows_with_class(view, f"{KEY}.faithfulness.images", settings["images"])
    labels = targets.first_present(view.labels)[rows]
    pieces = _pieces(view, layer, peaks.places(peaks.values[rows].argmax(axis=1), rows))
    said = [
        _outputs(view, layer, piece, settings, random)[0][:, label] for piece, label in zip(pieces, labels, strict=True)
    ]
    fall, at_random = np.mean([_falls(values) for values in said], axis=0)
    probability = float(np.mean([values[0] for values in said]))
    return {
        "layer": layer,
        "rows": rows.tolist(),
        "probability": probability,
        "fall": float(fall),
        "fall_at_random": float(at_random),
    }
