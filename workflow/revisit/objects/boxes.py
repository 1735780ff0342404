"""Boxes: overlaps, the parameterisation of R-CNN, anchors, non-maximum suppression; all batched, without waiting.

A box is x0, y0, x1, y1: corners in pixels, from the left and upper edges of the first pixel; a box of no area is none.
"""

import functools

import numpy as np
import torch
from torch import Tensor

LARGEST = 4.135166556742356  # ln(1000 / 16): decoding makes no side more than 62.5 times as long, and never overflows


def area(boxes: Tensor) -> Tensor:
    """(..., 4) -> (...): in square pixels."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return sides[..., 0] * sides[..., 1]


def iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of all pairs, (..., N, 4) and (..., K, 4) -> (..., N, K).

    The numbers of `torchvision.ops.box_iou`, which takes no batches; 0 where both boxes have no area.
    """
    x0, y0, x1, y1 = boxes[..., :, None, :].unbind(-1)
    left, top, right, bottom = others[..., None, :, :].unbind(-1)
    wide = (torch.minimum(x1, right) - torch.maximum(x0, left)).clamp_(min=0)
    high = (torch.minimum(y1, bottom) - torch.maximum(y0, top)).clamp_(min=0)
    shared = wide * high
    union = area(boxes)[..., :, None] + area(others)[..., None, :] - shared
    return shared / union.clamp_(min=torch.finfo(union.dtype).tiny)


def clip(boxes: Tensor, height: int, width: int) -> Tensor:
    """`boxes` (..., 4) within an image of `height` x `width` pixels."""
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1)


def encode(boxes: Tensor, references: Tensor, deviations: tuple[float, float] = (1.0, 1.0)) -> Tensor:
    """Where `boxes` lie as seen from `references` (Girshick et al. 2014, appendix C, equations 6 to 9).

    Args:
        boxes: (..., 4).
        references: (..., 4): proposals or anchors. Sides of less than a pixel count as one.
        deviations: what shifts and logarithms of scales are divided by, so that their variances are about 1.

    Returns:
        (..., 4): shifts of the centre in sides of the reference, x and y; logarithms of the ratios of the sides.
    """
    sides, wanted = _sides(references), _sides(boxes)
    shift = (boxes[..., :2] + boxes[..., 2:] - references[..., :2] - references[..., 2:]) / 2 / sides
    return torch.cat([shift / deviations[0], (wanted / sides).log() / deviations[1]], -1)


def decode(codes: Tensor, references: Tensor, deviations: tuple[float, float] = (1.0, 1.0)) -> Tensor:
    """The boxes (..., 4) that `encode` makes `codes` (..., 4) of (the paper's equations 1 to 4)."""
    sides = _sides(references)
    centre = (references[..., :2] + references[..., 2:]) / 2 + codes[..., :2] * deviations[0] * sides
    half = sides * (codes[..., 2:] * deviations[1]).clamp(max=LARGEST).exp() / 2
    return torch.cat([centre - half, centre + half], -1)


def anchors(height: int, width: int, stride: int, sizes: tuple[float, ...], ratios: tuple[float, ...]) -> Tensor:
    """The anchors of a map (Ren et al. 2015, section 3.1.1), on the current default device.

    Args:
        height: of the map.
        width: of the map.
        stride: pixels between two positions of the map.
        sizes: square roots of the areas in pixels.
        ratios: of height to width.

    Returns:
        (height * width * A, 4) float32, the A = sizes x ratios anchors of a position one after the other.
    """
    size, ratio = torch.tensor(sizes)[:, None], torch.tensor(ratios)[None]
    half = torch.stack([size / ratio.sqrt(), size * ratio.sqrt()], -1).reshape(-1, 2) / 2  # (A, 2): x, y
    y, x = torch.meshgrid((torch.arange(height) + 0.5) * stride, (torch.arange(width) + 0.5) * stride, indexing="ij")
    centre = torch.stack([x, y], -1).reshape(-1, 1, 2)
    return torch.cat([centre - half, centre + half], -1).reshape(-1, 4)


def suppress(boxes: Tensor, scores: Tensor, overlap: float, count: int) -> tuple[Tensor, Tensor]:
    """Greedy non-maximum suppression in each of many sets of boxes: those that `torchvision.ops.nms` keeps.

    From the best score down, a box stays unless it overlaps one that stays. That is found here for all boxes at once:
    a guess of who stays says who goes, and the others are the next guess. Each round settles at least one more link
    of every chain of overlapping boxes, so the guess soon stands still, and then it is the answer. On a GPU each
    round asks whether it does; there are as many as the longest chain has links.

    Args:
        boxes: (..., N, 4).
        scores: (..., N); -inf: not a box.
        overlap: intersection over union above which the lower score goes.
        count: how many to keep at most.

    Returns:
        Indices into N (..., M) int64 of those kept, best first, M = min(count, N), and which of them are meant, bool;
        the others are padding.
    """
    order = torch.sort(scores, dim=-1, descending=True, stable=True)
    ranked = boxes.gather(-2, order.indices[..., None].expand_as(boxes))
    above = (iou(ranked, ranked) > _single(overlap)).triu(1).to(boxes.dtype)  # (i, j): i has the better score
    real = order.values > -torch.inf
    keep, before = real, torch.zeros_like(real)
    while not keep.is_meta and not torch.equal(keep, before):
        before = keep
        keep = real & (before.to(boxes.dtype)[..., None, :] @ above)[..., 0, :].eq(0)
    ranks = torch.arange(keep.shape[-1], 0, -1, device=keep.device)
    first = torch.where(keep, ranks, 0).topk(min(count, keep.shape[-1]), -1)
    return order.indices.gather(-1, first.indices), first.values > 0


def chosen(values: Tensor, places: Tensor) -> Tensor:
    """(..., N, D) and places in it (..., M) -> (..., M, D)."""
    return values.gather(-2, places[..., None].expand(*places.shape, values.shape[-1]))


def _sides(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=1)


@functools.cache
def _single(threshold: float) -> float:
    """The largest number of single precision that is not above `threshold`, which torchvision has in double."""
    single = np.float32(threshold)
    return float(single if float(single) <= threshold else np.nextafter(single, np.float32(-np.inf)))
