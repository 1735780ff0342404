"""What the networks get right, class by class."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from revisit.analyses.evaluate import tables
from revisit.analyses.evaluate.gain import gain
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

__all__ = ["classes", "gain"]

PER_CLASS = {
    "class": ("class", "text"),
    "support": ("images", "integer"),
    "precision": ("precision", "percent"),
    "recall": ("recall", "percent"),
    "average_precision": ("average precision", "percent"),
    "average_precision_low": ("95% from", "percent"),
    "average_precision_high": ("to", "percent"),
    "average_precision_11_point": ("11-point", "percent"),
    "average_precision_shifted": ("as the course has it", "percent"),
    "lowest_average_precision": ("lowest possible", "percent"),
    "auc": ("ROC area", "decimal"),
}
MOST_CURVES = 6  # in one figure


@panel("classes", order=70)
def classes(writer: StudyWriter) -> Section | None:
    """Confusion matrix, ROC curves and scores per class of each experiment that was evaluated.

    An image of several classes is not taken for another class: no confusion, neither precision nor recall.
    """
    runs = writer.having("evaluate")
    if not runs:
        return None
    several = [run for run in runs if run.metric != "accuracy"]
    alone = [*_together(writer, runs), *(_roc(writer, run) for run in several)]
    blocks = [row(*alone)] if alone else []
    blocks += [row(_confusion(writer, run), _roc(writer, run)) for run in runs if run not in several]
    for number, run in enumerate(runs):
        found = run.metrics["evaluate"]
        caption = (
            f"Mean average precision {formatted(found['mean_average_precision'], '.1%')}, by 11 points "
            f"{formatted(found['mean_average_precision_11_point'], '.1%')}. "
            f"Hardest: {found['hardest_class'] or 'unknown'}; easiest: {found['easiest_class'] or 'unknown'}."
        )
        frame = run.read("evaluate", tables.PER_CLASS)
        columns = {key: about for key, about in PER_CLASS.items() if key in frame}
        title, made_by = f"Scores per class, {run.label}", [f"evaluate@{run.name}"]
        blocks.append(writer.table(f"classes-{run.name}", frame, title, columns, made_by, caption, folded=number > 0))
    text = (
        "On the test set, after training. Average precision is the area under the precision-recall curve, as VOC 2007 "
        "has it the mean of eleven points of it; its interval is by bootstrap of the test images."
    )
    if several:
        text += (
            " Objects that the annotators call difficult count neither for nor against a class. The course's program "
            "lowers the probabilities of the images that show a class before it ranks them."
        )
    return section("Class by class", text, blocks)


def _confusion(writer: StudyWriter, run: Run) -> dict[str, Any]:
    frame = run.read("evaluate", tables.CONFUSION)
    names = list(dict.fromkeys(frame["actual"]))
    index = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for actual, predicted, count in frame[["actual", "predicted", "count"]].itertuples(index=False):
        counts[index[actual], index[predicted]] = count
    wrong = counts - np.diag(np.diag(counts))
    worst = np.unravel_index(wrong.argmax(), wrong.shape)
    most = (
        f"Most frequent confusion: {names[worst[0]]} taken for {names[worst[1]]}, {wrong[worst]} of "
        f"{counts[worst[0]].sum()}."
    )
    caption = f"Rows are true classes. {most if wrong.any() else 'No image is taken for another class.'}"
    drawing = figures.confusion(counts, names)
    title = f"Confusion, {run.label}"
    alt = f"Confusion matrix, {run.label}. {caption}"
    data = writer.data(f"confusion-{run.name}", frame)
    return writer.figure(f"confusion-{run.name}", drawing, title, caption, alt, [f"evaluate@{run.name}"], data=data)


def _roc(writer: StudyWriter, run: Run) -> dict[str, Any]:
    curves = _curves(run)
    found = run.metrics["evaluate"]
    scores = run.read("evaluate", tables.PER_CLASS).set_index("class")["auc"]
    emphasised = {
        "micro": f"all decisions (micro), area {formatted(found['micro_auc'], '.3f')}",
        "macro": f"mean of classes (macro), area {formatted(found['macro_auc'], '.3f')}",
    }
    caption = "One class against the rest."
    if scores.notna().any():  # a diverged run has no areas
        lowest = str(scores.idxmin())
        emphasised[lowest] = f"{lowest}, area {scores.min():.3f}"
        caption = f"One class against the rest; the class with the smallest area is {lowest}."
    drawing = figures.roc(curves, {name: text for name, text in emphasised.items() if name in curves})
    alt = f"ROC curves, {run.label}. {caption}"
    data = writer.data(f"roc-{run.name}", run.read("evaluate", tables.ROC))
    name, title = f"roc-{run.name}", f"ROC, {run.label}"
    return writer.figure(name, drawing, title, caption, alt, [f"evaluate@{run.name}"], data=data)


def _together(writer: StudyWriter, runs: list[Run]) -> Iterable[dict[str, Any]]:
    """The curves of all decisions of several trainings, those on the same data set in one figure."""
    for dataset in dict.fromkeys(run.settings["dataset"] for run in runs):
        alike = [run for run in runs if run.settings["dataset"] == dataset][:MOST_CURVES]
        areas = {run.label: run.metrics["evaluate"]["micro_auc"] for run in alike}
        curves = {run.label: curve for run in alike if (curve := _curves(run).get("micro"))}
        if len(curves) < 2:
            continue
        told = {label: f"{label}, area {formatted(areas[label], '.3f')}" for label in curves}
        title, caption = (
            "ROC, trainings side by side",
            f"All decisions on {dataset} (micro). {'; '.join(told.values())}.",
        )
        made_by = [f"evaluate@{run.name}" for run in alike]
        yield writer.figure(
            f"roc-of-{dataset}", figures.roc(curves, told), title, caption, f"{title}. {caption}", made_by
        )


def _curves(run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Class, `micro` or `macro` -> false and true positive rates."""
    return {
        name: (part["false_positive_rate"].to_numpy(), part["true_positive_rate"].to_numpy())
        for name, part in run.read("evaluate", tables.ROC).groupby("class", sort=False)
    }
