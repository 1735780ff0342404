"""The loss of YOLO (Redmon et al. 2016, section 2.2, equation 3)."""

import torch
from torch import Tensor

from revisit.objects.batch import Objects
from revisit.objects.boxes import area, chosen, iou

COORDINATES = 5.0  # lambda_coord
BACKGROUND = 0.5  # lambda_noobj


def losses(predicted: Tensor, kinds: Tensor, objects: Objects, grid: int, height: int, width: int) -> dict[str, Tensor]:
    """Its terms, weighted, means over the images.

    A cell is responsible for the object whose centre is in it, of several for the first one; within the cell, the
    box that overlaps it most. The boxes of a cell with an object that is not to be learnt from count nowhere.

    Args:
        predicted: (N, S S, B, 5), as `Yolo.predicted` gives them.
        kinds: (N, S S, classes).
        objects: of the images.
        grid: S.
        height: of the images, in pixels.
        width: of the images, in pixels.

    Returns:
        "coordinates" (of centres and of square roots of sides), "confidence" (of responsible boxes, against their
        overlap), "background" (confidence of all other boxes, against 0), "classes" (squared errors against 0 and 1).
    """
    images, cells, boxes = predicted.shape[:3]
    scale = torch.stack([predicted.new_full((), width), predicted.new_full((), height)])
    low, high = objects.boxes[..., :2] / scale, objects.boxes[..., 2:] / scale  # (N, K, 2), relative to the image
    centre, sides = (low + high) / 2 * grid, high - low
    cell = centre.floor().clamp(0, grid - 1)
    place = (cell[..., 1] * grid + cell[..., 0]).long()  # (N, K)
    learnt = objects.kinds >= 0
    same = (place[:, :, None] == place[:, None]) & learnt[:, None]
    meant = learnt & ~same.tril(-1).any(-1)  # and no earlier one in the cell

    own = chosen(predicted.flatten(2), place).reshape(*place.shape, boxes, 5)
    with torch.no_grad():
        middle = (own[..., :2] + cell[..., None, :]) / grid
        half = own[..., 2:4].square() / 2
        truth = torch.cat([low, high], -1)[..., None, :]
        overlap, responsible = iou(torch.cat([middle - half, middle + half], -1), truth)[..., 0].max(-1)
    box = chosen(own, responsible[..., None])[..., 0, :]  # (N, K, 5)
    wanted = torch.cat([centre - cell, sides.clamp(min=0).sqrt()], -1)
    coordinates = (box[..., :4] - wanted).square().sum(-1)
    confidence = (box[..., 4] - overlap).square()
    classes = chosen(kinds, place) - _hot(objects.kinds, kinds.shape[-1]).to(kinds.dtype)

    slots = _hot(place * boxes + responsible, cells * boxes) & meant[..., None]
    skipped = _hot(place, cells) & (~learnt & (area(objects.boxes) > 0))[..., None]
    counts = ~slots.any(1) & ~skipped.any(1)[..., None].expand(-1, -1, boxes).flatten(1)
    background = predicted[..., 4].flatten(1).square() * counts
    return {
        "coordinates": COORDINATES * (coordinates * meant).sum() / images,
        "confidence": (confidence * meant).sum() / images,
        "background": BACKGROUND * background.sum() / images,
        "classes": (classes.square().sum(-1) * meant).sum() / images,
    }


def _hot(places: Tensor, count: int) -> Tensor:
    """(...) -> (..., count) bool: whether a place is this one; none for -1."""
    return places[..., None] == torch.arange(count, device=places.device)
