"""Where the object lies in an image, as far as its pixels tell, and how much of a box lies on it."""

import numpy as np

OBJECT = 32  # of 255: what differs more from the border of the image counts as object


def object_pixels(pixels: np.ndarray) -> np.ndarray:
    """Pixels that look unlike the background: images (N, H, W, C) uint8 -> (N, H, W) bool.

    Those that differ by more than `OBJECT` in some channel from the median of the outermost pixels. That is the object
    where it stands before an even background, and a rough guess in a photograph.
    """
    border = np.concatenate([pixels[:, 0], pixels[:, -1], pixels[:, 1:-1, 0], pixels[:, 1:-1, -1]], axis=1)
    background = np.median(border, axis=1)[:, None, None]
    return (np.abs(pixels - background) > OBJECT).any(axis=-1)


def share(on: np.ndarray, height: int, width: int) -> np.ndarray:
    """The share of a box that lies on the object, at every place: (H, W) -> (H - height + 1, W - width + 1).

    `on` bool, or float: then the mean of what lies in the box.
    """
    sums = np.pad(on.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    return inside / (height * width)
