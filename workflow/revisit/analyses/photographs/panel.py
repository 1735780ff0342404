"""What photographs of a class are like: class by class, with groups of classes that a report speaks of."""

from typing import Any

from revisit.analyses.photographs.tables import CLASSES
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

NAMES = {  # measure -> title, axis
    "clutter": ("Structure around the objects", "mean gradient of luma outside of all boxes, per pixel"),
    "brightness": ("Variety of light", "standard deviation of the images' mean luma"),
    "proportions": ("Variety of proportions", "standard deviation of ln(height / width)"),
    "views": ("Variety of views", "entropy of front, rear, left and right; 1: all alike"),
}
COLUMNS = {
    "class": ("class", "text"),
    "images": ("images", "integer"),
    "objects": ("whole objects", "integer"),
    "seen": ("with a view", "integer"),
    "clutter": ("structure around", "decimal"),
    "brightness": ("light", "decimal"),
    "proportions": ("proportions", "decimal"),
    "views": ("views", "decimal"),
}


@panel("photographs", order=76)
def photographs(writer: StudyWriter) -> Section | None:
    """Four measures of the training images of every class."""
    runs = writer.having("photographs")
    text = (
        "No network decides these: they are measured on the training images and the boxes of their objects, without "
        "those that annotators call difficult; proportions without truncated objects, in the published images' pixels. "
        "Intervals are over images drawn again and again."
    )
    return (
        section("What the photographs are like", text, [b for run in runs for b in _of(writer, run)]) if runs else None
    )


def _of(writer: StudyWriter, run: Run) -> list[dict[str, Any]]:
    frame, found = run.read("photographs", CLASSES), run.metrics["photographs"]
    groups = {group: numbers["classes"] for group, numbers in found["groups"].items()}
    made_by = [f"photographs@{run.name}"]
    table = writer.table(
        f"photographs-{run.name}-table", frame, f"Photographs by class, {run.label}", COLUMNS, made_by, folded=True
    )
    drawn = []
    for measure, (title, axis) in NAMES.items():
        known = frame[frame[measure].notna()]
        if known.empty:
            continue
        values = dict(zip(known["class"], known[measure].astype(float), strict=True))
        told = _told(found["groups"], measure)
        drawing = figures.ranked(values, groups, found["mean"][measure], axis)
        alt = f"{title}: {', '.join(f'{name} {value:.3f}' for name, value in values.items())}. {told}"
        name = f"photographs-{run.name}-{measure}"
        drawn.append(writer.figure(name, drawing, f"{title}, {run.label}", told, alt, made_by, data=table["file"]))
    return [*(row(*drawn[start : start + 2]) for start in range(0, len(drawn), 2)), table]


def _told(groups: dict[str, dict[str, Any]], measure: str) -> str:
    """How far each group lies from the mean of all classes."""
    parts = []
    for group, found in groups.items():
        apart = found[measure]
        if apart["difference"] is not None:
            numbers = (formatted(apart[key], "+.3f") for key in ("difference", "low", "high"))
            parts.append("{}: {} from the mean of all classes ({} to {}).".format(group.capitalize(), *numbers))
    return " ".join(parts)
