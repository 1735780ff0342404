"""What is left while a square hides a part of the image."""

from collections import Counter
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd

from revisit.analyses.inspect.looks.occlusion.tables import OCCLUSION
from revisit.report import figures
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, section

SIDE = 128  # screen pixels of a tile
SHOWN = 6  # of the images behind the means
NAMED = 8  # classes that have a letter, at most
CLASS = "inspect/occlusion_class.npy"
OBJECTS = {
    "boxes": "the boxes of the class in the image",
    "pixels": "what differs from the border of the image by more than 32 of 255, a rough guess in a photograph",
}
OCCLUDED = {
    "class": ("class", "text"),
    "row": ("test image", "integer"),
    "probability": ("probability", "percent"),
    "lowest": ("lowest", "percent"),
    "drop_on_object": ("drop on object", "percent"),
    "drop_off_object": ("drop elsewhere", "percent"),
    "first_on_object": ("likeliest, on object", "percent"),
    "first_off_object": ("likeliest, elsewhere", "percent"),
    "drop_on_projection": ("map, on projection", "percent"),
    "drop_off_projection": ("map, elsewhere", "percent"),
}


@panel("occlusion", order=150)
def occlusion(writer: StudyWriter) -> Section | None:
    """What a network says while a square hides a part of the image: the panels of Zeiler and Fergus's figure 7."""
    blocks = [block for run in writer.looked("occlusion") for block in _occluded(writer, run)]
    text = (
        "A square of the mean colour slides over the image; below are the panels of Zeiler and Fergus's figure 7. A "
        "heat map shows at each place of the square what is left, dark where it is little: of the sum of the feature "
        "map that is strongest for the whole image, and of the probability of the true class; of several classes the "
        "first counts. A square is on the object where half of it is, or where it hides half of a smaller object. "
        "Projection: of the strongest activation of that map; a square hides it where it hides at least half as much "
        "of it as any square."
    )
    return section("A part of the image hidden", text, blocks) if blocks else None


def _occluded(writer: StudyWriter, run: Run) -> list[dict[str, Any]]:
    found, frame = run.look("occlusion"), run.read("inspect", OCCLUSION)
    whole = "first" in found  # findings of an earlier version have two of the five panels
    letters = _letters(run.array(CLASS)[:SHOWN]) if whole else {}
    tiles = _tiles(run, found, frame, letters)
    on, off = (_fall(found[key]) for key in ("drop_on_object", "drop_off_object"))
    caption = f"Square of {found['size']} pixels, every {found['stride']}"
    caption += "; above where the probability is lowest with it. " if whole else ". "
    caption += (
        f"Object: {OBJECTS[found.get('object', 'pixels')]}. Where the square is on it, the probability {on} on average "
        f"over {found['images']} images, elsewhere it {off}."
    )
    on, off = (found[key] for key in ("drop_on_projection", "drop_off_projection"))
    if on is not None and off is not None:
        caption += (
            f" The strongest map loses {on:.0%} of its sum where the square hides its projection, elsewhere {off:.0%}."
        )
    if whole:
        legend = ", ".join(f"{letter} {found['first'][str(number)]}" for number, letter in letters.items())
        caption += f" The likeliest class with the square at each place: {legend}."
    name, title, made_by = f"occlusion-{run.name}", f"Occlusion, {run.label}", [f"inspect@{run.name}"]
    columns = {key: shown for key, shown in OCCLUDED.items() if key in frame}
    table = writer.table(f"{name}-table", frame, f"{title}, in numbers", columns, made_by, folded=True)
    images = min(SHOWN, len(frame))
    figure = writer.figure(
        name,
        figures.mosaic([tile for panel in tiles.values() for tile in panel], images),
        title,
        caption,
        f"Images, and below each: {', '.join(list(tiles)[1:])}. {caption}",
        made_by,
        ".webp",
        data=table["file"],
        rows=list(tiles),
        columns=list(frame["class"][:SHOWN]),
    )
    return [figure, table]


def _tiles(
    run: Run, found: dict[str, Any], frame: pd.DataFrame, letters: dict[int, str]
) -> dict[str, list[np.ndarray]]:
    """The tiles of each panel of figure 7, a to e; without those that findings of an earlier version do not have."""
    images = [figures.enlarged(image, SIDE) for image in run.array("inspect/occlusion_images.npy")[:SHOWN]]
    shape, size = images[0].shape[:2], found["size"]
    strongest, probability = (
        [figures.heat(values, shape) for values in run.array(f"inspect/occlusion_{kind}.npy")[:SHOWN]]
        for kind in ("activation", "probability")
    )
    if not letters:
        return {"image": images, "strongest map": strongest, "probability": probability}
    corners, sides = zip(frame["top"], frame["left"], strict=True), found["input"]
    boxes = [(y / sides[0], x / sides[1], (y + size) / sides[0], (x + size) / sides[1]) for y, x in corners]
    return {
        "a square hides": [figures.covered(image, box) for image, box in zip(images, boxes, strict=False)],
        "strongest map": strongest,
        "its projection": [
            figures.enlarged(image, SIDE) for image in run.array("inspect/occlusion_projection.npy")[:SHOWN]
        ],
        "probability": probability,
        "likeliest class": [figures.lettered(numbers, shape, letters) for numbers in run.array(CLASS)[:SHOWN]],
    }


def _letters(first: np.ndarray) -> dict[int, str]:
    """The letters of the classes that are most often the most probable ones, by their numbers."""
    common = Counter(first.ravel().tolist()).most_common(NAMED)
    return {number: letter for (number, _), letter in zip(common, ascii_uppercase, strict=False)}


def _fall(drop: float | None) -> str:
    """What a probability does that is lower by `drop`."""
    if drop is None:
        return "changes by an unknown amount"
    return f"{'falls' if drop >= 0 else 'rises'} by {abs(drop) * 100:.1f} points"
