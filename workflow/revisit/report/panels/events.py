"""What the sources show of TensorBoard besides curves: learning rates, gradients over the training, input images."""

from typing import Any

import numpy as np
import pandas as pd

from revisit.events.spacing import spaced
from revisit.events.tables import ENDS
from revisit.report import figures
from revisit.report.figures import Line
from revisit.report.numbers import number
from revisit.report.palette import BLUE
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

LAYERS = 8  # of a network, at most: the first, the last, and some between them
MOMENTS = 12  # of the gradients, at most: no small multiple shows more
OF_OBJECTS = ("localisation", "detection", "segmentation")  # objectives of networks that find objects
SIDE = 64  # screen pixels of an input image, at most

RATES = "The learning rate where it is not the same from the first step to the last."
GRADIENTS = (
    "Gradients of the loss by the weights of a layer, of the minibatch before each evaluation. Bands, from the outside "
    "inwards: all gradients, 90 percent of them, half of them; the line is their median. Each layer has a scale of its "
    "own, linear about 0 as far as about half of the gradients reach, logarithmic beyond."
)


@panel("gradients", order=42)
def gradients(writer: StudyWriter) -> Section | None:
    """The learning rate of every training where it changes, and how the gradients of its layers are distributed."""
    runs = _classifiers(writer)
    rates = [block for run in runs if (block := _rate(writer, run))]
    drawn = [block for run in runs if (block := _gradients(writer, run))]
    if not rates and not drawn:
        return None
    told = [RATES] if rates else []
    text = " ".join([*told, GRADIENTS] if drawn else told)
    return section("Learning rate and gradients", text, [*([row(*rates, small=True)] if rates else []), *drawn])


@panel("inputs", order=44)
def inputs(writer: StudyWriter) -> Section | None:
    """Some images of a minibatch as the network got them, at moments of every training that changes its images."""
    blocks = [block for run in _classifiers(writer) if (block := _inputs(writer, run))]
    text = (
        "The first images of a minibatch at the first step and at evaluations, as the network was given them: its "
        "normalised inputs turned back into pixels, and shrunk where they are larger than shown."
    )
    return section("What the networks were given", text, [row(*blocks)]) if blocks else None


def _classifiers(writer: StudyWriter) -> list[Run]:
    """The trainings of a study but those that find objects: the sources show none of them, and their pages are full."""
    return [run for run in writer.having("train") if run.train["objective"] not in OF_OBJECTS]


def _label(run: Run) -> str:
    return f"{run.label}, {run.keep.replace('_', ' ')}" if run.is_sweep else run.label


def _rate(writer: StudyWriter, run: Run) -> dict[str, Any] | None:
    """The learning rate over the steps; None where it is constant."""
    step, rate = (run.history.get(key, np.empty(0)) for key in ("step", "learning_rate"))
    changes = np.flatnonzero(np.diff(rate))
    if not len(changes) or not np.isfinite(rate).all():
        return None
    corners = np.unique([0, *changes, *(changes + 1), len(rate) - 1])
    frame = pd.DataFrame({"step": step[corners].astype(np.int64), "learning_rate": rate[corners]})
    name, title = f"rate-{run.name}", f"Learning rate, {_label(run)}"
    drawing = figures.lines(
        [Line(step[corners], rate[corners], "", BLUE)],
        "learning rate",
        y_range=(0, 1.05 * float(rate.max())),
        size=figures.SMALL,
        until=run.length,
    )
    first, last = (number(float(rate[end])) for end in (0, -1))
    caption = f"From {first} to {last}, in {len(changes)} change{'s' if len(changes) > 1 else ''}."
    data = writer.data(name, frame)
    return writer.figure(name, drawing, title, caption, f"{title}. {caption}", run.made_by, data=data)


def _gradients(writer: StudyWriter, run: Run) -> dict[str, Any] | None:
    """Small multiples of some layers; None where findings have no gradients."""
    frame = run.gradients()
    if frame is None or frame.empty:
        return None
    names = list(dict.fromkeys(frame["layer"]))
    shown, drawn = spaced(names, LAYERS), {}
    for layer in shown:
        rows = frame[frame["layer"] == layer]
        rows = rows.iloc[spaced(range(len(rows)), MOMENTS)]
        drawn[layer] = rows["step"].to_numpy(float), rows[list(ENDS)].to_numpy(float)
    title = f"Gradients, {_label(run)}"
    whole = f"{len(shown)} of {len(names)} layers" if len(shown) < len(names) else "All layers with gradients"
    caption = f"{whole}. First seed; quantiles of histograms, right to a 64th of their range."
    told = "; ".join(
        f"{layer} between {number(values[-1, 2])} and {number(values[-1, 4])}" for layer, (_, values) in drawn.items()
    )
    alt = f"Small multiples, a layer each, bands over the steps. Half of the gradients lie, at the end, in {told}."
    name = f"gradients-{run.name}"
    data = writer.data(name, frame)
    return writer.figure(name, figures.distributions(drawn), title, caption, alt, run.made_by, wide=True, data=data)


def _inputs(writer: StudyWriter, run: Run) -> dict[str, Any] | None:
    """A row of images for each moment; None where images stay as they are, or findings have none."""
    changed = _changed(run)
    found = run.inputs() if changed else None
    if found is None:
        return None
    tiles = [figures.enlarged(tile, SIDE) for tile in figures.flat(found.tiles)]
    grid = figures.mosaic(tiles, found.tiles.shape[1])
    title, caption = f"Inputs, {_label(run)}", f"{changed[0].upper()}{changed[1:]}."
    steps = [f"step {step:,}" for step in found.steps]
    alt = f"{title}: rows of {found.tiles.shape[1]} images, of {', '.join(steps)}. {caption}"
    return writer.figure(f"inputs-{run.name}", grid, title, caption, alt, run.made_by, ".webp", rows=steps)


def _changed(run: Run) -> str:
    """What the kept variant does to its images, in words; nothing where it leaves them as they are."""
    crop, flip, mixup = (run.settings.get(key) for key in ("crop", "flip", "mixup"))
    done = [f"cut out at random, {crop} by {crop} pixels"] if crop else []
    done += ["half of them mirrored"] if flip else []
    done += [f"mixed in pairs by mixup with alpha {mixup:g}"] if mixup is not None else []
    return ", ".join(done)
