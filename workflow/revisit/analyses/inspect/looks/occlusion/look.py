"""Occlusion: what a network says of an image, and how strong its strongest map is, while a square hides a part of it.

Zeiler & Fergus 2014 (ECCV, arXiv:1311.2901), section 4.2 and figure 7: if the network goes by the object and not by
what surrounds it, the probability of the true class drops where the square hides the object. The square is 0 in the
network's input, which is the mean of the training images. Beside it, section 4.2's other finding: if the projection of
the strongest map shows the structure that excites it, the map is weaker where the square hides that. The paper draws
the projections of that map for other images, too; here the look `deconvnet` does.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from revisit.analyses import targets
from revisit.analyses.inspect import fields, projections, tiles
from revisit.analyses.inspect.looks.occlusion.tables import OCCLUSION
from revisit.analyses.inspect.means import mean_or_none
from revisit.analyses.inspect.objects import boxed_pixels, object_pixels, share
from revisit.analyses.inspect.passes import KEY, batches, outputs_of, rows_with_class
from revisit.analyses.inspect.view import View

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.occlusion.settings import Settings

HALF = 0.5  # of a square on the object, or of a smaller object; of what a square hides of a projection at most


def look(view: View, settings: "Settings") -> tuple[dict, dict[str, pd.DataFrame | np.ndarray]]:
    """Slide a square over some images, spread over the classes.

    Args:
        view: what to look at.
        settings: `layer` with feature maps; `images`, how many; `size` and `stride` of the square, as shares of the
            shorter side of the network's input.

    Returns:
        The size and stride in pixels, `input`, the height and width of the network's, the rows and number of the
        images, `object`, what the object was taken from ("boxes" or "pixels", see `object_in`), `first`, the names of
        the classes that are anywhere the most probable one, by their numbers, and the means over the images of what
        follows, None where no square lies so. Drops (see `drops`): of the probability with the square
        on the object (see `on_object`), and off it; of the strongest map's sum, as a share of it, with the square on
        its projection (see `hiding`), and off it. `first_on_object` and `first_off_object`: the share of the squares
        with which the class is the most probable of all.

        The panels of figure 7, a map for each image with the square at each position, (images, gh, gw):
        `occlusion_activation.npy` (its panel b), float32, the sum of the map of `layer` whose sum is largest for the
        whole image; `occlusion_probability.npy` (d), float32, of the true class; `occlusion_class.npy` (e), int16, the
        number of the most probable class. `occlusion_projection.npy` (c), (images, h, w, C) uint8, 128 is 0: the
        projection of that map's strongest activation, all of the image. `occlusion_images.npy` (images, h, w, C).
        `occlusion.csv`, one row per image.

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
    maps: dict[str, list[np.ndarray]] = {name: [] for name in ("probability", "activation", "class", "projection")}
    table = []
    for row, label, pixels in zip(rows.tolist(), labels.tolist(), seen, strict=True):
        image = view.batch(np.array([row]))
        said, outputs = outputs_of(view, image, [layer])
        strongest = int(outputs[layer].sum(dim=(2, 3)).argmax())
        probability, activation, first = slide(view, image, (tops, lefts), size, layer, (label, strongest))
        values = outputs[layer][0, strongest]
        projection = projected(view, image, layer, strongest, values)
        for name, found in (("probability", probability), ("activation", activation), ("class", first)):
            maps[name].append(found)
        maps["projection"].append(tiles.signed(projection[None])[0])
        untouched = said[0, label].item()
        on = on_object(object_in(view, row, label, pixels), size)[places]
        fall_on, fall_off = drops(untouched - probability, on)
        first_on, first_off = drops((first == label).astype(np.float64), on)
        left = activation / values.sum().item() if values.sum() > 0 else np.full_like(activation, np.nan)
        map_on, map_off = drops(1 - left, hiding(projection, size)[places])
        lowest = np.unravel_index(np.nan_to_num(probability, nan=np.inf).argmin(), probability.shape)
        table.append(
            {
                "row": row,
                "label": label,
                "class": view.classes[label],
                "map": strongest,
                "probability": untouched,
                "lowest": probability.min(),
                "top": int(tops[lowest[0]]),
                "left": int(lefts[lowest[1]]),
                "drop_on_object": fall_on,
                "drop_off_object": fall_off,
                "first_on_object": first_on,
                "first_off_object": first_off,
                "drop_on_projection": map_on,
                "drop_off_projection": map_off,
            }
        )
    frame = OCCLUSION.frame(table)
    summary = {"size": size, "stride": stride, "input": [height, width], "rows": rows.tolist(), "images": len(rows)}
    summary["object"] = "pixels" if view.boxes is None else "boxes"
    summary["first"] = {str(number): view.classes[number] for number in np.unique(maps["class"]).tolist()}
    summary |= {key: mean_or_none(frame[key]) for key in frame.columns if key.startswith(("drop_", "first_"))}
    arrays = {f"occlusion_{name}.npy": np.stack(values) for name, values in maps.items()}
    return summary, {**arrays, "occlusion_images.npy": tiles.pictures(seen), OCCLUSION.file: frame}


