"""What a network answers when its image is moved, or a part of it is hidden."""

from typing import Any

import pandas as pd

from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.palette import BLUE, GREEN, OCHRE, PURPLE, RUST, TEAL
from revisit.report.panels.features import slug
from revisit.report.runs import Run
from revisit.report.sheet import Sheet, row, section

SIDE = 72  # screen pixels of a tile
SHOWN = 6  # of the images behind the means
TRANSFORMS = {  # in this order -> title, what its amount counts
    "translate": ("Moved", "vertical shift, share of the height"),
    "scale": ("Enlarged", "factor"),
    "rotate": ("Turned", "degrees"),
}
OCCLUDED = {
    "class": ("class", "text"),
    "row": ("test image", "integer"),
    "probability": ("probability", "percent"),
    "lowest": ("lowest", "percent"),
    "drop_on_object": ("drop on object", "percent"),
    "drop_off_object": ("drop elsewhere", "percent"),
}
HIDDEN = {"part": ("hidden part", "text"), "delta": ("distance", "decimal"), "delta_se": ("standard error", "decimal")}
PENS = {"blue": BLUE, "rust": RUST, "green": GREEN, "purple": PURPLE, "ochre": OCHRE, "teal": TEAL}


def invariance(sheet: Sheet) -> dict[str, Any] | None:
    """How far features move, and what the network says, when the image is moved, enlarged and turned."""
    blocks = [block for run in sheet.looked("invariance") for block in _moved(sheet, run)]
    text = (
        "Distance between the features of an image and of its changed copy, where 1 is the mean distance between two "
        "different images; below, the probability of the true class. What comes into the picture from outside is the "
        "mean of the training images."
    )
    return section("invariance", "Moved, enlarged, turned", text, blocks) if blocks else None


def _moved(sheet: Sheet, run: Run) -> list[dict[str, Any]]:
    frame = run.table("inspect/invariance.csv", text=["layer"])
    said = run.table("inspect/invariance_probability.csv")
    data, name = sheet.data(f"invariance-{run.name}", frame), f"invariance-{run.name}"
    sheet.data(f"{name}-probability", said)
    there = [transform for transform in TRANSFORMS if transform in set(frame["transform"])]
    columns = []
    for transform in there:
        part = frame[frame["transform"] == transform]
        keys = ["amount", "distance", "distance_sd"]
        curves = {layer: tuple(rows[keys].to_numpy(float).T) for layer, rows in part.groupby("layer", sort=False)}
        probability = said[said["transform"] == transform][["amount", "probability"]].to_numpy(float).T
        columns.append(figures.Response(*TRANSFORMS[transform], curves, tuple(probability)))
    means = run.look("invariance")["layers"]
    told = "; ".join(
        f"{layer} " + ", ".join(f"{TRANSFORMS[key][0].lower()} {formatted(found.get(key), '.2f')}" for key in there)
        for layer, found in means.items()
    )
    title = f"Features of changed images, {run.label}"
    caption = f"Mean over {len(run.look('invariance')['rows'])} test images, shaded by one standard deviation."
    alt = f"Small multiples, a line per layer. Mean distance over all amounts: {told}. {caption}"
    made_by = [f"inspect@{run.name}"]
    drawing = figures.responses(columns, "distance of the features", "probability")
    figure = sheet.figure(name, drawing, title, caption, alt, made_by, wide=True, data=data)
    rows = pd.DataFrame([{"layer": layer, **found} for layer, found in means.items()])
    shown = {"layer": ("layer", "text")} | {key: (TRANSFORMS[key][0].lower(), "decimal") for key in there}
    title = f"Mean distance over all amounts, {run.label}"
    return [figure, sheet.table(f"{name}-means", rows, title, shown, made_by)]


def occlusion(sheet: Sheet) -> dict[str, Any] | None:
    """Probability of the true class and strength of the strongest map while a square hides a part of the image."""
    blocks = [_occluded(sheet, run) for run in sheet.looked("occlusion")]
    text = (
        "A square of the mean colour slides over the image; a heat map shows at each place what is left, dark where it "
        "is little. Object: what differs from the border of the image by more than 32 of 255, a rough guess in a "
        "photograph; a square hides it where at least half of the square lies on it."
    )
    return section("occlusion", "A part of the image hidden", text, blocks) if blocks else None


