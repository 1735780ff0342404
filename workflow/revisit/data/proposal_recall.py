"""How many objects of the test images the proposals of a data set find, beside as many sliding windows."""

from typing import TYPE_CHECKING, Any

import numpy as np

from revisit.data.arrays import Prepared
from revisit.errors import ArtifactError
from revisit.objects import recall
from revisit.objects.arrays import Floats, Singles
from revisit.objects.found import Truths

if TYPE_CHECKING:
    import pandas as pd

    from revisit.data.settings import Propose

THRESHOLDS = {"recall_50": 0.5, "recall_70": 0.7}  # what a number is called -> the IoU that finds an object
WINDOWS = "sliding_windows"
COLUMNS = ("method", "boxes", "iou", "recall")  # of recall.csv


def measure(settings: "Propose", data: Prepared, first: list[Singles] | None) -> tuple[dict[str, Any], "pd.DataFrame"]:
    """The findings `proposals.json` and `recall.csv` of a data set with proposals.

    `first`: what `propose` gave, the regions that selective search of each test image began with.

    The summary has `objects`, how many were looked for (difficult ones are not), `found`, the mean number of proposals
    of an image, and by number of boxes, as `boxes_100`: `recall_50` and `recall_70`, the share of the objects that one
    of an image's first boxes overlaps with an IoU of 0.5 or 0.7, and `mean_best_overlap`, over the classes (see
    `revisit.objects.recall`). `sliding_windows` has the same for that many windows of each image, also where an image
    has fewer proposals. Of selective search there are `first_regions`, the regions that it merges, with their mean
    number `found` and both recalls, and `as_many_proposals` with the recalls of that many first proposals of each
    image. Numbers are null where there is no object. The table has the recalls.

    Raises:
        ArtifactError: `data` has no proposals.
    """
    import pandas as pd

    found = data.test_objects
    if found is None or found.proposals is None:
        raise ArtifactError(f"{data.dataset}: has no proposals; nothing can be measured")
    counts = [*(count for count in recall.COUNTS if count < settings["count"]), settings["count"]]
    images = len(data.test_images)
    truths = Truths(
        found.images, np.array(found.kinds), found.boxes.astype(np.float64), np.array(found.difficult), images,
        len(data.classes),
    )  # fmt: skip
    of_methods: dict[str, Floats] = {settings["method"]: recall.best_overlaps(list(found.proposals), truths, counts)}
    if settings["method"] != WINDOWS:
        height, width, _ = data.shape
        of_methods[WINDOWS] = recall.best_overlaps_of_windows(height, width, truths, counts)
    summaries = {method: _summary(best, truths, counts) for method, best in of_methods.items()}
    rows = [
        (method, count, iou, summary[name][f"boxes_{count}"])
        for method, summary in summaries.items()
        for name, iou in THRESHOLDS.items()
        for count in counts
    ]
    summary: dict[str, Any] = {
        "method": settings["method"],
        "boxes": settings["count"],
        "images": images,
        "objects": int(np.count_nonzero(~truths.difficult)),
        "found": float(found.proposals.any(axis=2).sum() / images),
        **summaries.pop(settings["method"]),
        **summaries,
    }
    if first is not None:
        summary |= _merged(first, list(found.proposals), truths)
    return summary, pd.DataFrame(rows, columns=list(COLUMNS))


def _merged(first: list[Singles], found: list[Singles], truths: Truths) -> dict[str, Any]:
    """What merging regions adds to those that are merged."""
    merged = [boxes[: len(own)] for boxes, own in zip(found, first, strict=True)]
    return {
        "first_regions": {"found": float(np.mean([len(own) for own in first])), **_recalls(first, truths)},
        "as_many_proposals": _recalls(merged, truths),
    }


def _recalls(boxes: list[Singles], truths: Truths) -> dict[str, float | None]:
    """`recall_50` and `recall_70` of all the boxes of each image."""
    most = max((len(own) for own in boxes), default=0)
    (shares,) = recall.recall(recall.best_overlaps(boxes, truths, (most,)), list(THRESHOLDS.values()))
    return {name: None if np.isnan(share) else float(share) for name, share in zip(THRESHOLDS, shares, strict=True)}


def _summary(best: Floats, truths: Truths, counts: list[int]) -> dict[str, dict[str, float | None]]:
    shares = recall.recall(best, list(THRESHOLDS.values()))
    numbers = dict(zip(THRESHOLDS, shares.T, strict=True))
    numbers["mean_best_overlap"] = recall.mean_best_overlap(best, truths.kind)
    return {
        name: {f"boxes_{n}": None if np.isnan(x) else float(x) for n, x in zip(counts, of, strict=True)}
        for name, of in numbers.items()
    }
