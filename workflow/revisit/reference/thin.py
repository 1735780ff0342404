"""Findings made small enough for git, each file by the rule for its kind; what has no rule stays as it is."""

import gzip
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from revisit import files, reading

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 1_000_000  # bytes of a file
PICTURES = 200_000  # bytes of thumbnails as PNG; more of them are stored as WebP
QUALITY = 80  # of WebP
POINTS = 1000  # of a map, and of its thumbnails: they are most of a page's bytes
HISTORY = "history.csv"


def thin(findings: Path) -> list[str]:
    """Make the files of `findings` smaller where they are too large, in place; returns which were thinned.

    - Histories: every few steps become one, at the last of them, with the means of their values. All runs alike. They
      are two thirds of all findings, so they are also compressed, to a third: `history.csv.gz`. That is no thinning.
    - Thumbnails: WebP, and of more than `POINTS` every n-th.
    - Maps: the points that have one of these thumbnails.

    Raises ValueError with the name of a file that is larger than `LARGEST` still.
    """
    thinned = []
    for path in sorted(path for path in findings.rglob("*") if path.is_file()):
        rule = RULES.get(path.name)
        if rule and rule(path):
            thinned.append(path.relative_to(findings).as_posix())
    for path in findings.rglob(HISTORY):
        _compress(path)
    for path in findings.rglob("*"):
        if path.is_file() and path.stat().st_size > LARGEST:
            size = f"{path.stat().st_size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f}"
            raise ValueError(f"{path.relative_to(findings).as_posix()}: {size}")
    return thinned


def _history(path: Path) -> bool:
    """Average the steps of a table of histories until it is small enough."""
    if path.stat().st_size <= LARGEST:
        return False
    import pandas as pd

    frame = pd.read_csv(path, dtype={"variant": str})
    runs = [key for key in ("variant", "replicate") if key in frame]
    _write(path, lambda every: _averaged(frame, runs, every))
    return True


def _compress(path: Path) -> None:
    """Store a file as gzip in its place, without a time or a name: the same content is the same bytes."""
    path.with_name(path.name + reading.PACKED).write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()


def _averaged(frame: "pd.DataFrame", runs: list[str], every: int) -> "pd.DataFrame":
    """The means of each `every` rows of a run; their last step and epoch. What was not finite stays so."""
    import numpy as np

    if runs:
        group = (frame.groupby(runs, sort=False).cumcount() // every).rename("group")
    else:
        group = np.arange(len(frame)) // every
    keys = [*(frame[key] for key in runs), group]
    last = [key for key in ("step", "epoch") if key in frame]
    rules = {
        key: "last" if key in last else (lambda values: values.mean(skipna=False)) for key in frame if key not in runs
    }
    grouped = frame.groupby(keys, sort=False).agg(rules)
    return grouped.reset_index(runs) if runs else grouped


def _points(path: Path) -> bool:
    """Keep the points of a map whose thumbnail is kept."""
    import pandas as pd

    from revisit.analyses import sprites

    frame = pd.read_csv(path, dtype={"label": str}, keep_default_na=False)
    rows = json.loads((path.parent / "sprite.json").read_bytes())["rows"]
    shown = frame[frame["row"].isin(sprites.thinned(rows, POINTS))]
    if path.stat().st_size <= LARGEST or len(shown) == len(frame):
        return False
    files.write_csv(path, shown)
    return True


def _thumbnails(path: Path) -> bool:
    """Store a large PNG as WebP beside it, with `POINTS` tiles at most, and remove it."""
    if path.stat().st_size <= PICTURES:
        return False
    from PIL import Image

    from revisit.analyses.sprites import thinned
    from revisit.report import sprites

    described = path.with_name("sprite.json")
    rows = json.loads(described.read_bytes())["rows"]
    image, sprite = sprites.cut([path.parent], thinned(rows, POINTS))
    picture = io.BytesIO()
    Image.fromarray(image).save(picture, "webp", quality=QUALITY)
    path.with_suffix(".webp").write_bytes(picture.getvalue())
    described.write_bytes(files.json_bytes(sprite))
    path.unlink()
    return True


def _write(path: Path, thinned: Callable[[int], "pd.DataFrame"]) -> None:
    every = math.ceil(path.stat().st_size / LARGEST)
    while True:
        files.write_csv(path, thinned(every))
        if path.stat().st_size <= LARGEST:
            return
        every += 1


RULES: dict[str, Callable[[Path], bool]] = {
    HISTORY: _history,
    "points.csv": _points,
    "thumbnails.png": _thumbnails,
}
