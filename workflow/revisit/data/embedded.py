"""Draws the embedded data sets, each written as the official files of its format, so that the same readers run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from revisit.data import idx
from revisit.data.drawing import digits, garments, objects, patterns, photo, plants, scenes
from revisit.data.writers import cifar, folder, voc
from revisit.errors import DataError

SPLITS = ("train", "test")  # their place is the number that a drawing knows them by
SCENE_SIZE, PLANT_SIZE, PATTERN_SIZE = 256, 128, 64  # pixels, where the settings name none
TEST_IDS = 500_000  # numbers of the test scenes start above those of training, as an id means one picture
REMEDY = "name in params.yaml what the drawing has, or take these data from a mirror or the web"


@dataclass(frozen=True)
class Drawing:
    """One drawing: the format and the classes of what it writes; `named` where files carry the classes' names."""

    format: str
    classes: tuple[str, ...]
    write: Callable[[dict[str, Any], int, Path], None]  # settings["embedded"], seed, destination
    named: bool = False


def draw(settings: dict[str, Any], destination: Path) -> None:
    """Write the official files of a drawn data set into the folder `destination`, which exists.

    `settings`: those of `fetch/<raw>` with `source` embedded: `embedded` holds `drawing`, `train`, `test` (numbers of
    pictures) and, where the drawing has them, `size` (pixels) and `splits` (names of the image sets); `seed`. The
    same settings give the same bytes. Raises DataError when there is no such drawing, or when it has another
    format or other classes than the settings say.
    """
    name = settings["embedded"]["drawing"]
    if name not in DRAWINGS:
        raise DataError(
            f"{_place(settings)}: expected one of the drawings {', '.join(DRAWINGS)}, found {name!r}: {REMEDY}"
        )
    drawing = DRAWINGS[name]
    asked = settings.get("format", drawing.format)
    if asked != drawing.format:
        raise DataError(
            f"{_place(settings)}: {name!r} is drawn in the format {drawing.format}, found {asked!r}: {REMEDY}"
        )
    classes = settings.get("classes")
    if classes is not None and not _fits(drawing, classes):
        raise DataError(
            f"{_place(settings)}: {name!r} has the {len(drawing.classes)} classes {', '.join(drawing.classes)}, "
            f"found {', '.join(map(str, classes))}: {REMEDY}"
        )
    drawing.write(settings["embedded"], settings["seed"], destination)


def _place(settings: dict[str, Any]) -> str:
    return f"raw data {settings['raw']!r}" if "raw" in settings else "embedded data"


def _fits(drawing: Drawing, classes: list[str]) -> bool:
    """Files with names must hold every class asked for; in the others only the number of classes counts."""
    return set(classes) <= set(drawing.classes) if drawing.named else len(classes) == len(drawing.classes)


def _write_idx(draw: Callable[[int, int, int], Any]) -> Callable[[dict[str, Any], int, Path], None]:
    def write(embedded: dict[str, Any], seed: int, destination: Path) -> None:
        for number, split in enumerate(SPLITS):
            images, labels = draw(embedded[split], seed, number)
            idx.write(destination / idx.IMAGES[split], images)
            idx.write(destination / idx.LABELS[split], labels)

    return write


def _write_objects(embedded: dict[str, Any], seed: int, destination: Path) -> None:
    train, test = (objects.draw(embedded[split], seed, number) for number, split in enumerate(SPLITS))
    cifar.write(destination, objects.CLASSES, train, test)


def _write_scenes(embedded: dict[str, Any], seed: int, destination: Path) -> None:
    names = embedded.get("splits") or {"train": "trainval", "test": "test"}
    size = embedded.get("size") or SCENE_SIZE

    def pictures(number: int, split: str) -> Iterator[voc.Picture]:
        drawn = scenes.pictures(embedded[split], seed, number, size)
        for row, (image, codes) in enumerate(drawn, start=1 + TEST_IDS * number):
            yield f"{row:06d}", photo.jpeg(image), codes

    voc.write(destination, scenes.CLASSES, {names[split]: pictures(i, split) for i, split in enumerate(SPLITS)})


def _write_plants(embedded: dict[str, Any], seed: int, destination: Path) -> None:
    drawn = plants.pictures(embedded["train"] + embedded["test"], seed, embedded.get("size") or PLANT_SIZE)
    folder.write(
        destination,
        "plants",
        (
            (f"plant_seedlings/{plants.CLASSES[label]}", f"{row:05d}", photo.jpeg(image))
            for row, (image, label) in enumerate(drawn)
        ),
    )


def _write_patterns(embedded: dict[str, Any], seed: int, destination: Path) -> None:
    size = embedded.get("size") or PATTERN_SIZE
    folder.write(
        destination,
        "patterns",
        (
            (f"patterns/{split}/{patterns.CLASSES[label]}", f"{row:05d}", photo.jpeg(image))
            for number, split in enumerate(SPLITS)
            for row, (image, label) in enumerate(patterns.pictures(embedded[split], seed, number, size))
        ),
    )


DRAWINGS: dict[str, Drawing] = {
    "garments": Drawing("idx", garments.CLASSES, _write_idx(garments.draw)),
    "digits": Drawing("idx", digits.CLASSES, _write_idx(digits.draw)),
    "objects": Drawing("cifar", objects.CLASSES, _write_objects),
    "scenes": Drawing("voc", scenes.CLASSES, _write_scenes, named=True),
    "plants": Drawing("folder", plants.CLASSES, _write_plants, named=True),
    "patterns": Drawing("folder", patterns.CLASSES, _write_patterns, named=True),
}
