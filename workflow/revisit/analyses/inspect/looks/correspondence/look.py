"""Correspondence: whether hiding the same part of several images changes their features in the same way.

Zeiler & Fergus 2014 (arXiv:1311.2901), section 4.3: the eyes and the nose of dogs against random parts. Hiding a part
of an image changes its features from x to x'. The signs of x - x', of which there are three (0 where nothing changes),
are compared between all pairs of images by the Hamming distance, as a share of the features. The lower its mean, the
more the network treats the part as the same thing in every image.
"""

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from revisit.analyses import targets
from revisit.analyses.inspect import tiles
from revisit.analyses.inspect.looks.correspondence.places import (
    SECTION,
    hold_pixels,
    inside,
    pixels,
    random_parts,
    random_parts_of,
)
from revisit.analyses.inspect.looks.correspondence.tables import CHANGES
from revisit.analyses.inspect.means import mean_or_none
from revisit.analyses.inspect.objects import object_pixels
from revisit.analyses.inspect.passes import batches, check_layers, outputs_of
from revisit.analyses.inspect.view import View
from revisit.errors import ConfigError

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.correspondence.settings import Settings


def look(view: View, settings: "Settings") -> tuple[dict, dict[str, pd.DataFrame | np.ndarray]]:
    """Hide the parts of some images of one class, and random parts of the same sizes.

    Args:
        view: what to look at.
        settings: `layers`; `label`, the name of the class; `images`, how many: those of it that the network is
            surest of; `parts`: name -> [top, left, bottom, right], shares of the height and width of the
            network's input, or, with `of` "box", of the object's box, and only images are taken whose one object of
            the class is whole (`objects.Boxes.alone`); `random`, how many random parts.

    Returns:
        layer -> means over the true parts, over the random ones and over those at a fixed place; the class, rows and
        parts. With boxes also `object`, where it lies in each image, and `boxes`, part -> likewise: [top, left,
        bottom, right], shares of the network's input. `correspondence.csv`: layer, part, delta (the mean Hamming
        distance), delta_se (its standard error over the pairs as if they were independent, though they share images;
        NaN for a single pair), images; `correspondence_images.npy` (images, h, w, C). Part `random <n>` lies at another
        random place in every image, `fixed <n>` at the same random place in all, of the image or of the object's box:
        it shows what part of a difference comes from the place alone. Both are the mean over boxes of the sizes of all
        parts.

    Raises:
        ConfigError: a layer or the class does not exist, a part is smaller than a pixel, the data set has no boxes to
            take shares of, there are fewer than two images of the class, or the network's outputs are no classes.
    """
    layers, label, parts = settings["layers"], settings["label"], settings["parts"]
    check_layers(view, f"{SECTION}.layers", layers)
    if label not in view.classes:
        raise ConfigError(f"{SECTION}.label: there is no class {label!r}; there are: {', '.join(view.classes)}")
    number, drawn = view.classes.index(label), (settings["random"], view.seed)
    summary: dict[str, Any] = {"class": label, "parts": {part: list(box) for part, box in parts.items()}}
    if settings["of"] == "box":
        rows, frames = _whole(view, label, settings)
        seen = tiles.seen(view, rows)
        true = {part: np.array([inside(frame, box) for frame in frames]) for part, box in parts.items()}
        others = random_parts_of(frames, list(parts.values()), *drawn)
        sides = np.tile(np.array(seen.shape[1:3], np.float64), 2)
        summary["object"] = (frames / sides).tolist()
        summary["boxes"] = {part: (boxes / sides).tolist() for part, boxes in true.items()}
    else:
        rows = surest_rows(view, number, settings["images"])
        if len(rows) < 2:
            raise _few(f"{len(rows)} of the images show {label!r}")
        seen = tiles.seen(view, rows)
        boxes = {part: pixels(part, box, seen.shape[1:3]) for part, box in parts.items()}
        true = {part: np.tile(box, (len(rows), 1)) for part, box in boxes.items()}
        others = random_parts(object_pixels(seen), list(boxes.values()), *drawn)
    table = []
    for part, choices in {**{part: [boxes] for part, boxes in true.items()}, **others}.items():
        changes = [signs(view, rows, choice, layers) for choice in choices]
        for layer in layers:
            pairs = np.concatenate([hamming(change[layer]) for change in changes])
            error = pairs.std(ddof=1) / math.sqrt(len(pairs)) if len(pairs) > 1 else math.nan
            row = {"layer": layer, "part": part, "delta": pairs.mean(), "delta_se": error, "images": len(rows)}
            table.append(row)
    frame = CHANGES.frame(table).sort_values("layer", key=lambda names: names.map(layers.index), kind="stable")
    summary["layers"] = {layer: _means(frame[frame["layer"] == layer], list(parts)) for layer in layers}
    summary["rows"], summary["images"] = rows.tolist(), len(rows)
    return summary, {CHANGES.file: frame, "correspondence_images.npy": tiles.pictures(seen)}


