"""The same pictures as pictures of another kind: everything stays where it is, and looks otherwise.

What artworks lack of photographs is taken away: a painting keeps colours and shapes and loses textures, a sketch keeps
shapes alone. (Hall et al. 2015, arXiv:1505.00110, and Redmon et al. 2016, section 4.5, show detectors real artworks.)
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from revisit.objects.arrays import Bytes

Style = Literal["painting", "sketch"]
STROKE = 40  # widths of a brush, and radii of a pencil's blur, along the shorter side of a picture
BITS = 3  # of each colour of a painting


def painting(picture: Image.Image) -> Image.Image:
    """Few colours in strokes: each pixel gets the most frequent of the values around it, channel by channel."""
    width = max(2 * (min(picture.size) // (2 * STROKE)) + 1, 3)  # odd
    return ImageOps.posterize(picture, BITS).filter(ImageFilter.ModeFilter(width))


def sketch(picture: Image.Image) -> Image.Image:
    """Grey lines on white paper: what is darker than its surroundings, by how much it is."""
    grey = ImageOps.grayscale(picture)
    around = grey.filter(ImageFilter.GaussianBlur(max(min(picture.size) / STROKE, 1)))
    share = np.asarray(grey, np.float32) / np.maximum(np.asarray(around, np.float32), 1)
    return Image.fromarray((255 * np.minimum(share, 1)).astype(np.uint8)).convert("RGB")


STYLES: dict[str, Callable[[Image.Image], Image.Image]] = {"painting": painting, "sketch": sketch}


def restyled(images: Bytes, style: str) -> Bytes:
    """Images (N, H, W, 3) uint8 in a style out of `STYLES`, of the same shape and type."""
    made = [np.asarray(STYLES[style](Image.fromarray(np.array(image)))) for image in images]
    return np.stack(made) if made else np.zeros(images.shape, np.uint8)
