"""The layout of PASCAL VOC 2007 (Everingham et al., "The PASCAL VOC2007 Development Kit"): pictures and image sets.

`VOCdevkit/VOC2007/JPEGImages/<id>.jpg`, `ImageSets/Main/<set>.txt` with one id per line and
`ImageSets/Main/<class>_<set>.txt` with `<id> <code>`: 1 present, -1 absent, 0 difficult instances only.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from revisit_drawing.writers import archive

FOLDER = "VOCdevkit/VOC2007"
TRAINVAL = "VOCtrainval_06-Nov-2007.tar"
TEST = "VOCtest_06-Nov-2007.tar"

Picture = tuple[str, bytes, np.ndarray]  # id, JPEG file, codes (K,) int8


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
        for identity, jpeg, codes in pictures:
            yield f"{FOLDER}/JPEGImages/{identity}.jpg", jpeg
            ids.append(identity)
            rows.append(codes)
        main = f"{FOLDER}/ImageSets/Main"
        for k, kind in enumerate(classes):
            lines = [f"{identity} {codes[k]:2d}\n" for identity, codes in zip(ids, rows, strict=True)]
            yield f"{main}/{kind}_{name}.txt", "".join(lines).encode()
        yield f"{main}/{name}.txt", "".join(f"{identity}\n" for identity in ids).encode()
