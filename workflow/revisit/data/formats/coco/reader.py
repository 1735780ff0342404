"""Reads images with the boxes that JSON files in COCO's format list (Lin et al. 2014; cocodataset.org/#format-data).

`images` have `id`, `file_name`, `width` and `height`, `categories` have `id` and `name`, `annotations` have `image_id`,
`category_id` and `bbox` (left, top, width, height, from 0); one with `iscrowd` of 1 stands for many objects and counts
as difficult. A JSON file whose name has train in it, and one with test or val, make the splits.
"""

import json
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from revisit import reading
from revisit.data import images
from revisit.data.formats import boxed, pictures
from revisit.data.formats.split import TESTS, Split, agreed
from revisit.data.objects import Annotation
from revisit.errors import DataError

if TYPE_CHECKING:
    from revisit.data.settings import Prepare

SLACK = 1  # pixels that a box may reach outside: some tools round
REMEDY = "mend the file, or write it again"
COUNT = 1 << 22  # annotations; COCO's largest file has 0.9 million


def read(folder: Path, settings: "Prepare") -> dict[str, Split]:
    """The splits "train" and "test", images in the order of their names.

    `settings`: `classes` (None: the files' categories, sorted by name), `test_share` and `seed`. Raises DataError for
    files of another form, images that are not there, categories that are not in `classes`, empty boxes and boxes
    outside their image.
    """
    found = pictures.members(folder)
    lists = [name for name in found if name.lower().endswith(".json") and not PurePosixPath(name).name.startswith(".")]
    if not lists:
        raise DataError(f"{folder}: expected a JSON file in the archives, found none: {REMEDY}")
    files = {name: _parsed(found, name) for name in sorted(lists)}
    named = sorted({category["name"] for content in files.values() for category in content["categories"]})
    classes = agreed(settings["classes"], named, str(folder))
    shown: dict[str, list[str]] = defaultdict(list)
    for name in found:
        if images.is_image(name):
            shown[PurePosixPath(name).name].append(name)
    parts: dict[str, boxed.Boxed] = defaultdict(list)
    for name, content in files.items():
        part = _part(name)
        if parts.get(part):
            raise DataError(f"{folder}: expected one JSON file for each split, found two for {part or 'all'}: {REMEDY}")
        parts[part] = _pairs(f"{found[name]}: {name!r}", content, classes, found, shown, part)
    return boxed.splits(folder, dict(parts), settings, classes)


def _part(name: str) -> str:
    stem = PurePosixPath(name).stem.lower()
    return next((part for part in ("train", *TESTS) if part in stem), "")


def _parsed(found: pictures.Found, name: str) -> dict[str, Any]:
    where, data = pictures.contents(found, [name])[name]
    try:
        content = json.loads(data.decode("utf-8-sig"))
        reading.check_texts(content, data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: expected a JSON file, found a damaged one ({error}): {REMEDY}") from None
    for key in ("images", "categories", "annotations"):
        rows = content.get(key) if isinstance(content, dict) else None
        if not isinstance(rows, list) or len(rows) > COUNT or not all(isinstance(row, dict) for row in rows):
            raise DataError(f"{where}: expected a list of `{key}`, found none: {REMEDY}")
    for category in content["categories"]:
        if not isinstance(category.get("name"), str) or not isinstance(category.get("id"), int | str):
            raise DataError(f"{where}: expected categories with `id` and `name`, found {str(category)[:80]}: {REMEDY}")
    return content


def _pairs(
    where: str,
    content: dict[str, Any],
    classes: list[str],
    found: pictures.Found,
    shown: dict[str, list[str]],
    part: str,
) -> boxed.Boxed:
    """The images of a JSON file with their boxes; `shown`: the members of each file name."""
    kinds = {category["id"]: classes.index(category["name"]) for category in content["categories"]}
    boxes: dict[Any, list[tuple[list[float], int, bool]]] = {}
    sizes: dict[Any, tuple[int, int]] = {}
    names: dict[str, Any] = {}
    files: dict[str, list[str]] = {}
    for image in content["images"]:
        name, height, width = image.get("file_name"), image.get("height"), image.get("width")
        whole = all(isinstance(side, int) and side > 0 for side in (height, width))
        if not whole or not isinstance(name, str) or not isinstance(image.get("id"), int | str):
            raise DataError(
                f"{where}: expected images with `id`, `file_name`, `width` and `height`, "
                f"found {str(image)[:80]}: {REMEDY}"
            )
        base = PurePosixPath(name).name
        there = shown.get(base, [])
        files[base] = there if len(there) < 2 else [member for member in there if part in member.lower()]
        if len(files[base]) != 1:
            raise DataError(f"{where}: expected the image {name!r} once in the archives, found {len(there)}: {REMEDY}")
        if base in names or image["id"] in sizes:
            raise DataError(f"{where}: expected each image once, found {name!r} (id {image['id']}) twice: {REMEDY}")
        names[base], sizes[image["id"]], boxes[image["id"]] = image["id"], (height, width), []
    for number, row in enumerate(content["annotations"], 1):
        at = f"{where}: annotation {number}"
        named = [row.get(key) for key in ("image_id", "category_id")]
        if not all(isinstance(one, int | str) for one in named) or named[0] not in boxes or named[1] not in kinds:
            raise DataError(
                f"{at}: expected an image and a category that the file lists, found {str(row)[:80]}: {REMEDY}"
            )
        box = _box(row.get("bbox"), sizes[row["image_id"]], at)
        boxes[row["image_id"]].append((box, kinds[row["category_id"]], row.get("iscrowd", 0) == 1))
    return [
        (pictures.Picture(found[files[base][0]], files[base][0]), _annotation(sizes[names[base]], boxes[names[base]]))
        for base in sorted(names)
    ]


def _box(given: Any, size: tuple[int, int], where: str) -> list[float]:
    numbers = isinstance(given, list) and len(given) == 4
    if not numbers or not all(isinstance(v, int | float) and abs(v) < 1e6 for v in given):
        raise DataError(f"{where}: expected a `bbox` of four numbers, found {str(given)[:80]}: {REMEDY}")
    left, top, wide, high = map(float, given)
    corners, (height, width) = np.array([left, top, left + wide, top + high]), size
    limits = np.array([width, height, width, height])
    inside = np.clip(corners, 0, limits)
    if wide <= 0 or high <= 0 or (corners < -SLACK).any() or (corners > limits + SLACK).any():
        raise DataError(
            f"{where}: expected a box within the image of {width} x {height} pixels, found {given}: {REMEDY}"
        )
    return inside.tolist()


def _annotation(size: tuple[int, int], rows: list[tuple[list[float], int, bool]]) -> Annotation:
    return Annotation(
        size,
        np.array([box for box, _, _ in rows], np.float64).reshape(-1, 4),
        np.array([kind for _, kind, _ in rows], np.int64),
        np.array([[crowd, False] for _, _, crowd in rows], bool).reshape(-1, 2),
        np.zeros(len(rows), np.int64),  # COCO names no views
    )