def object_in(view: View, row: int, label: int, pixels: np.ndarray) -> np.ndarray:
    """Where the object of class `label` lies in an image: (h, w) bool.

    In the boxes of the objects of that class where the data set has boxes; otherwise what its `pixels` (h, w, C), those
    that the network sees, tell.
    """
    if view.boxes is None:
        return object_pixels(pixels[None])[0]
    return boxed_pixels(view.boxes.of_class(row, label), pixels.shape[:2])


def on_object(on: np.ndarray, size: int) -> np.ndarray:
    """Squares of which half lies on an object (h, w) bool, or that hide half of a smaller object.

    Returns:
        (h - size + 1, w - size + 1) bool. Where there is nothing of the object, no square does.
    """
    hidden = share(on, size, size)
    return (hidden > 0) & (hidden >= HALF * min(1.0, on.sum() / size**2))


def slide(
    view: View,
    image: torch.Tensor,
    grid: tuple[np.ndarray, np.ndarray],
    size: int,
    layer: str,
    watched: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the network says of a class, how strong a feature map is, and which class is first, square by square.

    Args:
        view: the network.
        image: (1, C, h, w), the network's input.
        grid: where squares begin, from the top (gh,) and from the left (gw,), pixels.
        size: of the square, pixels.
        layer: with the feature map.
        watched: the number of the class and of the map.

    Returns:
        The probability of the class and the sum of the map, (gh, gw) float32 each, and the number of the most probable
        class, (gh, gw) int16, the first of equals.
    """
    corners = [(top, left) for top in grid[0] for left in grid[1]]
    probability, activation = np.empty(len(corners), np.float32), np.empty(len(corners), np.float32)
    first = np.empty(len(corners), np.int16)
    for batch in batches(len(corners), image):
        copies = image.repeat(batch.stop - batch.start, 1, 1, 1)
        for copy, (top, left) in zip(copies, corners[batch], strict=True):
            copy[:, top : top + size, left : left + size] = 0
        said, outputs = outputs_of(view, copies, [layer])
        probability[batch] = said[:, watched[0]].cpu().numpy()
        activation[batch] = outputs[layer][:, watched[1]].sum(dim=(1, 2)).cpu().numpy()
        first[batch] = said.cpu().numpy().argmax(axis=1)
    shape = len(grid[0]), len(grid[1])
    return probability.reshape(shape), activation.reshape(shape), first.reshape(shape)


def positions(length: int, size: int, stride: int) -> np.ndarray:
    """Where squares begin along a side of `length` pixels: every `stride`, and flush with the end."""
    return np.unique(np.append(np.arange(0, length - size + 1, stride), length - size))


def projected(view: View, image: torch.Tensor, layer: str, number: int, values: torch.Tensor) -> np.ndarray:
    """The projection of a feature map's strongest activation: (h, w, C) float32, in units of input times activation.

    Args:
        view: the network.
        image: (1, C, h, w), the network's input.
        layer: with the feature map.
        number: of the map.
        values: of the map, (gh, gw).
    """
    y, x = divmod(int(values.argmax()), values.shape[1])
    place = (torch.tensor([index], device=image.device) for index in (number, y, x))
    return projections.project(view.network, layer, image, *place)[0].permute(1, 2, 0).cpu().numpy()


def hiding(projection: np.ndarray, size: int) -> np.ndarray:
    """Squares that hide what a projection (h, w, C) shows: (h - size + 1, w - size + 1) bool.

    Those that hide at least half as much of it, summed without signs over pixels and channels, as the one that hides
    most.
    """
    hidden = share(np.abs(projection).sum(axis=-1, dtype=np.float64), size, size)
    return hidden >= HALF * hidden.max()


def drops(drop: np.ndarray, on: np.ndarray) -> tuple[float, float]:
    """The mean drop where the square lies `on` something, and elsewhere; NaN without such a place."""
    first, second = (float(drop[where].mean()) if where.any() else float("nan") for where in (on, ~on))
    return first, second
