"""Pictures and values as tiles: small uint8 pictures that a report can show."""

import numpy as np
import torch
from PIL import Image

from revisit.analyses.inspect.view import TILE, View
from revisit.analyses.thumbnails import thumbnails
from revisit.data.tensors import centre

ZERO = 128  # the grey that stands for 0 in a picture of signed values, and for what lies outside a picture


def size(view: View) -> tuple[int, int]:
    """Height and width of what the network sees of an image."""
    height, width = view.batch(np.arange(1)).shape[-2:]
    return height, width


def seen(view: View, rows: np.ndarray) -> np.ndarray:
    """The part of the images of `rows` that the network sees, the centre crop: (B, h, w, C) uint8."""
    pixels, (height, width) = np.array(view.images[rows]), size(view)
    crop = None if (height, width) == pixels.shape[1:3] else height  # a crop is square
    return centre(torch.from_numpy(pixels), crop).numpy()


def pictures(images: np.ndarray) -> np.ndarray:
    """Images (N, H, W, C) uint8, C = 1 or 3, box-filtered to at most `TILE` pixels; small ones stay as they are."""
    return thumbnails(images, TILE)


def signed(values: np.ndarray) -> np.ndarray:
    """Values (N, H, W, C) float32 as pictures of at most `TILE` pixels, (N, h, w, C) uint8: 128 is 0.

    They are box-filtered, then each picture is scaled by its own largest absolute value, which becomes 1 or 255.
    """
    N, H, W, C = values.shape
    if max(H, W) > TILE:
        h, w = (max(1, round(n * TILE / max(H, W))) for n in (H, W))
        planes = values.transpose(0, 3, 1, 2).reshape(N * C, H, W).astype(np.float32)
        small = [np.asarray(Image.fromarray(plane).resize((w, h), Image.Resampling.BOX)) for plane in planes]
        values = np.stack(small).reshape(N, C, h, w).transpose(0, 2, 3, 1)
    largest = np.abs(values).max(axis=(1, 2, 3), keepdims=True)
    scaled = np.divide(values, largest, out=np.zeros(values.shape, np.float32), where=largest > 0)
    return np.rint(ZERO + (ZERO - 1) * scaled).astype(np.uint8)


def cut(images: np.ndarray, boxes: np.ndarray, fill: float) -> np.ndarray:
    """A box out of each image, all of the same size: (N, h, w, C); what is outside of the image is `fill`.

    A box that is larger than the image gives the whole image (along that axis): the part outside would tell nothing.

    Args:
        images: (N, H, W, C).
        boxes: (N, 4) integers: top, left, bottom, right in pixels, the last two exclusive, equally large; they may
            reach over the border.
        fill: the value of what is not part of both the box and the image.
    """
    N, H, W, C = images.shape
    sizes = boxes[0, 2:] - boxes[0, :2]
    tiles = np.full((N, min(H, sizes[0]), min(W, sizes[1]), C), fill, images.dtype)
    for tile, image, (top, left, bottom, right) in zip(tiles, images, boxes, strict=True):
        y = 0 if sizes[0] > H else top  # where the tile begins in the image
        x = 0 if sizes[1] > W else left
        a, b, c, d = max(0, top), max(0, left), min(H, bottom), min(W, right)
        tile[a - y : c - y, b - x : d - x] = image[a:c, b:d]
    return tiles
