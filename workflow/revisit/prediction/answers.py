"""What a network says of one image."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

PLACE = ("x0", "y0", "x1", "y1")  # columns of a box
Box = tuple[float, float, float, float]  # x0, y0, x1, y1: corners, in sides of the whole image, 0..1


class Guess(NamedTuple):
    """A class with how sure the network is of it, or, where it tells the class of every pixel, the share of pixels."""

    kind: str
    number: int  # of the class; of pixels 0 is the background
    score: float
    box: Box | None = None


@dataclass(frozen=True)
class Answer:
    """What a network says of an image.

    Attributes:
        guesses: the surest first; of a detector there may be none.
        seen: the part of the image that it was shown.
        kinds: the class of every pixel of that part, (h, w) uint8, 0 background; None: not told.
        masks: of each guess, over that part, (G, h, w) bool; None: not told.
    """

    guesses: list[Guess]
    seen: Box
    kinds: np.ndarray | None = None
    masks: np.ndarray | None = None


def rows(image: str, size: tuple[int, int], answer: Answer) -> Iterator[dict[str, str | int]]:
    """The rows of the table for an image of `size` (height, width): boxes in its pixels."""
    height, width = size
    for rank, guess in enumerate(answer.guesses, 1):
        row: dict[str, str | int] = {"image": image, "rank": rank, "class": guess.kind, "score": f"{guess.score:.4f}"}
        if guess.box is not None:
            sides = (width, height) * 2
            corners = (f"{share * side:.1f}" for share, side in zip(guess.box, sides, strict=True))
            row |= dict(zip(PLACE, corners, strict=True))
        yield row
