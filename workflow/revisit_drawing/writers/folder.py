"""A folder of pictures per class, in one archive: `<name>/[<split>/]<class>/<id>.jpg`."""

from collections.abc import Iterable
from pathlib import Path

from revisit_drawing.writers import archive

Picture = tuple[str, str, bytes]  # folder above the picture, its id, JPEG file


def write(folder: Path, name: str, pictures: Iterable[Picture]) -> None:
    """Write `<name>.tar`; pictures are taken one at a time."""
    with open(folder / f"{name}.tar", "wb") as stream:
        archive.write(stream, ((f"{above}/{identity}.jpg", jpeg) for above, identity, jpeg in pictures))
