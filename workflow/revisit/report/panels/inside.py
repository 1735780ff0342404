"""What first filters, feature maps and their projections back to the pixels show."""

from typing import Any

import numpy as np
import pandas as pd

from revisit.metrics import METRICS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panels.features import slug
from revisit.report.runs import Run
from revisit.report.sheet import Sheet, row, section

LARGE = 128  # screen pixels of a tile, at most
SMALL = 48  # where many stand in a row

FIRST = {
    "experiment": ("experiment", "text"),
    "kernel": ("kernel", "text"),
    "stride": ("stride", "integer"),
    "filters": ("filters", "integer"),
    "dead": ("dead", "integer"),
    "dead_share": ("share", "percent"),
    "high_frequency": ("high frequencies", "percent"),
    "low_frequency": ("low frequencies", "percent"),
}


def filters(sheet: Sheet) -> dict[str, Any] | None:
    """First layers side by side, dead and high-frequency filters counted, and some filters over the training."""
    runs = sheet.looked("first_layer")
    blocks = [_first_layers(sheet, runs)] if runs else []
    if pictures := [_followed(sheet, run) for run in sheet.looked("filters")]:
        blocks.append(row(*pictures))
    text = (
        "A filter is dead when its largest answer to any test image is at most one per cent of the largest answer of "
        "all filters. High frequencies: the share of a filter's energy above half the Nyquist frequency, its mean "
        "left out; low ones: the share below a quarter of it. Dead filters, and much of the highest and lowest "
        "frequencies with little between, speak for a first layer that is too coarse (Zeiler and Fergus)."
    )
    return section("filters", "The first layer", text, blocks) if blocks else None


def _first_layers(sheet: Sheet, runs: list[Run]) -> dict[str, Any]:
    rows, told = [], []
    for run in runs:
        found = run.look("first_layer")
        kernel = "×".join(str(length) for length in found["kernel"])
        numbers = {key: found[key] for key in FIRST if key in found and key != "kernel"}
        measured = {run.metric: run.kept[f"test_{run.metric}"]} if run.metric else {}
        rows.append({"experiment": run.name, "kernel": kernel, **numbers, **measured})
        told.append(
            f"{run.label} ({kernel}, stride {found['stride']}): {found['dead']} of {found['filters']} dead, "
            f"{formatted(found['high_frequency'], '.1%')} high frequencies, "
            f"{formatted(found['low_frequency'], '.1%')} low ones"
        )
        sheet.data(f"first-layer-{run.name}", run.table("inspect/first_layer.csv"))
    metrics = dict.fromkeys(run.metric for run in runs if run.metric)
    columns = FIRST | {metric: (f"test {METRICS[metric].label}", METRICS[metric].form) for metric in metrics}
    made_by = [f"inspect@{run.name}" for run in runs]
    caption = f"{'; '.join(told)}."
    return sheet.table("first-layer", pd.DataFrame(rows), "First layers", columns, made_by, caption)


def _followed(sheet: Sheet, run: Run) -> dict[str, Any]:
    found, weights = run.look("filters"), run.array("inspect/filters_followed.npy")
    numbers, moments = [str(number) for number in found["numbers"]], _moments(found)
    title = f"Filters over the training, {run.label}"
    shares = [formatted(share, ".0%") for share in found["high_frequency"].values()]
    caption = (
        f"Filters {', '.join(numbers)} of the first layer, from {moments[0]} to {moments[-1]}; each row has a scale of "
        f"its own, mid-grey is zero. High frequencies, the mean of these filters: {shares[0]} at first, {shares[-1]} "
        "in the end."
    )
    made_by, rows = [f"inspect@{run.name}"], [f"filter {number}" for number in numbers]
    grid, alt = figures.followed(weights), f"A row of patches per filter, a column per moment. {caption}"
    return sheet.figure(f"followed-{run.name}", grid, title, caption, alt, made_by, ".webp", rows=rows, columns=moments)


