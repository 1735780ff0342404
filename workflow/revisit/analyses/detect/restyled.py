"""What a detector still finds where the same test images are pictures of another kind than those it learnt from."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from revisit import progress, resampling
from revisit.analyses.detect import styles
from revisit.analyses.truths import Scenes
from revisit.errors import ConfigError
from revisit.objects import average_precision, matching
from revisit.objects.arrays import Floats, Singles
from revisit.objects.found import Detections, Truths

if TYPE_CHECKING:
    from revisit.analyses.detect.detector import Detector
    from revisit.analyses.detect.settings import Settings
    from revisit.data.settings import Propose

MEAN = "mean_average_precision"


def precisions(detector: "Detector", settings: "Settings", seen: Detections) -> dict[str, Any]:
    """`restyled`: average precision on the first test images as they are, and in every style; nothing without styles.

    Regions are searched anew in the pictures of a style, as their data set says, where the network is given some.

    Args:
        detector: what finds.
        settings: of the analysis.
        seen: what it found in the test images as they are.

    Returns:
        `images`, how many they are, `mean_average_precision` of these as they are, and of each style
        `mean_average_precision` and `kept`, what share that is of the former (None where that is 0), each with the ends
        of its interval, `_low` and `_high`. Both sides of `kept` are of the same images in each resample.

    Raises:
        ConfigError: images are not RGB.
    """
    asked = settings.get("restyled")
    if asked is None:
        return {}
    if detector.data.shape[2] != 3:
        raise ConfigError("analyses.detect: restyled: images of one channel have no style; leave it out")
    there = detector.scenes.truths.images
    count = there if asked["images"] is None else min(asked["images"], there)
    few = replace(detector, scenes=Scenes.of(detector.data, detector.info["crop"], count, "analyses.detect"))
    how = few.scenes.truths, settings["bootstrap"], settings["seed"]
    plain, resamples = _measured(_first(seen, count), *how)
    summary: dict[str, Any] = {"images": count, MEAN: plain}
    for style in asked["styles"]:
        images = styles.restyled(few.images, style)
        given = None if few.given is None else _searched(images, asked["propose"], f"{few.title}: regions, {style}")
        found = few.find(False, proposals=given, images=images).detections
        mean, drawn = _measured(found, *how)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(resamples > 0, drawn / resamples, np.nan)
        summary[style] = {
            **_with_ends(MEAN, mean, drawn),
            **_with_ends("kept", mean / plain if plain and mean is not None else None, shares),
        }
    return {"restyled": summary}


def _first(seen: Detections, count: int) -> Detections:
    """The detections in the first `count` images."""
    kept = seen.image < count
    return Detections(seen.image[kept], seen.kind[kept], seen.score[kept], seen.box[kept])


def _measured(found: Detections, truths: Truths, number: int, seed: int) -> tuple[float | None, Floats]:
    """The mean average precision by the area, and in resamples of the images, the same ones for the same images."""
    matches = matching.match(found, truths, matching.by_boxes(found, truths))
    each = average_precision.by_class(found, truths, matches, "area")
    return average_precision.mean(each), average_precision.bootstrap(found, truths, matches, "area", number, seed)[1]


def _with_ends(key: str, value: float | None, samples: Floats) -> dict[str, float | None]:
    low, high = resampling.interval(samples)
    return {key: value, f"{key}_low": low, f"{key}_high": high}


def _searched(images: np.ndarray, propose: "Propose", title: str) -> Singles:
    """The regions of images (N, H, W, 3), padded as those of a data set: (N, P, 4) float32."""
    from revisit.data import proposals  # slow to import, and mostly not needed

    found = np.zeros((len(images), propose["count"], 4), np.float32)
    with progress.bar(len(images), title, unit="image") as bar:
        for own, image in zip(found, images, strict=True):
            boxes = proposals.proposed(image, propose)
            own[: len(boxes)] = boxes
            bar.update()
    return found
