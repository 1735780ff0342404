"""Correspondence: whether hiding the same part of several images changes their features in the same way.

Zeiler & Fergus 2014 (arXiv:1311.2901), section 4.3: the eyes and the nose of dogs against random parts. Hiding a part
of an image changes its features from x to x'. The signs of x - x', of which there are three (0 where nothing changes),
are compared between all pairs of images by the Hamming distance, as a share of the features. The lower its mean, the
more the network treats the part as the same thing in every image.
"""

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from revisit.analyses import targets
from revisit.analyses.inspect import tiles
from revisit.analyses.inspect.looks.correspondence.tables import CHANGES
from revisit.analyses.inspect.objects import object_pixels, share
from revisit.analyses.inspect.passes import KEY, batches, check_layers, mean_or_none, outputs_of
from revisit.analyses.inspect.view import View
from revisit.errors import ConfigError

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.correspondence.settings import Settings

SECTION = f"{KEY}.correspondence"


def look(view: View, settings: "Settings") -> tuple[dict, dict[str, pd.DataFrame | np.ndarray]]:
    """Hide the parts of some images of one class, and random parts of the same sizes.

    Args:
        view: what to look at.
        settings: `layers`; `label`, the name of the class; `images`, how many: those of it that the network is
            surest of; `parts`: name -> [top, left, bottom, right], shares of the height and width of the
            network's input; `random`, how many random parts.

    Returns:
        layer -> means over the true parts, over the random ones and over those at a fixed place; the class, rows and
        boxes. `correspondence.csv`: layer, part, delta (the mean Hamming distance), delta_se (its standard error over
        the pairs, NaN for a single pair), images; `correspondence_images.npy` (images, h, w, C). Part `random <n>`
        lies at another random place in every image, `fixed <n>` at the same random place in all: it shows what part of
        a difference comes from the place alone. Both are the mean over boxes of the sizes of all parts.

    Raises:
        ConfigError: a layer or the class does not exist, a part is smaller than a pixel, there are fewer than two
            images of the class, or the network's outputs are no classes.
    """
    layers, label = settings["layers"], settings["label"]
    check_layers(view, f"{SECTION}.layers", layers)
    if label not in view.classes:
        raise ConfigError(f"{SECTION}.label: there is no class {label!r}; there are: {', '.join(view.classes)}")
    rows = surest_rows(view, view.classes.index(label), settings["images"])
    if len(rows) < 2:
        raise ConfigError(
            f"{SECTION}.label: {len(rows)} of the images show {label!r} and 2 are needed; "
            "choose another class, or look at more images"
        )
    seen = tiles.seen(view, rows)
    boxes = {part: pixels(part, box, seen.shape[1:3]) for part, box in settings["parts"].items()}
    hidden = {part: [np.tile(box, (len(rows), 1))] for part, box in boxes.items()}
    hidden |= random_parts(object_pixels(seen), list(boxes.values()), settings["random"], view.seed)
    table = []
    for part, choices in hidden.items():
        changes = [signs(view, rows, choice, layers) for choice in choices]
        for layer in layers:
            pairs = np.concatenate([hamming(change[layer]) for change in changes])
            error = pairs.std(ddof=1) / math.sqrt(len(pairs)) if len(pairs) > 1 else math.nan
            row = {"layer": layer, "part": part, "delta": pairs.mean(), "delta_se": error, "images": len(rows)}
            table.append(row)
    frame = CHANGES.frame(table).sort_values("layer", key=lambda names: names.map(layers.index), kind="stable")
    summary = {
        "layers": {layer: _means(frame[frame["layer"] == layer], list(boxes)) for layer in layers},
        "class": label,
        "rows": rows.tolist(),
        "parts": {part: list(box) for part, box in settings["parts"].items()},
    }
    return summary, {CHANGES.file: frame, "correspondence_images.npy": tiles.pictures(seen)}


def _means(frame: pd.DataFrame, parts: list[str]) -> dict[str, float | None]:
    kinds = {"parts": frame["part"].isin(parts)}  # names of parts hold no space
    kinds |= {kind: frame["part"].str.startswith(f"{kind} ") for kind in ("random", "fixed")}
    return {key: mean_or_none(frame["delta"][rows]) for key, rows in kinds.items()}


def surest_rows(view: View, number: int, count: int) -> np.ndarray:
    """The `count` images of class `number` that the network holds most probable, in order of their rows.

    Fewer where there are no more; of equally probable ones the first.
    """
    rows = targets.showing(view.labels, number)
    said = [
        outputs_of(view, view.batch(rows[batch]), [])[0][:, number].cpu().numpy()
        for batch in batches(len(rows), view.batch(np.array([0])))
    ]
    surest = np.argsort(-np.concatenate([np.empty(0, np.float32), *said]), kind="stable")[:count]
    return np.sort(rows[surest])


def pixels(part: str, box: list[float], size: tuple[int, int]) -> np.ndarray:
    """A box of shares as pixels of an image of `size` (height, width): top, left, bottom, right, the last exclusive.

    Raises:
        ConfigError: it is smaller than a pixel.
    """
    top, left, bottom, right = (round(share * size[i % 2]) for i, share in enumerate(box))
    if top >= bottom or left >= right:
        raise ConfigError(
            f"{SECTION}.parts.{part}: {list(box)} holds no pixel of {size[0]}x{size[1]}; choose a larger box"
        )
    return np.array([top, left, bottom, right])


def random_parts(on: np.ndarray, boxes: list[np.ndarray], count: int, seed: int) -> dict[str, list[np.ndarray]]:
    """Boxes of the sizes of `boxes` at random places, at least half on the object if any place is so.

    Args:
        on: which pixels of the images belong to the object, (N, H, W) bool.
        boxes: (4,) each: top, left, bottom, right.
        count: of either kind.
        seed: of the choice.

    Returns:
        `random <n>` and `fixed <n>`, n from 1: for each size a place in every image, (N, 4) int64.
    """
    rng = np.random.default_rng(seed)
    places: dict[str, list[np.ndarray]] = {}
    for n in range(1, count + 1):
        places[f"random {n}"], places[f"fixed {n}"] = [], []
        for top, left, bottom, right in boxes:
            size = bottom - top, right - left
            shares = np.stack([share(image, *size) for image in on])
            places[f"random {n}"].append(np.stack([_place(rng, s, size) for s in shares]))
            places[f"fixed {n}"].append(np.tile(_place(rng, shares.min(axis=0), size), (len(on), 1)))
    return dict(sorted(places.items(), key=lambda part: part[0].startswith("fixed")))


def _place(rng: np.random.Generator, shares: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """One of the places where the box is at least half on the object, as a box."""
    candidates = np.argwhere(shares >= 0.5)
    if not len(candidates):
        candidates = np.argwhere(shares >= 0)
    top, left = candidates[rng.integers(len(candidates))]
    return np.array([top, left, top + size[0], left + size[1]])


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
