"""Images with boxes that come without image sets: how they are divided, for the readers of such formats."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from revisit.data import objects, sampling
from revisit.data.formats import pictures
from revisit.data.formats.split import DRAW, TESTS, Split
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

Boxed = list[tuple[pictures.Picture, objects.Annotation]]


def splits(folder: Path, parts: dict[str, Boxed], settings: "Prepare", classes: list[str]) -> dict[str, Split]:
    """The splits "train" and "test" of images with their annotations.

    `parts`: by the name of a split as the files have it, in lower case, and "" for images outside of such. Where there
    is "train" and one of `TESTS`, these two are taken; otherwise `test_share` of all images is drawn for the test.
    Raises DataError where only some images belong to a split, or there are fewer than two.
    """
    test = next((name for name in TESTS if name in parts), None)
    if "train" in parts and test:
        if parts.get(""):
            raise DataError(
                f"{folder}: expected all images in train and {test}, found {parts[''][0][0].name!r} outside of both: "
                "put it into one of them"
            )
        return {"train": _split(parts["train"], classes), "test": _split(parts[test], classes)}
    whole = [pair for name in sorted(parts) for pair in parts[name]]
    if len(whole) < 2:
        raise DataError(f"{folder}: expected at least two images with boxes, found {len(whole)}: add some")
    count = min(max(round(len(whole) * settings["test_share"]), 1), len(whole) - 1)
    chosen = sampling.simple(len(whole), count, np.random.SeedSequence([settings["seed"], DRAW]))
    tested = set(chosen.tolist())
    return {
        "train": _split([pair for row, pair in enumerate(whole) if row not in tested], classes),
        "test": _split([whole[row] for row in chosen.tolist()], classes),
    }


def part_of(name: str) -> str:
    """The split that a path names with one of its folders, in lower case; "" where it names none."""
    return next((part for part in name.lower().split("/")[:-1] if part in ("train", *TESTS)), "")


def _split(pairs: Boxed, classes: list[str]) -> Split:
    files = [picture._replace(size=annotation.size) for picture, annotation in pairs]
    found = [annotation for _, annotation in pairs]
    return Split(
        objects.labels(found, len(classes)), classes, partial(pictures.read, files), objects.Annotations(found)
    )
