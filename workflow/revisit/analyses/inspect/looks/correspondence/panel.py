"""The same part of several images hidden."""

from typing import Any

from revisit.analyses.inspect.looks.correspondence.tables import CHANGES
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.palette import BLUE, GREEN, NONE, OCHRE, PURPLE, RUST, TEAL
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section, slug

SIDE = 72  # screen pixels of a tile
SHOWN = 6  # of the images
HIDDEN = {
    "part": ("hidden part", "text"),
    "delta": ("distance", "decimal"),
    "delta_se": ("standard error over pairs, which share images", "decimal"),
}
PENS = {"blue": BLUE, "rust": RUST, "green": GREEN, "purple": PURPLE, "ochre": OCHRE, "teal": TEAL}


@panel("correspondence", order=160)
def correspondence(writer: StudyWriter) -> Section | None:
    """Whether hiding the same part of several images changes their features alike: parts against random boxes."""
    blocks = [block for run in writer.looked("correspondence") for block in _hidden(writer, run)]
    text = (
        "The same part is hidden in several images of a class. Distance: the share of features whose change has "
        "another sign in another image; the lower, the more alike the images are to the network there. To compare: "
        "boxes at random places, another in each image (random) or the same in all (fixed), of the image or, where the "
        "parts are, of the object's box."
    )
    return section("The same part of several images hidden", text, blocks) if blocks else None


def _hidden(writer: StudyWriter, run: Run) -> list[dict[str, Any]]:
    found, frame = run.look("correspondence"), run.read("inspect", CHANGES)
    name, made_by = f"correspondence-{run.name}", [f"inspect@{run.name}"]
    data = writer.data(name, frame)
    pens = dict(zip(found["parts"], PENS.items(), strict=False))
    images = [
        figures.outlined(figures.enlarged(image, 2 * SIDE), _outlines(found, pens, number))
        for number, image in enumerate(run.array("inspect/correspondence_images.npy")[:SHOWN])
    ]
    drawn = ", ".join(f"{part.replace('_', ' ')} {pen}" for part, (pen, _) in pens.items())
    which, of = f"that the network finds most like {found['class']}", ""
    if "object" in found:
        which += ", out of those that show one, whole and not difficult"
        of, drawn = f", shares of the box of the {found['class']}", f"{drawn}; the object grey"
    title = f"Hidden parts, {run.label}"
    some = f"{len(images)} of the {len(found['rows'])}" if len(images) < len(found["rows"]) else f"The {len(images)}"
    caption = f"{some} test images {which}. The boxes{of}: {drawn}."
    picture = writer.figure(
        name, figures.mosaic(images, len(images)), title, caption, f"{title}. {caption}", made_by, ".webp", data=data
    )
    tables = []
    for layer, means in found["layers"].items():
        rows = frame[frame["layer"] == layer].drop(columns="layer")
        rows["part"] = rows["part"].str.replace("_", " ", regex=False)
        table = writer.table(
            f"{name}-{slug(layer)}", rows, f"Change of {layer}, {run.label}", HIDDEN, made_by, _told(means)
        )
        tables.append(table)
    return [picture, row(*tables)]


def _outlines(found: dict[str, Any], pens: dict[str, tuple[str, str]], image: int) -> list[tuple[list[float], str]]:
    """The boxes to draw on an image with their colours: shares of height and width."""
    own = {part: boxes[image] for part, boxes in found["boxes"].items()} if "boxes" in found else found["parts"]
    outlines = [(box, pens[part][1]) for part, box in own.items() if part in pens]
    return [(found["object"][image], NONE), *outlines] if "object" in found else outlines


def _told(means: dict[str, float | None]) -> str:
    """The means, and whether that of the true parts is below that of random boxes."""
    parts, others = means["parts"], means["random"]
    told = f"Mean of the parts {formatted(parts, '.3f')}, of random boxes {formatted(others, '.3f')}"
    if means.get("fixed") is not None:
        told += f", of boxes at fixed places {formatted(means['fixed'], '.3f')}"
    if parts is None or others is None:
        return f"{told}."
    return f"{told}: the parts are {'below' if parts < others else 'not below'} random."
