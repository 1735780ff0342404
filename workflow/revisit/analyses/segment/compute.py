"""Stage `segment`: the class that trained networks give every pixel of the test images, of every replicate."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from revisit import device, paths, resampling
from revisit.analyses import forward, replicates, truths
from revisit.analyses.findings import Files
from revisit.analyses.segment import maps, shown
from revisit.analyses.segment.tables import CONFUSION, PER_CLASS, SHOWN
from revisit.analyses.trained import check_data
from revisit.data import arrays
from revisit.errors import ConfigError
from revisit.models import registry
from revisit.objects import average_precision, matching, overlaps, segmentation
from revisit.objects.arrays import Bytes, Floats, Rows, Singles
from revisit.objects.found import Detections

if TYPE_CHECKING:
    from revisit.analyses.segment.settings import Settings

REMEDY = "use fewer images (analyses.segment in params.yaml), or set `device: cpu`"
BACKGROUND = "background"
MOST = 100  # regions of an image that count as objects, the surest ones, as detectors give


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """The summaries of all replicates; the tables and pictures are of replicate 0.

    Args:
        name: the experiment.
        settings: see `settings.Segment`.

    Returns:
        `mean_iou`, `weighted_iou`, `pixel_accuracy` and `mean_accuracy`, each with the ends of its interval, `_low`
        and `_high`, of the images drawn again; `mean_iou_of_one_class`, the best for all pixels;
        `mask_mean_average_precision` of connected regions as objects, at an IoU of 0.5, with `_of_several` on the
        images that show two objects of one class or more; the numbers of images, of these, and of regions; and per
        class `pixels`, `iou` and so on.

    Raises:
        ConfigError: the data set has no masks, or the network is none for pixels.
        ArtifactError: what training left is missing or damaged, or was trained on other data.
    """
    data = arrays.load(paths.prepared(settings["dataset"]))
    place = device.choose(settings["device"])
    key = f"analyses.segment.{name}"
    summaries: list[dict[str, Any]] = []
    files: Files = {}
    for number, trained in enumerate(registry.replicates(paths.model(name))):
        network, info = registry.load(trained, place)
        check_data(info, data.sha256)
        scenes = truths.Scenes.of(data, info["crop"], settings["images"], key)
        if scenes.stored is None:
            raise ConfigError(f"{key}: the data set {data.dataset} has no masks; set `objects: masks` in params.yaml")
        title = f"segmenting with {name}, replicate {number}" if number else f"segmenting with {name}"
        images = data.test_images[: scenes.truths.images]
        seen = _Seen(data, scenes, settings, shown.Pictures.of(data, scenes, settings["shown"], settings["seed"]))
        with device.deterministic(), device.memory_errors(place, REMEDY):
            preprocessing = forward.preprocessing_of(info, place)
            for found in maps.predicted(network, images, len(data.classes), preprocessing, place, title):
                seen.add(*found)
            summary, tables = seen.measured()
        summaries.append(summary)
        files = files or tables | seen.pictures.files()
    return replicates.summary(summaries), files


@dataclass
class _Seen:
    """What is counted while the maps of the images come."""

    data: arrays.Prepared
    scenes: truths.Scenes
    settings: "Settings"
    pictures: "shown.Pictures"
    matrices: list[Rows] = field(default_factory=list)  # of each image, (K + 1, K + 1)
    regions: list[tuple[Rows, Floats, Floats]] = field(default_factory=list)  # of each: classes, scores, overlaps

    def add(self, rows: slice, kinds: Bytes, sureness: Singles) -> None:
        """Take in the maps of the images of `rows`."""
        objects = self.data.objects("test")
        assert objects is not None  # noqa: S101  # `Scenes` saw to that
        real = maps.reals(self.scenes, objects, rows)
        for number, (own, told, sure) in enumerate(zip(real, kinds, sureness, strict=True), rows.start):
            self.matrices.append(segmentation.confusion(own, told, len(self.data.classes) + 1))
            masks, found, scores = segmentation.instances(told, sure, self.settings["smallest"])
            best = np.argsort(-scores, kind="stable")[:MOST]
            shares = overlaps.masks(masks[best], self.scenes.masks(number))
            self.regions.append((found[best] - 1, scores[best], shares))
            self.pictures.add(number, own, told)

    def measured(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The summary, and the tables by file."""
        each = np.stack(self.matrices)
        whole = each.sum(axis=0)
        samples = segmentation.bootstrap(each, self.settings["bootstrap"], self.settings["seed"])
        summary: dict[str, Any] = {}
        for name, measure in segmentation.MEASURES.items():
            summary[name] = _number(measure(whole))
            summary[f"{name}_low"], summary[f"{name}_high"] = resampling.interval(samples[name])
        summary["mean_iou_of_one_class"] = _number(segmentation.constant_iou(whole))
        found, matches = self._instances()
        real = self.scenes.truths
        precisions = average_precision.by_class(found, real, matches, "area")
        several = average_precision.by_class(found, real, matches, "area", real.several())
        summary["mask_mean_average_precision"] = average_precision.mean(precisions)
        summary["mask_mean_average_precision_of_several"] = average_precision.mean(several)
        summary |= {"images": len(each), "images_of_several": int(real.several().sum()), "regions": len(found)}
        names, ious, pixels = [BACKGROUND, *self.data.classes], segmentation.ious(whole), whole.sum(axis=1)
        rows: list[dict[str, Any]] = []
        for kind, name in enumerate(names):
            low, high = resampling.interval(samples["iou"][:, kind])
            right = int(whole[kind, kind]) / int(pixels[kind]) if pixels[kind] else None
            row = {"class": name, "pixels": int(pixels[kind]), "iou": _number(ious[kind]), "low": low, "high": high}
            rows.append(row | {"accuracy": right, "mask_ap": precisions[kind - 1] if kind else None})
        summary["per_class"] = {row["class"]: {key: row[key] for key in row if key != "class"} for row in rows}
        cells = {
            "actual": [actual for actual in names for _ in names],
            "predicted": names * len(names),
            "pixels": whole.ravel(),
        }
        tables = {
            PER_CLASS.file: PER_CLASS.frame(rows),
            CONFUSION.file: CONFUSION.frame(cells),
            SHOWN.file: SHOWN.frame(self.pictures.told(names)),
        }
        return summary, tables

    def _instances(self) -> tuple[Detections, matching.Matches]:
        """The connected regions as detections, and which objects they are by their masks."""
        real = self.scenes.truths
        image = np.repeat(np.arange(real.images), [len(kinds) for kinds, _, _ in self.regions])
        kinds, scores = (np.concatenate([one[part] for one in self.regions]) for part in (0, 1))
        found = Detections(image, kinds, scores, np.zeros((len(image), 4)))  # boxes are not asked for
        overlap = truths.by_shares([shares for _, _, shares in self.regions], self.scenes)
        return found, matching.match(found, real, overlap)


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
