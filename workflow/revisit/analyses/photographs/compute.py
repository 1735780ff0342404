"""Stage `photographs`: what the training images of each class are like, which no network decides."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from revisit import paths, resampling
from revisit.analyses.findings import Files
from revisit.analyses.photographs.measures import Sums
from revisit.analyses.photographs.tables import CLASSES, MEASURES
from revisit.analyses.trained import check_data
from revisit.data import arrays
from revisit.errors import ConfigError
from revisit.models import registry
from revisit.objects.arrays import Floats

if TYPE_CHECKING:
    from revisit.analyses.photographs.settings import Settings


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """The measures of all classes, and of groups of classes beside the mean of all.

    Args:
        name: the experiment.
        settings: see `settings.Photographs`.

    Returns:
        `images`: how many; `mean`: measure -> the mean over all classes that have it; `groups`: group -> `classes`,
        their names, and measure -> `value`, the mean over its classes, and `difference`, `low`, `high`: how far that is
        from the mean of all classes, with its 95% interval over resampled images. None where a class of the group has
        nothing to measure.
        `classes.csv`: see `CLASSES`.

    Raises:
        ConfigError: the data set has no boxes, or a group names a class that there is not.
        ArtifactError: what training left is missing or damaged, or was trained on other data.
    """
    data = arrays.load(paths.prepared(settings["dataset"]))
    check_data(registry.describe(paths.model(name)), data.sha256)
    if data.train_objects is None:
        raise ConfigError(f"{name}: the data set {data.dataset} has no boxes; give it `objects` in params.yaml")
    sums = Sums.of(data.train_images, data.train_labels, data.train_objects)
    count = len(data.train_images)
    whole = sums.measures(np.ones((1, count)))
    drawn = [sums.measures(block) for block in resampling.resamples(count, settings["resamples"], settings["seed"])]
    resampled = {key: np.concatenate([block[key] for block in drawn]) for key in MEASURES}
    groups: dict[str, dict[str, Any]] = {}
    for group, classes in settings["groups"].items():
        rows = [_row(data.classes, group, each) for each in classes]
        groups[group] = {"classes": classes} | {key: _compared(whole[key], resampled[key], rows) for key in MEASURES}
    table = CLASSES.frame({"class": data.classes, **sums.numbers(), **{key: whole[key][0] for key in MEASURES}})
    mean = {key: _number(float(_mean(whole[key])[0])) for key in MEASURES}
    return {"images": count, "mean": mean, "groups": groups}, {CLASSES.file: table}


def _row(classes: list[str], group: str, name: str) -> int:
    if name not in classes:
        raise ConfigError(
            f"analyses.photographs.groups.{group}: there is no class {name!r}; there are: {', '.join(classes)}"
        )
    return classes.index(name)


def _compared(whole: Floats, resampled: Floats, rows: list[int]) -> dict[str, float | None]:
    """The mean of some classes, and how far it is from the mean of all: of all images (1, K), and of resamples."""
    value = float(whole[:, rows].mean())
    apart = resampled[:, rows].mean(axis=1) - _mean(resampled)
    low, high = resampling.interval(apart) if math.isfinite(value) else (None, None)
    difference = _number(value - float(_mean(whole)[0]))
    return {"value": _number(value), "difference": difference, "low": low, "high": high}


def _mean(values: Floats) -> Floats:
    """The mean over the classes that have a value, (R, K) -> (R,); NaN where none has."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(there, values, 0).sum(axis=1) / there.sum(axis=1)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
