"""Occlusion: what a network says of an image, and how strong its strongest map is, while a square hides a part of it.

Zeiler & Fergus 2014 (ECCV, arXiv:1311.2901), section 4.2 and figure 7: if the network goes by the object and not by
what surrounds it, the probability of the true class drops where the square hides the object. The square is 0 in the
network's input, which is the mean of the training images. Beside it, section 4.2's other finding: if the projection of
the strongest map shows the structure that excites it, the map is weaker where the square hides that.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from revisit.analyses import targets
from revisit.analyses.inspect import fields, projections, tiles
from revisit.analyses.inspect.looks.occlusion.tables import OCCLUSION
from revisit.analyses.inspect.objects import object_pixels, share
from revisit.analyses.inspect.passes import KEY, batches, mean_or_none, outputs_of, rows_with_class
from revisit.analyses.inspect.view import View

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.occlusion.settings import Settings

HALF = 0.5  # of a square on the object; of what a square hides of a projection, compared with the one that hides most


def look(view: View, settings: "Settings") -> tuple[dict, dict[str, pd.DataFrame | np.ndarray]]:
    """Slide a square over some images, spread over the classes.

    Args:
        view: what to look at.
        settings: `layer` with feature maps; `images`, how many; `size` and `stride` of the square, as shares of the
            shorter side of the network's input.

    Returns:
        The size and stride in pixels, the rows and number of the images, and the means over the images of the drops
        (see `drops`), None where no square lies so: of the probability with half of the square on the object, and off
        it; of the strongest map's sum, as a share of it, with the square on its projection (see `shown`), and off it.
        `occlusion_probability.npy` (images, gh, gw): the probability of the true class with the square at each
        position; `occlusion_activation.npy`, likewise, the sum of the map of `layer` whose sum is largest for the whole
        image; `occlusion_images.npy` (images, h, w, C); `occlusion.csv`, one row per image.

    Raises:
        ConfigError: the layer does not exist or has no maps, no image shows a class, or the network's outputs are no
            classes.
    """
    layer = settings["layer"]
    fields.shapes(view, "occlusion.layer", [layer])
    rows = rows_with_class(view, f"{KEY}.occlusion.images", settings["images"])
    labels, seen = targets.first_present(view.labels)[rows], tiles.seen(view, rows)
    height, width = seen.shape[1:3]
    size, stride = (max(1, round(settings[key] * min(height, width))) for key in ("size", "stride"))
    tops, lefts = positions(height, size, stride), positions(width, size, stride)
    places = np.ix_(tops, lefts)
    maps: dict[str, list[np.ndarray]] = {"probability": [], "activation": []}
    table = []
    for row, label, on in zip(rows, labels, object_pixels(seen), strict=True):
        image = view.batch(np.array([row]))
        said, outputs = outputs_of(view, image, [layer])
        strongest = int(outputs[layer].sum(dim=(2, 3)).argmax())
        probability, activation = slide(view, image, (tops, lefts), size, layer, (int(label), strongest))
        maps["probability"].append(probability)
        maps["activation"].append(activation)
        untouched = said[0, label].item()
        on_object, off_object = drops(untouched - probability, share(on, size, size)[places] >= HALF)
        values = outputs[layer][0, strongest]
        left = activation / values.sum().item() if values.sum() > 0 else np.full_like(activation, np.nan)
        on_projection, off_projection = drops(1 - left, shown(view, image, layer, strongest, values, size)[places])
        table.append(
            {
                "row": int(row),
                "label": int(label),
                "class": view.classes[label],
                "map": strongest,
                "probability": untouched,
                "lowest": probability.min(),
                "drop_on_object": on_object,
                "drop_off_object": off_object,
                "drop_on_projection": on_projection,
                "drop_off_projection": off_projection,
            }
        )
    frame = OCCLUSION.frame(table)
    summary = {"size": size, "stride": stride, "rows": rows.tolist(), "images": len(rows)}
    summary |= {key: mean_or_none(frame[key]) for key in frame.columns if key.startswith("drop_")}
    arrays = {f"occlusion_{name}.npy": np.stack(values) for name, values in maps.items()}
    return summary, {**arrays, "occlusion_images.npy": tiles.pictures(seen), OCCLUSION.file: frame}


def slide(
    view: View,
    image: torch.Tensor,
    grid: tuple[np.ndarray, np.ndarray],
    size: int,
    layer: str,
    watched: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """The probability of a class and the sum of a feature map with the square at each position.

    Args:
        view: the network.
        image: (1, C, h, w), the network's input.
        grid: where squares begin, from the top (gh,) and from the left (gw,), pixels.
        size: of the square, pixels.
        layer: with the feature map.
        watched: the number of the class and of the map.

    Returns:
        (gh, gw) float32 each.
    """
    corners = [(top, left) for top in grid[0] for left in grid[1]]
    probability, activation = np.empty(len(corners), np.float32), np.empty(len(corners), np.float32)
    for batch in batches(len(corners), image):
        copies = image.repeat(batch.stop - batch.start, 1, 1, 1)
        for copy, (top, left) in zip(copies, corners[batch], strict=True):
            copy[:, top : top + size, left : left + size] = 0
        said, outputs = outputs_of(view, copies, [layer])
        probability[batch] = said[:, watched[0]].cpu().numpy()
        activation[batch] = outputs[layer][:, watched[1]].sum(dim=(1, 2)).cpu().numpy()
    shape = len(grid[0]), len(grid[1])
    return probability.reshape(shape), activation.reshape(shape)


def positions(length: int, size: int, stride: int) -> np.ndarray:
    """Where squares begin along a side of `length` pixels: every `stride`, and flush with the end."""
    return np.unique(np.append(np.arange(0, length - size + 1, stride), length - size))


def shown(view: View, image: torch.Tensor, layer: str, number: int, values: torch.Tensor, size: int) -> np.ndarray:
    """Squares that hide what the projection of a map's strongest activation shows: (h - size + 1, w - size + 1) bool.

    Those that hide at least half as much of it, summed without signs over pixels and channels, as the one that hides
    most.

    Args:
        view: the network.
        image: (1, C, h, w), the network's input.
        layer: with the feature map.
        number: of the map.
        values: of the map, (gh, gw).
        size: of the square, pixels.
    """
    y, x = divmod(int(values.argmax()), values.shape[1])
    place = (torch.tensor([index], device=image.device) for index in (number, y, x))
    projection = projections.project(view.network, layer, image, *place)[0]
    hidden = share(projection.abs().sum(dim=0).double().cpu().numpy(), size, size)
    return hidden >= HALF * hidden.max()


def drops(drop: np.ndarray, on: np.ndarray) -> tuple[float, float]:
    """The mean drop where the square lies `on` something, and elsewhere; NaN without such a place."""
    first, second = (float(drop[where].mean()) if where.any() else float("nan") for where in (on, ~on))
    return first, second
