"""What pretrained weights are worth, class by class: a training from scratch beside one that starts from them."""

from typing import Any

import pandas as pd

from revisit.analyses.evaluate.tables import PER_CLASS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

COLUMNS = {
    "class": ("class", "text"),
    "scratch": ("from scratch", "percent"),
    "finetuned": ("fine-tuned", "percent"),
    "gain": ("gain", "percent"),
}


@panel("gain", order=80)
def gain(writer: StudyWriter) -> Section | None:
    """Average precision per class from scratch and fine-tuned, of the same architecture on the same images."""
    blocks = [_compared(writer, *pair) for pair in pairs(writer.having("evaluate"))]
    text = (
        "The same architecture on the same images, once from random and once from pretrained weights. Lengths, "
        "learning rates and how inputs are normalised are those of each protocol, and may differ. Average precision of "
        "each class on the test set; the classes that gain most come first."
    )
    return section("What pretrained weights are worth", text, blocks) if blocks else None


def pairs(runs: list[Run]) -> list[tuple[Run, Run]]:
    """Each run that starts from other weights with the first from scratch of the same architecture on the same images.

    The architecture is the model with its settings other than the initialiser, whose values the weights replace.
    """
    found = []
    for tuned in (run for run in runs if run.settings.get("weights")):
        scratch = [run for run in runs if not run.settings.get("weights") and _shared(run) == _shared(tuned)]
        found += [(scratch[0], tuned)] if scratch else []
    return found


def _shared(run: Run) -> list[Any]:
    """What both runs of a pair have in common: architecture, data set, side of the images in pixels."""
    network = {key: value for key, value in run.settings["network"].items() if key != "initialiser"}
    return [network, *(run.settings.get(key) for key in ("model", "dataset", "crop"))]


def _compared(writer: StudyWriter, scratch: Run, tuned: Run) -> dict[str, Any]:
    made_by = [f"evaluate@{run.name}" for run in (scratch, tuned)]
    before, after = (
        run.read("evaluate", PER_CLASS).set_index("class")["average_precision"] for run in (scratch, tuned)
    )
    frame = before.to_frame("scratch").join(after.rename("finetuned"), how="inner")
    frame["gain"] = frame["finetuned"] - frame["scratch"]
    frame = frame.sort_values("gain", ascending=False, kind="stable").reset_index()
    known = frame.dropna()
    caption = _told(known) if len(known) else "Unknown: a training diverged."
    ends = {"from scratch": known["scratch"], "fine-tuned": known["finetuned"]}
    drawing = figures.dumbbells(list(known["class"]), ends, "average precision")
    name, title = f"gain-{tuned.name}", f"Average precision, {scratch.label} and {tuned.label}"
    table = writer.table(f"{name}-table", frame, f"Gain of {tuned.label}, in numbers", COLUMNS, made_by)
    alt = f"Two dots per class. {caption}"
    return row(writer.figure(name, drawing, title, caption, alt, made_by, data=table["file"]), table)


def _told(known: pd.DataFrame) -> str:
    """The means, the largest gain, the hardest and the easiest class of either training."""

    def extremes(column: str) -> str:
        lowest, highest = known[column].idxmin(), known[column].idxmax()
        return f"{known.loc[lowest, 'class']} is hardest, {known.loc[highest, 'class']} easiest"

    first, mean = known.iloc[0], known[["scratch", "finetuned"]].mean()
    return (
        f"Mean {mean['scratch']:.1%} from scratch, {mean['finetuned']:.1%} fine-tuned. Largest gain: {first['class']}, "
        f"{formatted(100 * first['gain'], '+.1f')} points. From scratch {extremes('scratch')}; fine-tuned "
        f"{extremes('finetuned')}."
    )
