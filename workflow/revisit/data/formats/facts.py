"""What is known of a file format without reading a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from revisit.data.listing import hidden


@dataclass(frozen=True)
class Facts:
    """What a format is.

    Attributes:
        description: for readers of `params.yaml`.
        labels: the kind of labels that its images have, out of `revisit.data.labels.KINDS`.
        check: looks at a file before it is accepted. Raises DataError when it is none of this format.
        limit: bytes of one file at most, also unpacked.
        others: whether a mirror may hold other archives, or folders of images, than the published ones.
        files: the names of its files, where they are always the same.
        one_size: whether all its images are of one size.
        names_classes: whether the files name the classes themselves.
        image_sets: whether its splits are image sets, which have names.
        beside: endings of the files that belong to its images.
        objects: what its files may say of the objects in the images, out of `revisit.data.objects.KINDS`.
    """

    description: str
    labels: Literal["single", "multi"]
    check: Callable[[Path], Any]
    limit: int
    others: bool = True
    files: tuple[str, ...] = ()
    one_size: bool = False
    names_classes: bool = False
    image_sets: bool = False
    beside: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()

    def takes(self, name: str) -> bool:
        """Whether a file of this name, with `/` between folders, is read: an image, or what belongs to images."""
        from revisit.data import images  # Pillow, which the schema of params.yaml does without

        return images.is_image(name) or (name.lower().endswith(self.beside) and not hidden(name))
