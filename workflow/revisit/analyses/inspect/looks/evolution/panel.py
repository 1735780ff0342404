"""Projections over the training, what they come from, and where they jump."""

from typing import Any

import numpy as np
import pandas as pd

from revisit.analyses.inspect.looks.evolution.jumps import JUMP
from revisit.analyses.inspect.looks.evolution.tables import EVOLUTION
from revisit.report import figures, palette
from revisit.report.numbers import formatted, moments
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section, slug

SIDE = 72  # screen pixels of a tile, at most
JUMPED, OTHER = palette.RUST, palette.BLUE  # outlines
WHOLE = (0, 0, 1, 1)
COUNTED = {
    "layer": ("layer", "text"),
    "counted": ("maps", "integer"),
    "steps": ("steps", "integer"),
    "changed_image": ("another image", "percent"),
    "jumps": ("jumps", "integer"),
    "changed_at_jumps": ("another image at jumps", "percent"),
    "changed_elsewhere": ("at other steps", "percent"),
    "likeness_changed": ("correlation, another image", "decimal"),
    "likeness_kept": ("same image", "decimal"),
}


@panel("evolution", order=130)
def evolution(writer: StudyWriter) -> Section | None:
    """The strongest activation of some maps over all training images at each snapshot, and a table of their jumps."""
    blocks = []
    for run in writer.looked("evolution"):
        frame = run.read("inspect", EVOLUTION)
        data = writer.data(f"evolution-{run.name}", frame)
        layers = run.look("evolution")["layers"]
        blocks.append(row(*(_pictures(writer, run, layer, frame, data) for layer in layers)))
        blocks.append(_jumps(writer, run))
    text = (
        "The strongest activation of each map over all training images, projected to the pixels, at moments of the "
        "training; below each projection what the network saw there. A projection jumps where its correlation with "
        f"that of the moment before is below {JUMP}; a reddish frame marks it. A blue frame marks another image than "
        "the moment before. Zeiler and Fergus put sudden jumps down to a change of the image."
    )
    return section("How features come about", text, blocks) if blocks else None


def _pictures(writer: StudyWriter, run: Run, layer: str, frame: pd.DataFrame, data: str) -> dict[str, Any]:
    """Two rows for each map shown: projections, and what they come from."""
    found = run.look("evolution")
    of_layer, own = found["layers"][layer], frame[frame["layer"] == layer]
    projected, patches = (run.array(f"inspect/evolution_{kind}{layer}.npy") for kind in ("", "patches_"))
    tiles, rows = [], []
    for number, *pictures in zip(of_layer["maps"], projected, patches, strict=True):
        steps = own[own["map"] == number]
        jumped = (steps["likeness"] < JUMP).to_numpy()
        other = np.diff(steps["row"], prepend=steps["row"].iloc[:1]) != 0
        for shown, marked, colour in zip(pictures, (jumped, other), (JUMPED, OTHER), strict=True):
            tiles += [_framed(tile, colour if mark else None) for tile, mark in zip(shown, marked, strict=True)]
        rows += [f"map {number}", "its patch"]
    caption = (
        f"From one snapshot to the next the strongest of {found['images']:,} images changes in "
        f"{formatted(of_layer['changed_image'], '.0%')} of the cases; {_of_jumps(of_layer)}."
    )
    return writer.figure(
        f"evolution-{run.name}-{slug(layer)}",
        figures.mosaic(tiles, projected.shape[1]),
        f"{layer}, {run.label}",
        caption,
        f"Two rows per feature map of {layer}, projections and patches, a column per snapshot. {caption}",
        [f"inspect@{run.name}"],
        ".webp",
        data=data,
        rows=rows,
        columns=moments(found),
    )


def _of_jumps(found: dict[str, Any]) -> str:
    """How often the image changes where a projection jumps, and where not."""
    if not found["jumps"]:
        return "no projection jumps"
    elsewhere = formatted(found["changed_elsewhere"], ".0%")
    return f"in {found['changed_at_jumps']:.0%} of the {found['jumps']} jumps, in {elsewhere} of the other steps"


def _framed(tile: np.ndarray, colour: str | None) -> np.ndarray:
    """A picture (h, w, C) uint8, enlarged, with a frame where there is a colour: (h, w, 3)."""
    return figures.outlined(figures.enlarged(tile, SIDE), [(WHOLE, colour)] if colour else [])


def _jumps(writer: StudyWriter, run: Run) -> dict[str, Any]:
    found = run.look("evolution")
    rows = [{"layer": layer, **of_layer} for layer, of_layer in found["layers"].items()]
    rows.append({"layer": "all", "counted": sum(each["counted"] for each in rows), **found})
    frame = pd.DataFrame([{key: each[key] for key in COUNTED} for each in rows])
    caption = (
        f"Of the maps with the strongest activations of each layer. In {found['jumps_changed']} of the "
        f"{found['jumps']} jumps another image is the strongest, in {found['jumps_kept']} the same one."
    )
    name, title = f"evolution-jumps-{run.name}", f"Jumps over the training, {run.label}"
    return writer.table(name, frame, title, COUNTED, [f"inspect@{run.name}"], caption)