def strongest(sheet: Sheet) -> dict[str, Any] | None:
    """Some test images and the strongest feature map of each layer for them."""
    blocks = []
    for run in sheet.looked("strongest"):
        frame = run.table("inspect/strongest.csv", text=["layer"])
        data, layers = sheet.data(f"strongest-{run.name}", frame), list(run.look("strongest")["layers"])
        images = [figures.enlarged(image, 2 * SMALL) for image in run.array("inspect/strongest_images.npy")]
        shape, tiles = images[0].shape[:2], list(images)
        for layer in layers:
            tiles += [figures.heat(values, shape) for values in run.array(f"inspect/strongest_{layer}.npy")]
        counts = frame.groupby("layer", sort=False)["map"].nunique()
        told = ", ".join(f"{layer} {counts.get(layer, 0)}" for layer in layers)
        title = f"Strongest feature maps, {run.label}"
        caption = (
            f"For each test image the map of each layer with the largest sum; dark is low, bright is high. Different "
            f"maps among {len(images)} images: {told}."
        )
        block = sheet.figure(
            f"strongest-{run.name}",
            figures.mosaic(tiles, len(images)),
            title,
            caption,
            f"A row of images, and below it a row of heat maps per layer. {caption}",
            [f"inspect@{run.name}"],
            ".webp",
            data=data,
            rows=["image", *layers],
            columns=[str(number) for number in run.look("strongest")["rows"]],
        )
        blocks.append(block)
    text = "Where the map answers that, of all maps of a layer, answers most to an image. Columns are test images."
    return section("strongest", "The strongest feature maps", text, blocks) if blocks else None


def deconvnet(sheet: Sheet) -> dict[str, Any] | None:
    """Projections of strong activations back to the pixels, beside what the network saw there."""
    blocks = []
    for run in sheet.looked("deconvnet"):
        data = sheet.data(f"deconvnet-{run.name}", run.table("inspect/deconvnet.csv", text=["layer"]))
        for layer, found in run.look("deconvnet")["layers"].items():
            maps = [f"map {number}" for number in found["maps"]]
            told = f"the strongest activations of {len(maps)} feature maps of {layer}, strongest first"
            distinct, top = found["mean_distinct_classes"], int(run.array(f"inspect/deconvnet_{layer}.npy").shape[1])
            shown = formatted(None if distinct is None else distinct * top, ".1f")
            seen = (
                f"What the network saw there, fields of {found['receptive_field']} pixels: the {top} images of a map "
                f"show {shown} different classes on average."
            )
            for name, title, caption in (
                ("deconvnet", "Projections", f"Projections of {told}; mid-grey is zero."),
                ("deconvnet_patches", "Patches", seen),
            ):
                tiles = run.array(f"inspect/{name}_{layer}.npy")
                grid = figures.mosaic([figures.enlarged(tile, SMALL) for tile in _flat(tiles)], tiles.shape[1])
                block = sheet.figure(
                    f"{name.replace('_', '-')}-{run.name}-{slug(layer)}",
                    grid,
                    f"{title}, {layer}, {run.label}",
                    caption,
                    f"A row of small pictures per feature map, {told}. {caption}",
                    [f"inspect@{run.name}"],
                    ".webp",
                    data=data,
                    rows=maps,
                )
                blocks.append(block)
    text = (
        "The deconvnet of Zeiler and Fergus: an activation goes back down through the max-pooling switches, the "
        "rectification and the transposed filters. Beside it, the patch of the image that caused it."
    )
    pairs = [row(*blocks[number : number + 2]) for number in range(0, len(blocks), 2)]
    return section("deconvnet", "What excites a feature map", text, pairs) if blocks else None


def evolution(sheet: Sheet) -> dict[str, Any] | None:
    """The projection of the strongest activation of some maps at each snapshot of the training."""
    blocks = []
    for run in sheet.looked("evolution"):
        found = run.look("evolution")
        data = sheet.data(f"evolution-{run.name}", run.table("inspect/evolution.csv", text=["layer"]))
        pictures = []
        for layer, of_layer in found["layers"].items():
            tiles = run.array(f"inspect/evolution_{layer}.npy")
            grid = figures.mosaic([figures.enlarged(tile, LARGE) for tile in _flat(tiles)], tiles.shape[1])
            changed = formatted(of_layer["changed_image"], ".0%")
            caption = f"From one snapshot to the next the strongest image of a map changes in {changed} of the cases."
            block = sheet.figure(
                f"evolution-{run.name}-{slug(layer)}",
                grid,
                f"{layer}, {run.label}",
                caption,
                f"A row of projections per feature map of {layer}, a column per snapshot. {caption}",
                [f"inspect@{run.name}"],
                ".webp",
                data=data,
                rows=[f"map {number}" for number in of_layer["maps"]],
                columns=_moments(found),
            )
            pictures.append(block)
        blocks.append(row(*pictures))
    text = "The strongest activation of each map over all images, projected to the pixels, at moments of the training."
    return section("evolution", "How features come about", text, blocks) if blocks else None


def _moments(found: dict[str, Any]) -> list[str]:
    return [f"{found['unit']} {moment:,}" for moment in found["moments"]]


def _flat(tiles: np.ndarray) -> np.ndarray:
    """Pictures (rows, columns, h, w, C) one after the other."""
    return tiles.reshape(-1, *tiles.shape[2:])
