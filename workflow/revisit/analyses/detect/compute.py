"""Stage `detect`: what trained detectors find in the test images, of every replicate."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from revisit import device, paths
from revisit.analyses import replicates, truths
from revisit.analyses.detect import chance, finding, measures, restyled, second, shown
from revisit.analyses.detect.detector import Detector
from revisit.analyses.detect.tables import CURVES, FATES, PER_CLASS, RECALL, SHOWN, THRESHOLDS
from revisit.analyses.findings import Files
from revisit.analyses.trained import check_data
from revisit.data import arrays
from revisit.models import registry
from revisit.objects import average_precision, fates, matching, recall
from revisit.objects.fates import Fate
from revisit.objects.found import Detections

if TYPE_CHECKING:
    from revisit.analyses.detect.settings import Settings

REMEDY = "use fewer images (analyses.detect in params.yaml), or set `device: cpu`"
COUNTS = (10, 20, 50, 100, 200, 300, 500, 1000, 2000)  # of proposals looked at
TOLD = (50, 100, 300)  # in the summary
OWN = 300  # proposals of a network
LEVELS = (0.5, 0.7)  # of the IoU with proposals
COLUMNS = {  # of per_class.csv
    "objects": "objects",
    "ap_area": "average_precision",
    "low": "average_precision_low",
    "high": "average_precision_high",
    "ap_11": "average_precision_11_point",
    "ap_coco": "average_precision_coco",
    "mask_ap": "mask_average_precision",
    "svm_ap": f"average_precision_{second.SVMS}",
    "moved_ap": f"average_precision_{second.MOVED}",
}


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """The summaries of all replicates; the tables and pictures are of replicate 0.

    Args:
        name: the experiment.
        settings: see `settings.Detect`.

    Returns:
        The numbers of `measures.precisions`, those of every class as `per_class`; `fates`: how many detections with
        the score of the best F1 or more have each, and how many objects were missed; `at_best_f1` and `at_threshold`
        with true and false positives and so on, see `measures.at`; the numbers of images, of objects that count, of
        detections, of duplicates among them, each also without non-maximum suppression; `trunk_passes`, how many
        pictures the trunk is shown for one image; the recall of proposals, those of the network and those given, None
        where there are none. With `random_boxes`, what `chance.precision` gives, with `svms`, what
        `second.precisions` does.

    Raises:
        ConfigError: the data set has no boxes, or not the proposals that the network or `random_boxes` need; SVMs are
            asked for, and it describes no regions.
        ArtifactError: what training left is missing or damaged, or was trained on other data.
    """
    data = arrays.load(paths.prepared(settings["dataset"]))
    place = device.choose(settings["device"])
    summaries: list[dict[str, Any]] = []
    files: Files = {}
    for number, trained in enumerate(registry.replicates(paths.model(name))):
        network, info = registry.load(trained, place)
        check_data(info, data.sha256)
        scenes = truths.Scenes.of(data, info["crop"], settings["images"], f"analyses.detect.{name}")
        title = f"detecting with {name}, replicate {number}" if number else f"detecting with {name}"
        detector = Detector(network, info, data, scenes, place, title)
        with device.deterministic(), device.memory_errors(place, REMEDY), finding.described_once(network):
            summary, written = _detected(detector, settings)
        summaries.append(summary)
        files = files or written
    return replicates.summary(summaries), files


def _detected(detector: Detector, settings: "Settings") -> tuple[dict[str, Any], Files]:
    scenes, classes = detector.scenes, list(detector.data.classes)
    real = scenes.truths
    passes = detector.trunk_passes()  # first: before descriptions are remembered
    found = detector.find(masks=True)
    seen, matches, fate = found.detections, *_fates(found.detections, scenes)
    masks = None if found.shares is None else truths.by_shares(found.shares, scenes)
    summary, rows = measures.precisions(seen, real, matches, masks, settings["bootstrap"], settings["seed"])
    table = measures.thresholds(seen, real, matches)
    score = measures.best_score(table)
    ends = measures.of_classes(fate, seen, real, matches, classes, score)
    names = list(dict.fromkeys(row["fate"] for row in ends))
    summary |= {
        **_extremes(classes, rows),
        "images": real.images,
        "objects": int(real.counted().sum()),
        "detections": len(seen),
        "duplicates": int((fate == Fate.DUPLICATE).sum()),
        **_unsuppressed(detector),
        "at_best_f1": measures.at(table, score),
        "at_threshold": measures.at(table, settings["threshold"]),
        "trunk_passes": passes,
        "fates": {name: sum(int(row["count"]) for row in ends if row["fate"] == name) for name in names},
    }
    summary |= chance.precision(detector, settings)
    summary |= second.precisions(detector, settings, rows)
    summary |= restyled.precisions(detector, settings, seen)
    proposals = _proposals(detector)
    recalls = [row for source, boxes in proposals.items() for row in _recalls(source, boxes, scenes)]
    if "given" in proposals:
        recalls += _windows(scenes, [row["boxes"] for row in recalls if row["source"] == "given"][:: len(LEVELS)])
    for source in ("network", "given"):
        summary[f"recall_of_{source}_proposals"] = _told(recalls, source)
    summary["per_class"] = dict(zip(classes, rows, strict=True))
    columns = {key: name for key, name in COLUMNS.items() if name in rows[0]}
    each = [
        {"class": name} | {key: row[column] for key, column in columns.items()}
        for name, row in zip(classes, rows, strict=True)
    ]
    chosen = shown.chosen(detector.data.test_labels[: real.images], settings["shown"], settings["seed"])
    files: Files = {
        PER_CLASS.file: PER_CLASS.frame(each),
        CURVES.file: CURVES.frame(measures.curves(seen, real, matches, classes)),
        FATES.file: FATES.frame(ends),
        THRESHOLDS.file: THRESHOLDS.frame(table),
        SHOWN.file: SHOWN.frame(shown.boxes(chosen, scenes, seen, fate, classes)),
        **({RECALL.file: RECALL.frame(_with_as_many(recalls, proposals))} if recalls else {}),
        **shown.pictures(detector.images, chosen, scenes, classes),
    }
    return summary, files


def _fates(detections: Detections, scenes: truths.Scenes) -> tuple[matching.Matches, np.ndarray]:
    overlap = matching.by_boxes(detections, scenes.truths)
    matches = matching.match(detections, scenes.truths, overlap)
    return matches, fates.fates(detections, scenes.truths, matches, overlap)


def _unsuppressed(detector: Detector) -> dict[str, Any]:
    """What the detector says without non-maximum suppression; its surest detections are as many as with it."""
    with finding.unsuppressed(detector.network), finding.unmasked(detector.network):
        found = detector.find(masks=False).detections
    matches, fate = _fates(found, detector.scenes)
    each = average_precision.by_class(found, detector.scenes.truths, matches, "area")
    return {
        "mean_average_precision_without_suppression": average_precision.mean(each),
        "detections_without_suppression": len(found),
        "duplicates_without_suppression": int((fate == Fate.DUPLICATE).sum()),
    }


def _extremes(classes: list[str], rows: list[dict[str, Any]]) -> dict[str, str | None]:
    """The classes with the lowest and the highest average precision."""
    known = [(row["average_precision"], name) for name, row in zip(classes, rows, strict=True)]
    ranked = sorted((pair for pair in known if pair[0] is not None), key=lambda pair: pair[0])
    return {
        "hardest_class": ranked[0][1] if ranked else None,
        "easiest_class": ranked[-1][1] if ranked else None,
    }


def _proposals(detector: Detector) -> dict[str, Sequence[np.ndarray]]:
    """The boxes proposed for each image, best first: by the network, and those given."""
    title = f"{detector.title}: proposals"
    own = finding.propose(detector.network, detector.images, OWN, detector.preprocessing, detector.place, title)
    found: dict[str, Sequence[np.ndarray]] = {} if own is None else {"network": list(own)}
    if detector.given is not None:
        found["given"] = list(finding.cropped_proposals(detector.given, detector.scenes, COUNTS[-1]))
    return found


def _recalls(source: str, boxes: Sequence[np.ndarray], scenes: truths.Scenes) -> list[dict[str, Any]]:
    """The rows of recall.csv for one source of proposals."""
    most = max((len(own) for own in boxes), default=0)
    counts = [*(count for count in COUNTS if count < most), most]
    counts = sorted({*counts, *(count for count in TOLD if count <= OWN)})
    return _rows(source, counts, recall.best_overlaps(boxes, scenes.truths, counts))


def _windows(scenes: truths.Scenes, counts: list[int]) -> list[dict[str, Any]]:
    """The same for as many sliding windows, which lie otherwise for each number of them."""
    size = scenes.window.height, scenes.window.width
    return _rows("windows", counts, recall.best_overlaps_of_windows(*size, scenes.truths, counts))


def _rows(source: str, counts: list[int], best: np.ndarray) -> list[dict[str, Any]]:
    table = recall.recall(best, LEVELS)
    return [
        {"source": source, "boxes": count, "iou": level, "recall": value}
        for count, row in zip(counts, table.tolist(), strict=True)
        for level, value in zip(LEVELS, row, strict=True)
    ]


def _with_as_many(recalls: list[dict[str, Any]], proposals: Mapping[str, Sequence[np.ndarray]]) -> list[dict[str, Any]]:
    """The rows with no more boxes than an image of their source has; the summary says what all of these find, too."""
    most = {source: max((len(own) for own in boxes), default=0) for source, boxes in proposals.items()}
    return [row for row in recalls if row["boxes"] <= most.get(row["source"], row["boxes"])]


def _told(recalls: list[dict[str, Any]], source: str) -> dict[str, dict[str, float | None]] | None:
    """`boxes_50` and so on -> `iou_50` and `iou_70` -> recall."""
    own = [row for row in recalls if row["source"] == source]
    found: dict[str, dict[str, float | None]] = {}
    for row in own:
        if row["boxes"] in TOLD:
            value = None if np.isnan(row["recall"]) else row["recall"]
            found.setdefault(f"boxes_{row['boxes']}", {})[f"iou_{100 * row['iou']:.0f}"] = value
    return found or None
