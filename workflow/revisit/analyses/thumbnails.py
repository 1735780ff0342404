"""Small pictures of images."""

from pathlib import Path

import numpy as np
from PIL import Image

from revisit import files

THUMBNAIL = 32  # pixels, the longer side at most
_IMAGES = 256  # shrunk at a time


def write_thumbnails(path: Path, images: np.ndarray) -> None:
    """Write `thumbnails(images)` as an .npy file, some images at a time: `images` may be larger than the memory."""
    shape = (len(images), *thumbnails(images[:1]).shape[1:])
    small = files.new_array(path, np.uint8, shape)
    for start in range(0, len(images), _IMAGES):
        small[start : start + _IMAGES] = thumbnails(images[start : start + _IMAGES])
    small.flush()


def thumbnails(images: np.ndarray, side: int = THUMBNAIL) -> np.ndarray:
    """Images (N, H, W, C) uint8, C = 1 or 3, shrunk to at most `side` pixels; small ones stay as they are."""
    N, H, W, C = images.shape
    if max(H, W) <= side:
        return np.array(images)
    h, w = (max(1, round(n * side / max(H, W))) for n in (H, W))
    small = np.empty((N, h, w, C), np.uint8)
    for i, image in enumerate(images):
        picture = Image.fromarray(np.array(image[..., 0] if C == 1 else image)).resize((w, h), Image.Resampling.BOX)
        small[i] = np.asarray(picture).reshape(h, w, C)
    return small
