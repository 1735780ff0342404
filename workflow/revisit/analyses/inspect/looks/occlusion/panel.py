"""What is left while a square hides a part of the image."""

from typing import Any

from revisit.analyses.inspect.looks.occlusion.tables import OCCLUSION
from revisit.report import figures
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

SIDE = 72  # screen pixels of a tile
SHOWN = 6  # of the images behind the means
OCCLUDED = {
    "class": ("class", "text"),
    "row": ("test image", "integer"),
    "probability": ("probability", "percent"),
    "lowest": ("lowest", "percent"),
    "drop_on_object": ("drop on object", "percent"),
    "drop_off_object": ("drop elsewhere", "percent"),
    "drop_on_projection": ("map, on projection", "percent"),
    "drop_off_projection": ("map, elsewhere", "percent"),
}


@panel("occlusion", order=150)
def occlusion(writer: StudyWriter) -> Section | None:
    """Probability of the true class and strength of the strongest map while a square hides a part of the image."""
    blocks = [_occluded(writer, run) for run in writer.looked("occlusion")]
    text = (
        "A square of the mean colour slides over the image; a heat map shows at each place what is left, dark where it "
        "is little. Object: what differs from the border of the image by more than 32 of 255, a rough guess in a "
        "photograph; a square hides it where at least half of the square lies on it. Projection: of the strongest "
        "activation of the strongest map; a square hides it where it hides at least half as much of it as any square."
    )
    return section("A part of the image hidden", text, blocks) if blocks else None


def _occluded(writer: StudyWriter, run: Run) -> dict[str, Any]:
    found, frame = run.look("occlusion"), run.read("inspect", OCCLUSION)
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
    on, off = (found[key] for key in ("drop_on_projection", "drop_off_projection"))
    if on is not None and off is not None:
        caption += (
            f" The strongest map loses {on:.0%} of its sum where the square hides its projection, elsewhere {off:.0%}."
        )
    name, title, made_by = f"occlusion-{run.name}", f"Occlusion, {run.label}", [f"inspect@{run.name}"]
    table = writer.table(f"{name}-table", frame, f"{title}, in numbers", OCCLUDED, made_by, folded=True)
    figure = writer.figure(
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
