"""Invariance: how far the features of an image move when the image is moved, enlarged or turned.

Zeiler & Fergus 2014 (ECCV, arXiv:1311.2901), section 4 and figure 5: a small transformation changes the features of
the first layer dramatically and those of the last one little; a vertical translation and a scaling less than a
rotation. The report does not say how distances of different layers are made comparable (assumed): here they are
divided by the mean distance between the features of two different images, so that 1 means another picture.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from revisit.analyses import targets
from revisit.analyses.inspect.looks.invariance.tables import DISTANCES, PROBABILITIES
from revisit.analyses.inspect.means import mean_or_none
from revisit.analyses.inspect.passes import KEY, batches, check_layers, outputs_of, rows_with_class
from revisit.analyses.inspect.view import View

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.invariance.settings import Settings


def look(view: View, settings: "Settings") -> tuple[dict, dict[str, pd.DataFrame | np.ndarray]]:
    """Compare features of images, spread over the classes, with those of their transformed copies.

    Args:
        view: what to look at.
        settings: `layers`; `images`, how many; `translate`, `scale`, `rotate` and `steps`, as in `amounts`.

    Returns:
        layer -> transform -> mean distance over the amounts (None if not finite), and the rows of the images.
        `invariance.csv`: transform, amount, layer, mean and standard deviation (n - 1) of the distance over the
        images; `invariance_probability.csv`: transform, amount, mean probability of the true class.

    Raises:
        ConfigError: a layer does not exist or is no feature, fewer than two images show a class, or the network's
            outputs are no classes.
    """
    layers = settings["layers"]
    check_layers(view, f"{KEY}.invariance.layers", layers)
    rows = rows_with_class(view, f"{KEY}.invariance.images", settings["images"], minimum=2)
    steps = [(transform, amount) for transform, values in amounts(settings).items() for amount in values]
    moved, probability = compare(view, rows, layers, steps)
    unit = distances_between(view, rows, layers)
    table = [
        {
            "transform": transform,
            "amount": amount,
            "layer": layer,
            "distance": moved[layer][i].mean() / unit[layer] if unit[layer] else math.nan,
            "distance_sd": moved[layer][i].std(ddof=1) / unit[layer] if unit[layer] else math.nan,
        }
        for i, (transform, amount) in enumerate(steps)
        for layer in layers
    ]
    frame = DISTANCES.frame(table)
    means = {
        layer: {
            transform: mean_or_none(group["distance"])
            for transform, group in frame[frame["layer"] == layer].groupby("transform", sort=False)
        }
        for layer in layers
    }
    said = [
        {"transform": transform, "amount": amount, "probability": probability[i].mean()}
        for i, (transform, amount) in enumerate(steps)
    ]
    files: dict[str, pd.DataFrame | np.ndarray] = {DISTANCES.file: frame, PROBABILITIES.file: PROBABILITIES.frame(said)}
    return {"layers": means, "rows": rows.tolist()}, files


def amounts(settings: "Settings") -> dict[str, np.ndarray]:
    """Evenly spaced amounts of each transform, that of the identity among them.

    Args:
        settings: `translate`, the largest vertical shift in both directions as a share of the height, downwards
            positive; `scale`, the largest enlargement, from 1 on; `rotate`, the largest angle in degrees, from 0 on,
            counter-clockwise; `steps`, the number of amounts, for a translation the next odd number.
    """
    half, last = settings["steps"] // 2, settings["steps"] - 1
    return {
        "translate": settings["translate"] * np.arange(-half, half + 1) / half,
        "scale": 1 + (settings["scale"] - 1) * np.arange(last + 1) / last,
        "rotate": settings["rotate"] * np.arange(last + 1) / last,
    }


def warp(inputs: torch.Tensor, transform: str, amount: float) -> torch.Tensor:
    """Transformed inputs (B, C, h, w), about their middle, by bilinear sampling; the identity gives them as they are.

    What comes into the picture from outside is 0, the mean of the training images. `transform` and `amount` are as in
    `amounts`.
    """
    if amount == (1 if transform == "scale" else 0):
        return inputs
    aspect = inputs.shape[-1] / inputs.shape[-2]
    # From a place in the result to the place it shows, from -1 to 1 in both directions.
    if transform == "translate":
        matrix = [[1, 0, 0], [0, 1, -2 * amount]]
    elif transform == "scale":
        matrix = [[1 / amount, 0, 0], [0, 1 / amount, 0]]
    else:
        cosine, sine = math.cos(math.radians(amount)), math.sin(math.radians(amount))
        matrix = [[cosine, -sine / aspect, 0], [sine * aspect, cosine, 0]]
    places = torch.tensor([matrix], dtype=inputs.dtype, device=inputs.device)
    grid = functional.affine_grid(places, [1, *inputs.shape[1:]], align_corners=False)
    grid = grid.expand(len(inputs), -1, -1, -1)
    return functional.grid_sample(inputs, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def compare(
    view: View, rows: np.ndarray, layers: list[str], steps: list[tuple[str, float]]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """How far the features of the images `rows` move at each step, and what the network then says.

    Returns:
        layer -> Euclidean distances (steps, images) float64; probabilities of the true class (steps, images) float64.
    """
    labels = torch.from_numpy(targets.first_present(view.labels)[rows])
    moved = {layer: np.empty((len(steps), len(rows))) for layer in layers}
    probability = np.empty((len(steps), len(rows)))
    for batch in batches(len(rows), view.batch(rows[:1])):
        inputs, own = view.batch(rows[batch]), labels[batch, None].to(view.device)
        _, before = outputs_of(view, inputs, layers)
        for i, (transform, amount) in enumerate(steps):
            said, after = outputs_of(view, warp(inputs, transform, amount), layers)
            probability[i, batch] = said.gather(1, own)[:, 0].cpu().numpy()
            for layer in layers:
                moved[layer][i, batch] = distances(before[layer], after[layer]).cpu().numpy()
    return moved, probability


def distances_between(view: View, rows: np.ndarray, layers: list[str]) -> dict[str, float]:
    """The mean Euclidean distance between the features of two different images among `rows`, by layer.

    Over all pairs. Two batches of features are held at a time; those of the second are computed anew.
    """
    totals = dict.fromkeys(layers, 0.0)
    parts = [rows[batch] for batch in batches(len(rows), view.batch(rows[:1]))]
    for i, part in enumerate(parts):
        _, ours = outputs_of(view, view.batch(part), layers)
        for j, other in enumerate(parts[i:]):
            theirs = ours if j == 0 else outputs_of(view, view.batch(other), layers)[1]
            for layer in layers:
                for k, features in enumerate(ours[layer]):
                    rest = theirs[layer][k + 1 :] if j == 0 else theirs[layer]
                    totals[layer] += distances(rest, features[None]).sum().item()
    return {layer: total / math.comb(len(rows), 2) for layer, total in totals.items()}


def distances(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Euclidean distances between rows of features (B, ...): (B,) float64."""
    return torch.linalg.vector_norm((a - b).flatten(1), dim=1, dtype=torch.float64)
