"""What the networks are and get right: classes, parameters, filters, activations."""

import json
from typing import Any

import numpy as np

from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.sheet import Run, Sheet, row, section

PER_CLASS = {
    "class": ("class", "text"),
    "support": ("images", "integer"),
    "precision": ("precision", "percent"),
    "recall": ("recall", "percent"),
    "average_precision": ("average precision", "percent"),
    "average_precision_11_point": ("11-point", "percent"),
    "auc": ("ROC area", "decimal"),
}
PARAMETERS = {
    "layer": ("layer", "text"),
    "weights": ("weights", "integer"),
    "biases": ("biases", "integer"),
    "parameters": ("parameters", "integer"),
}
ACTIVATIONS = {
    "layer": ("layer", "text"),
    "mean": ("mean", "decimal"),
    "variance": ("variance", "decimal"),
    "sparsity": ("zeros", "percent"),
}


def classes(sheet: Sheet) -> dict[str, Any] | None:
    """Confusion matrix, ROC curves and scores per class of each experiment that was evaluated."""
    runs = sheet.having("evaluate")
    blocks = []
    for number, run in enumerate(runs):
        single = run.metric == "accuracy"  # an image of several classes is not taken for another class
        blocks.append(row(*([_confusion(sheet, run)] if single else []), _roc(sheet, run)))
        found = run.metrics["evaluate"]
        caption = f"Hardest: {found['hardest_class'] or 'unknown'}; easiest: {found['easiest_class'] or 'unknown'}."
        frame = run.table("evaluate/per_class.csv")
        title = f"Scores per class, {run.label}"
        made_by = [f"evaluate@{run.name}"]
        blocks.append(sheet.table(f"classes-{run.name}", frame, title, PER_CLASS, made_by, caption, folded=number > 0))
    text = "On the test set, after training. Average precision is the area under the precision-recall curve."
    return section("classes", "Class by class", text, blocks) if runs else None


def _confusion(sheet: Sheet, run: Run) -> dict[str, Any]:
    frame = run.table("evaluate/confusion.csv")
    names = list(dict.fromkeys(frame["actual"].astype(str)))
    index = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for actual, predicted, count in frame[["actual", "predicted", "count"]].itertuples(index=False):
        counts[index[str(actual)], index[str(predicted)]] = count
    sheet.data(f"confusion-{run.name}", frame)
    wrong = counts - np.diag(np.diag(counts))
    worst = np.unravel_index(wrong.argmax(), wrong.shape)
    caption = (
        f"Rows are true classes. Most frequent confusion: {names[worst[0]]} taken for {names[worst[1]]}, "
        f"{wrong[worst]} of {counts[worst[0]].sum()}."
    )
    drawing = figures.confusion(counts, names)
    title = f"Confusion, {run.label}"
    alt = f"Confusion matrix, {run.label}. {caption}"
    return sheet.figure(f"confusion-{run.name}", drawing, title, caption, alt, [f"evaluate@{run.name}"])


def _roc(sheet: Sheet, run: Run) -> dict[str, Any]:
    frame = run.table("evaluate/roc.csv")
    sheet.data(f"roc-{run.name}", frame)
    curves = {
        str(name): (part["false_positive_rate"].to_numpy(), part["true_positive_rate"].to_numpy())
        for name, part in frame.groupby("class", sort=False)
    }
    found, scores = run.metrics["evaluate"], run.table("evaluate/per_class.csv").set_index("class")["auc"]
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
    return sheet.figure(f"roc-{run.name}", drawing, f"ROC, {run.label}", caption, alt, [f"evaluate@{run.name}"])


def network(sheet: Sheet) -> dict[str, Any] | None:
    """Parameters, first-layer filters and activations; equal tables of further experiments are not repeated."""
    runs, blocks, shown = sheet.having("inspect"), [], []
    for run in runs:
        frame = run.table("inspect/parameters.csv")
        made_by, name = [f"inspect@{run.name}"], run.name
        if not any(frame.equals(other) for other in shown):
            shown.append(frame)
            caption = f"{run.metrics['inspect']['total_parameters']:,} trainable parameters in all."
            block = sheet.table(f"parameters-{name}", frame, "Trainable parameters", PARAMETERS, made_by, caption)
            blocks.append(block)
    tables, images = [], []
    for run in runs:
        made_by, name = [f"inspect@{run.name}"], run.name
        weights = np.load(run.path("inspect/filters.npy"))
        caption = f"The {len(weights)} filters of the first layer; mid-grey is zero."
        alt = f"Grid of {len(weights)} small patches of {weights.shape[2]} by {weights.shape[3]} weights"
        title = f"First-layer filters, {run.label}"
        grid = figures.filter_grid(weights)
        images.append(sheet.figure(f"filters-{name}", grid, title, caption, alt, made_by, ".png"))
        frame = run.table("inspect/activations.csv")
        title = f"Activations on test images, {run.label}"
        tables.append(sheet.table(f"activations-{name}", frame, title, ACTIVATIONS, made_by))
    text = "Counted, not calculated by hand; the filters are the weights after training."
    return section("parameters", "Inside the network", text, [*blocks, row(*images), row(*tables)]) if runs else None


def neighbours(sheet: Sheet) -> dict[str, Any] | None:
    """Pictures of the nearest neighbours of some test images in each layer."""
    blocks = []
    runs = sheet.having("neighbours")
    for run in runs:
        frame = run.table("neighbours/queries.csv")
        sprite = json.loads(run.path("neighbours/sprite.json").read_text(encoding="utf-8"))
        shares = run.metrics["neighbours"]
        told = "; ".join(f"{layer} {formatted(found['share_same_class'], '.1%')}" for layer, found in shares.items())
        blocks.append(
            {
                "kind": "neighbours",
                "id": f"neighbours-{run.name}",
                "title": f"Nearest neighbours, {run.label}",
                "caption": f"Neighbours of the same class, over the whole test set: {told}.",
                "file": sheet.data(f"neighbours-{run.name}", frame),
                "picture": sheet.picture(f"neighbours-{run.name}", run.path("neighbours/thumbnails.png")),
                "sprite": sprite,
                "made_by": [f"neighbours@{run.name}"],
            }
        )
    text = "Test images nearest to a query by Euclidean distance, in the features of each layer. ≠ marks another class."
    return section("neighbours", "Nearest neighbours", text, blocks) if runs else None
