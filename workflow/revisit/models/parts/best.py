"""From scores of many boxes to the detections of an image: non-maximum suppression within each class."""

import torch
from torch import Tensor
from torch.nn import functional

from revisit.objects.batch import Detections
from revisit.objects.boxes import chosen, suppress

CANDIDATES = 100  # boxes of a class and image that suppression looks at, as in the authors' code of Fast R-CNN
LEAST = 0.01  # lower scores are no detections


def best(boxes: Tensor, scores: Tensor, overlap: float, count: int) -> Detections:
    """The boxes with the best scores, after suppression within each class.

    Args:
        boxes: (B, R, C, 4) one per class, or (B, R, 1, 4) one for all.
        scores: (B, R, C), of each class; 0: no box.
        overlap: intersection over union above which the lower score goes.
        count: the number of detections per image; where there are fewer, the rest is padding.
    """
    classes = scores.shape[2]
    boxes = boxes.expand(*scores.shape, 4).transpose(1, 2)  # (B, C, R, 4)
    scores = scores.masked_fill(scores <= LEAST, -torch.inf).transpose(1, 2)
    top, candidates = scores.topk(min(CANDIDATES, scores.shape[2]), -1)
    if top.device.type == "cpu":  # half of 100 or fewer are boxes; on a GPU counting them means waiting
        most = max(1, int((top > -torch.inf).sum(-1).max()))
        top, candidates = top[..., :most], candidates[..., :most]
    boxes = chosen(boxes, candidates)
    kept, meant = suppress(boxes, top, overlap, count)
    scores = torch.where(meant, top.gather(-1, kept), -torch.inf)
    boxes = chosen(boxes, kept)
    kinds = torch.arange(classes, device=scores.device)[:, None].expand_as(scores)
    found = scores.flatten(1).topk(min(count, scores[0].numel()), -1)
    real, padding = found.values > -torch.inf, (0, count - found.indices.shape[1])
    return Detections(
        functional.pad(chosen(boxes.flatten(1, 2), found.indices) * real[..., None], (0, 0, *padding)),
        functional.pad(torch.where(real, found.values, 0), padding),
        functional.pad(torch.where(real, kinds.flatten(1).gather(1, found.indices), -1), padding, value=-1),
    )
