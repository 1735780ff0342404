"""Masks within boxes put into the image, and how much they overlap masks of objects."""

import torch
from torch import Tensor

from revisit.objects.arrays import Floats


def pasted(logits: Tensor, boxes: Tensor, height: int, width: int) -> Tensor:
    """Masks of the size of the image (He et al. 2017, section 3.1): resized to the box, then 0.5 or more.

    Args:
        logits: (D, m, m) float32, within the boxes.
        boxes: (D, 4) float32, in pixels of the image.
        height: of the image.
        width: of the image.

    Returns:
        (D, height, width) bool: pixels whose centre lies in the box, and whose probability, interpolated between the
        centres of the mask's cells, is 0.5 or more.
    """
    x0, y0, x1, y1 = boxes.unbind(-1)
    rows, columns = (_weights(*ends, logits.shape[-1]) for ends in ((y0, y1, height), (x0, x1, width)))
    # Where the box is not, all weights are 0, and so is the probability.
    return rows @ logits.sigmoid() @ columns.transpose(1, 2) >= 0.5


def _weights(low: Tensor, high: Tensor, size: int, cells: int) -> Tensor:
    """What the `cells` of an axis of boxes from `low` to `high` (D,) count for `size` pixels: (D, size, cells)."""
    centre = torch.arange(size, device=low.device) + 0.5
    share = (centre - low[:, None]) / (high - low).clamp(min=torch.finfo(low.dtype).tiny)[:, None]
    place = (share * cells - 0.5).clamp(0, cells - 1)[..., None]
    near = (1 - (place - torch.arange(cells, device=low.device)).abs()).clamp(min=0)
    return near * ((share >= 0) & (share <= 1))[..., None]


def shares(found: Tensor, real: Tensor) -> Floats:
    """The IoU of masks (D, h, w) bool with masks (M, h, w) bool on the same device: (D, M) float64."""
    first, second = found.flatten(1).float(), real.flatten(1).float()  # sums of pixels are exact below 2**24
    common = (first @ second.T).double()
    union = first.sum(1).double()[:, None] + second.sum(1).double() - common
    result: Floats = (common / union.clamp(min=1)).cpu().numpy()
    return result
