"""Pictures for the page with the boxes of objects and of detections."""

from typing import Any

import numpy as np

from revisit.analyses import sprites, targets
from revisit.analyses.thumbnails import thumbnails
from revisit.analyses.truths import Scenes
from revisit.objects.fates import Fate
from revisit.objects.found import Detections

SIDE = 160  # pixels, the longer side of a picture
MOST = 20  # detections in a picture
LEAST = 0.05  # score


def chosen(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Rows of `count` images spread over the classes, ascending; with those that show none where there are few."""
    rows = targets.spread(labels, count, seed)
    rest = np.setdiff1d(np.arange(len(labels)), rows)[: count - len(rows)]
    return np.sort(np.append(rows, rest))


def pictures(images: np.ndarray, rows: np.ndarray, scenes: Scenes, classes: list[str]) -> dict[str, bytes]:
    """The files of the tiles of test images `rows`, cut to what the network sees; tile i is image `rows[i]`."""
    small = thumbnails(scenes.window.pixels(np.stack([images[row] for row in rows.tolist()])), SIDE)
    return sprites.files(small, np.arange(len(rows)), classes)


def boxes(
    rows: np.ndarray, scenes: Scenes, detections: Detections, fate: np.ndarray, classes: list[str]
) -> list[dict[str, Any]]:
    """The rows of shown.csv: objects first, then the `MOST` surest detections, picture by picture."""
    truths = scenes.truths
    scale = np.array([scenes.window.width, scenes.window.height] * 2)
    result: list[dict[str, Any]] = []

    def add(picture: int, what: str, kind: int, score: float | None, box: np.ndarray, fate: str) -> None:
        corners = dict(zip(("x0", "y0", "x1", "y1"), (box / scale).round(4).tolist(), strict=True))
        named = {"picture": picture, "image": int(rows[picture]), "what": what, "class": classes[kind], "score": score}
        result.append(named | corners | {"fate": fate})

    for picture, image in enumerate(rows.tolist()):
        for row in np.flatnonzero(truths.image == image).tolist():
            told = "difficult" if truths.difficult[row] else "counted"
            add(picture, "truth", truths.kind[row], None, truths.box[row], told)
        own = np.flatnonzero((detections.image == image) & (detections.score >= LEAST))
        for row in own[np.argsort(-detections.score[own], kind="stable")][:MOST].tolist():
            told, score = Fate(int(fate[row])).name.lower(), round(float(detections.score[row]), 4)
            add(picture, "detection", detections.kind[row], score, detections.box[row], told)
    return result
