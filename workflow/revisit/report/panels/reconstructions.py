"""How well autoencoders reconstruct: by either loss, whichever was minimised, and from noisy images."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, section

MEASURED = "test_squared_error"  # older findings have none
LOSSES = {
    "test_squared_error": ("squared error", "decimal"),
    "test_cross_entropy": ("cross-entropy", "decimal"),
    "test_entropy": ("its floor", "decimal"),
    "above": ("cross-entropy above its floor", "decimal"),
}
NOISE = {
    "train_squared_error": ("training images", "decimal"),
    "test_squared_error": ("test images", "decimal"),
    "train_squared_error_of_noisy": ("noisy training images", "decimal"),
    "test_squared_error_of_noisy": ("noisy test images", "decimal"),
    "test_squared_error_of_noise": ("the noise itself", "decimal"),
}


@panel("losses", order=26)
def losses(writer: StudyWriter) -> Section | None:
    """Squared error and cross-entropy of the test images, of sweeps over both losses."""
    runs = _runs(writer, lambda run: len(_of_each(run, lambda protocol: protocol["objective"]["loss"])) > 1)
    text = (
        "What each loss makes of test images, by either measure. The cross-entropy of grey pixels cannot fall below "
        "their entropy: what lies above it is the network's. Values of networks that were trained with squared error "
        "count as chances of white, clipped to half a grey level from black and white."
    )
    return _section(
        writer, runs, "losses", "Which loss suits which input", text, LOSSES, ["test_squared_error", "above"], False
    )


@panel("noise", order=27)
def noise(writer: StudyWriter) -> Section | None:
    """Squared errors of clean and noisy images, of sweeps over noise."""
    runs = _runs(writer, lambda run: len(_of_each(run, lambda protocol: str(_noise(protocol)))) > 1)
    text = (
        "Squared distances from the clean pixels: of reconstructions of images that were trained on, of others, and of "
        "both with 30% of the pixels destroyed. A network that has learnt images by heart makes little of others."
    )
    return _section(writer, runs, "noise", "What noise teaches", text, NOISE, list(NOISE)[:4], True)


def _runs(writer: StudyWriter, varied: Callable[[Run], bool]) -> list[Run]:
    """The sweeps of autoencoders that vary something."""
    found = [run for run in writer.having("train") if run.train["objective"] == "reconstruction" and run.is_sweep]
    return [run for run in found if MEASURED in run.kept and varied(run)]


def _of_each(run: Run, value: Callable[[Mapping[str, Any]], Any]) -> set[Any]:
    return {value(protocol) for protocol in run.settings["runs"].values()}


def _noise(protocol: Mapping[str, Any]) -> list[Any]:
    return [protocol["network"].get(key) for key in ("noise", "noise_kind")]


def _section(
    writer: StudyWriter,
    runs: list[Run],
    name: str,
    title: str,
    text: str,
    columns: Mapping[str, tuple[str, str]],
    shown: list[str],
    together: bool,
) -> Section | None:
    """A table of all variants of all runs, and a figure of some columns, on one scale where they go `together`."""
    rows = []
    for run in runs:
        for variant, numbers in run.train["variants"].items():
            if numbers[MEASURED] is None:  # diverged
                continue
            found = numbers | {"above": numbers["test_cross_entropy"] - numbers["test_entropy"]}
            rows.append({"experiment": run.name, "variant": variant} | {key: found[key] for key in columns})
    if not rows:
        return None
    made_by, frame = [stage for run in runs for stage in run.made_by], pd.DataFrame(rows)
    several = len(runs) > 1
    names = [f"{one['experiment']}, {one['variant']}" if several else one["variant"] for one in rows]
    names = [name.replace("_", " ") for name in names]
    drawn = {columns[key][0]: frame[key].to_list() for key in shown}
    told = "; ".join(
        f"{one}: " + ", ".join(f"{label} {formatted(values[place], '.3g')}" for label, values in drawn.items())
        for place, one in enumerate(names)
    )
    headed = {"experiment": ("experiment", "text"), "variant": ("variant", "text"), **columns}
    table = writer.table(f"{name}-table", frame, f"{title}, in numbers", headed, made_by, "Means over the runs.")
    drawing = figures.measures(names, drawn, together)
    alt = f"{title}. {told}."
    figure = writer.figure(f"{name}-measures", drawing, title, "", alt, made_by, data=table["file"], wide=True)
    return section(title, text, [figure, table])
