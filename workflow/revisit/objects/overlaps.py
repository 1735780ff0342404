"""How much two boxes or two masks overlap: the intersection over the union, IoU (Everingham et al. 2010, section 4.2).

A box is x0 y0 x1 y1, the corners of an area: its width is x1 - x0. VOC's files name the first and the last pixel
instead, and its development kit computes with widths of x1 - x0 + 1: `pixels=True` does the same.
Nothing overlaps what has no area: the IoU is 0 where the union is empty.
"""

from math import prod

import numpy as np

from revisit.objects.arrays import Flags, Floats


def boxes(a: Floats, b: Floats, pixels: bool = False) -> Floats:
    """The IoU of each of the boxes `a` (N, 4) with each of the boxes `b` (M, 4): (N, M) float64."""
    return _boxes(np.asarray(a, np.float64)[:, None], np.asarray(b, np.float64)[None], pixels)


def paired_boxes(a: Floats, b: Floats, pixels: bool = False) -> Floats:
    """The IoU of box i of `a` (P, 4) with box i of `b` (P, 4): (P,) float64."""
    return _boxes(np.asarray(a, np.float64), np.asarray(b, np.float64), pixels)


def masks(a: Flags, b: Flags) -> Floats:
    """The IoU of each of the masks `a` (N, H, W) bool with each of the masks `b` (M, H, W) bool: (N, M) float64."""
    first, second = (x.reshape(len(x), prod(x.shape[1:])).astype(np.float32) for x in (a, b))  # exact below 2**24
    common = (first @ second.T).astype(np.float64)
    union = first.sum(axis=1, dtype=np.float64)[:, None] + second.sum(axis=1, dtype=np.float64) - common
    return _share(common, union)


def areas(boxes: Floats, pixels: bool = False) -> Floats:
    """The areas (...,) of boxes (..., 4); 0 where a corner lies beyond the other."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2] + float(pixels), 0)
    return sides[..., 0] * sides[..., 1]


def _boxes(a: Floats, b: Floats, pixels: bool) -> Floats:
    corners = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])
    common = areas(np.concatenate(corners, axis=-1), pixels)
    return _share(common, areas(a, pixels) + areas(b, pixels) - common)


def _share(common: Floats, union: Floats) -> Floats:
    return np.divide(common, union, out=np.zeros_like(union), where=union > 0)