def _whole(view: View, label: str, settings: "Settings") -> tuple[np.ndarray, np.ndarray]:
    """The rows of the surest images whose one object of the class is whole, and its box in each (n, 4) int64."""
    if view.boxes is None:
        raise ConfigError(f"{SECTION}.of: the data set has no boxes; give it `objects`, or leave `of` out")
    number, parts = view.classes.index(label), list(settings["parts"].values())
    rows, corners = view.boxes.alone(number)
    frames = np.rint(corners[:, [1, 0, 3, 2]]).astype(np.int64)
    large = hold_pixels(frames, parts)
    if large.sum() < 2:
        small = f", {len(rows) - large.sum()} more where a part holds no pixel" if not large.all() else ""
        raise _few(f"{large.sum()} of the images show one {label!r} that is whole and not difficult{small},")
    chosen = surest_rows(view, number, settings["images"], rows[large])
    return chosen, frames[np.searchsorted(rows, chosen)]


def _few(found: str) -> ConfigError:
    return ConfigError(f"{SECTION}.label: {found} and 2 are needed; choose another class, or look at more images")


def _means(frame: pd.DataFrame, parts: list[str]) -> dict[str, float | None]:
    kinds = {"parts": frame["part"].isin(parts)}  # names of parts hold no space
    kinds |= {kind: frame["part"].str.startswith(f"{kind} ") for kind in ("random", "fixed")}
    return {key: mean_or_none(frame["delta"][rows]) for key, rows in kinds.items()}


def surest_rows(view: View, number: int, count: int, among: np.ndarray | None = None) -> np.ndarray:
    """The `count` images of class `number` that the network holds most probable, in order of their rows.

    Fewer where there are no more; of equally probable ones the first. `among`: rows to choose from, ascending, in the
    place of all that show the class.
    """
    rows = targets.showing(view.labels, number) if among is None else among
    said = [
        outputs_of(view, view.batch(rows[batch]), [])[0][:, number].cpu().numpy()
        for batch in batches(len(rows), view.batch(np.array([0])))
    ]
    surest = np.argsort(-np.concatenate([np.empty(0, np.float32), *said]), kind="stable")[:count]
    return np.sort(rows[surest])


def signs(view: View, rows: np.ndarray, boxes: np.ndarray, layers: list[str]) -> dict[str, np.ndarray]:
    """The signs of the changes of the features when a box (top, left, bottom, right) is set to 0 in each image.

    One image at a time, so that a feature that the box does not reach comes out the same, to the bit.

    Returns:
        layer -> (images, D) int8.
    """
    found: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    for row, (top, left, bottom, right) in zip(rows, boxes, strict=True):
        image = view.batch(np.array([row]))
        hidden = image.clone()
        hidden[..., top:bottom, left:right] = 0
        _, whole = outputs_of(view, image, layers)
        _, without = outputs_of(view, hidden, layers)
        for layer in layers:
            change = torch.sign(whole[layer] - without[layer]).to(torch.int8)
            found[layer].append(change.flatten().cpu().numpy())
    return {layer: np.stack(values) for layer, values in found.items()}


def hamming(changes: np.ndarray) -> np.ndarray:
    """The share of places where two rows differ, for all pairs of rows: (N, D) -> (N (N - 1) / 2,) float64."""
    return np.array([(a != b).mean() for a, b in itertools.combinations(changes, 2)])
