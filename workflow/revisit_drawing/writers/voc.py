"""The layout of PASCAL VOC 2007 (Everingham et al., "The PASCAL VOC2007 Development Kit"), in `VOCdevkit/VOC2007/`.

`JPEGImages/<id>.jpg`; `ImageSets/Main/<set>.txt` with one id per line, and `ImageSets/Main/<class>_<set>.txt` with
`<id> <code>`: 1 present, -1 absent, 0 difficult instances only. `Annotations/<id>.xml` has a box for each object, with
corners that count from 1 and belong to it. `SegmentationObject/<id>.png` says of each pixel which of these objects it
shows, `SegmentationClass/<id>.png` of which class: 0 background, 255 void, in VOC's palette; `ImageSets/Segmentation`
lists the images that have such masks, here all.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from revisit_drawing.writers import archive

FOLDER = "VOCdevkit/VOC2007"
TRAINVAL = "VOCtrainval_06-Nov-2007.tar"
TEST = "VOCtest_06-Nov-2007.tar"
VOID = 255


class Object(NamedTuple):
    """An object in a picture."""

    name: str  # its class
    extent: tuple[int, int, int, int]  # first column and row, last column and row, from 0
    difficult: bool
    truncated: bool


class Picture(NamedTuple):
    """A picture with its annotations."""

    identity: str
    jpeg: bytes
    codes: np.ndarray  # (K,) int8
    objects: list[Object]
    masks: np.ndarray  # (H, W) uint8: 0 background, j where the j-th object (from 1) shows, 255 void


def file_of(image_set: str) -> str:
    """The archive that an image set comes in."""
    return TEST if image_set == "test" else TRAINVAL


def write(folder: Path, classes: Sequence[str], sets: dict[str, Iterable[Picture]]) -> None:
    """Write image sets, each into its archive; pictures are taken one at a time."""
    for file in dict.fromkeys(map(file_of, sets)):
        with open(folder / file, "wb") as stream:
            archive.write(stream, _members(classes, {name: sets[name] for name in sets if file_of(name) == file}))


def _members(classes: Sequence[str], sets: dict[str, Iterable[Picture]]) -> Iterator[archive.Member]:
    for name, pictures in sets.items():
        ids, rows = [], []
        for picture in pictures:
            identity, number = picture.identity, np.zeros(256, np.uint8)
            for j, thing in enumerate(picture.objects, start=1):
                number[j] = 1 + classes.index(thing.name)
            number[VOID] = VOID
            yield f"{FOLDER}/JPEGImages/{identity}.jpg", picture.jpeg
            yield f"{FOLDER}/Annotations/{identity}.xml", annotation(picture)
            yield f"{FOLDER}/SegmentationClass/{identity}.png", png(number[picture.masks])
            yield f"{FOLDER}/SegmentationObject/{identity}.png", png(picture.masks)
            ids.append(identity)
            rows.append(picture.codes)
        main, listed = f"{FOLDER}/ImageSets/Main", "".join(f"{identity}\n" for identity in ids).encode()
        for k, kind in enumerate(classes):
            lines = [f"{identity} {codes[k]:2d}\n" for identity, codes in zip(ids, rows, strict=True)]
            yield f"{main}/{kind}_{name}.txt", "".join(lines).encode()
        yield f"{main}/{name}.txt", listed
        yield f"{FOLDER}/ImageSets/Segmentation/{name}.txt", listed


def annotation(picture: Picture) -> bytes:
    """The XML file of a picture's objects."""
    height, width = picture.masks.shape
    lines = [
        "<annotation>",
        f"\t<folder>VOC2007</folder>\n\t<filename>{picture.identity}.jpg</filename>",
        f"\t<size>\n\t\t<width>{width}</width>\n\t\t<height>{height}</height>\n\t\t<depth>3</depth>\n\t</size>",
        "\t<segmented>1</segmented>",
    ]
    for thing in picture.objects:
        corners = zip(("xmin", "ymin", "xmax", "ymax"), thing.extent, strict=True)
        lines += [
            f"\t<object>\n\t\t<name>{thing.name}</name>\n\t\t<pose>Unspecified</pose>",
            f"\t\t<truncated>{thing.truncated:d}</truncated>\n\t\t<difficult>{thing.difficult:d}</difficult>",
            "\t\t<bndbox>",
            *(f"\t\t\t<{name}>{value + 1}</{name}>" for name, value in corners),
            "\t\t</bndbox>\n\t</object>",
        ]
    return "\n".join([*lines, "</annotation>\n"]).encode()


@cache
def palette() -> tuple[int, ...]:
    """VOC's colours of the numbers 0 to 255: three bits of a number go to the upper bits of red, green and blue."""
    colours = []
    for number in range(256):
        for channel in range(3):
            colours.append(sum((number >> (3 * bit + channel) & 1) << (7 - bit) for bit in range(3)))
    return tuple(colours)


def png(numbers: np.ndarray) -> bytes:
    """Numbers (H, W) uint8 as a PNG file with VOC's palette."""
    image = Image.fromarray(numbers)
    image.putpalette(palette())  # which makes it an image of numbers with colours, not of greys
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