def _occluded(sheet: Sheet, run: Run) -> dict[str, Any]:
    found, frame = run.look("occlusion"), run.table("inspect/occlusion.csv", text=["class"])
    images = [figures.enlarged(image, SIDE) for image in run.array("inspect/occlusion_images.npy")[:SHOWN]]
    tiles = list(images)
    for kind in ("probability", "activation"):
        tiles += [
            figures.heat(values, images[0].shape[:2]) for values in run.array(f"inspect/occlusion_{kind}.npy")[:SHOWN]
        ]
    on, off = (_fall(found[key]) for key in ("drop_on_object", "drop_off_object"))
    caption = (
        f"Square of {found['size']} pixels, every {found['stride']}. Where it hides the object, the probability {on} "
        f"on average over {found['images']} images, elsewhere it {off}."
    )
    name, title, made_by = f"occlusion-{run.name}", f"Occlusion, {run.label}", [f"inspect@{run.name}"]
    table = sheet.table(f"{name}-table", frame, f"{title}, in numbers", OCCLUDED, made_by, folded=True)
    figure = sheet.figure(
        name,
        figures.mosaic(tiles, len(images)),
        title,
        caption,
        f"Images, and below each two heat maps. {caption}",
        made_by,
        ".webp",
        data=table["file"],
        rows=["image", "probability", "strongest map"],
        columns=list(frame["class"][:SHOWN]),
    )
    return row(figure, table)


def _fall(drop: float | None) -> str:
    """What a probability does that is lower by `drop`."""
    if drop is None:
        return "changes by an unknown amount"
    return f"{'falls' if drop >= 0 else 'rises'} by {abs(drop) * 100:.1f} points"


def correspondence(sheet: Sheet) -> dict[str, Any] | None:
    """Whether hiding the same part of several images changes their features alike: parts against random boxes."""
    blocks = [block for run in sheet.looked("correspondence") for block in _hidden(sheet, run)]
    text = (
        "The same part is hidden in several images of a class. Distance: the share of features whose change has "
        "another sign in another image; the lower, the more alike the images are to the network there. To compare: "
        "boxes at random places, another in each image (random) or the same in all (fixed)."
    )
    return section("correspondence", "The same part of several images hidden", text, blocks) if blocks else None


def _hidden(sheet: Sheet, run: Run) -> list[dict[str, Any]]:
    found, frame = run.look("correspondence"), run.table("inspect/correspondence.csv", text=["layer", "part"])
    name, made_by = f"correspondence-{run.name}", [f"inspect@{run.name}"]
    data = sheet.data(name, frame)
    pens = dict(zip(found["parts"], PENS.items(), strict=False))
    boxes = [(box, pens[part][1]) for part, box in found["parts"].items() if part in pens]
    images = [
        figures.outlined(figures.enlarged(image, 2 * SIDE), boxes)
        for image in run.array("inspect/correspondence_images.npy")
    ]
    drawn = ", ".join(f"{part.replace('_', ' ')} {pen}" for part, (pen, _) in pens.items())
    title = f"Hidden parts, {run.label}"
    caption = f"The {len(images)} test images that the network finds most like {found['class']}. The boxes: {drawn}."
    picture = sheet.figure(
        name, figures.mosaic(images, len(images)), title, caption, f"{title}. {caption}", made_by, ".webp", data=data
    )
    tables = []
    for layer, means in found["layers"].items():
        rows = frame[frame["layer"] == layer].drop(columns="layer")
        rows["part"] = rows["part"].str.replace("_", " ", regex=False)
        table = sheet.table(
            f"{name}-{slug(layer)}", rows, f"Change of {layer}, {run.label}", HIDDEN, made_by, _told(means)
        )
        tables.append(table)
    return [picture, row(*tables)]


def _told(means: dict[str, float | None]) -> str:
    """The means, and whether that of the true parts is below that of random boxes."""
    parts, others = means["parts"], means["random"]
    told = f"Mean of the parts {formatted(parts, '.3f')}, of random boxes {formatted(others, '.3f')}"
    if means.get("fixed") is not None:
        told += f", of boxes at fixed places {formatted(means['fixed'], '.3f')}"
    if parts is None or others is None:
        return f"{told}."
    return f"{told}: the parts are {'below' if parts < others else 'not below'} random."
