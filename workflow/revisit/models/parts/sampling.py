"""Which regions of an image a network learns from, and what each of them is."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from revisit.objects.batch import Objects
from revisit.objects.boxes import area, chosen, iou

FOREGROUND = 0.5  # overlap from which a region is the object (Girshick et al. 2014, section 2.3)
SHARE = 4  # one in so many regions is an object at most (Girshick 2015, section 2.3)


class Sample(NamedTuple):
    """Regions of the images of a minibatch, a fixed number of each; the first quarter is kept for objects."""

    boxes: Tensor  # (B, R, 4)
    labels: Tensor  # (B, R) int64: 0 background, 1 + class
    places: Tensor  # (B, R) int64: which object it overlaps most
    valid: Tensor  # (B, R) bool: False where an image has too few


def sample(proposals: Tensor, objects: Objects, count: int, background: float = 0.0) -> Sample:
    """Draw regions, from PyTorch's default generator: at most a quarter objects, the others background.

    Args:
        proposals: (B, P, 4); without area where padded. The objects themselves are added.
        objects: of the images. What overlaps one that is not to be learnt from as an object would is left out.
        count: R, regions of an image.
        background: the overlap with any object that a region of the background has at least.
    """
    learnt = objects.kinds >= 0
    proposals = torch.cat([proposals, objects.boxes * learnt[..., None]], 1)
    overlap, places, ignored = matched(proposals, objects)
    real = area(proposals) > 0
    positive = real & (overlap >= FOREGROUND)
    negative = real & (overlap < FOREGROUND) & (overlap >= background) & (ignored < FOREGROUND)
    few = count // SHARE
    ours, enough = drawn(positive, few)
    theirs, more = drawn(negative, count - few)
    found, valid = torch.cat([ours, theirs], 1), torch.cat([enough, more], 1)
    places = places.gather(1, found)
    labels = torch.cat([enough, torch.zeros_like(more)], 1) * (objects.kinds.gather(1, places) + 1)
    return Sample(chosen(proposals, found), labels, places, valid)


def matched(boxes: Tensor, objects: Objects) -> tuple[Tensor, Tensor, Tensor]:
    """How much each of `boxes` (B, N, 4) or (N, 4) overlaps objects.

    Returns:
        Each (B, N): the largest overlap with an object to be learnt, which object that is (0 where there is none), and
        the largest overlap with one that is not.
    """
    overlaps = iou(boxes, objects.boxes)
    learnt = (objects.kinds >= 0)[:, None]
    best = (overlaps * learnt).max(2)
    return best.values, best.indices, (overlaps * ~learnt).amax(2)


def drawn(mask: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """At most `count` random places where `mask` (B, N) holds: (B, count) int64, and bool: whether it is one."""
    keys = torch.where(mask, torch.rand(mask.shape, device=mask.device), -1.0)
    top = functional.pad(keys, (0, max(0, count - mask.shape[1])), value=-1.0).topk(count, 1)
    valid = top.values >= 0
    return torch.where(valid, top.indices, 0), valid
