"""The objects in images on a device: gathered with the minibatches, and moved as their images are."""

from typing import NamedTuple

import numpy as np
import torch

from revisit.data import objects as prepared
from revisit.device import moved
from revisit.objects.batch import Objects


class Seen(NamedTuple):
    """The objects that a minibatch of images shows.

    Attributes:
        objects: boxes and masks in pixels of the network's input. The kind is -1 where padded, where the object is
            difficult, and where a crop leaves less than `revisit.data.objects.LEAST` of its box.
        kinds: of all of these, (B, K) int64, with -1 where padded alone.
        proposals: (B, P, 4) float32, without area where padded or outside; None: the data set has none.
    """

    objects: Objects
    kinds: torch.Tensor
    proposals: torch.Tensor | None


class ObjectsOnDevice:
    """The objects in the images of a split, padded to the most that one image has.

    Args:
        found: as they are prepared.
        size: height and width of the images.
        device: where minibatches are wanted. Masks and proposals stay in their files until they are.
    """

    def __init__(self, found: prepared.Objects, size: tuple[int, int], device: torch.device) -> None:
        counts = np.diff(found.offsets)
        most = max(int(counts.max(initial=0)), 1)
        row = found.images
        column = np.arange(len(row)) - found.offsets[row]
        boxes = np.zeros((len(counts), most, 4), np.float32)
        kinds = np.full((len(counts), most), -1, np.int64)
        difficult = np.zeros((len(counts), most), bool)
        boxes[row, column], kinds[row, column], difficult[row, column] = found.boxes, found.kinds, found.difficult
        self.size, self.device = size, device
        self._boxes, self._kinds, self._difficult = (
            torch.from_numpy(array).to(device) for array in (boxes, kinds, difficult)
        )
        self._masks, self._proposals = found.masks, found.proposals

    def seen(
        self, index: torch.Tensor, corners: np.ndarray | None, flips: np.ndarray | None, size: tuple[int, int]
    ) -> Seen:
        """The objects in the images at `index` (B,) after a crop of `size` at `corners` (B, 2) and mirroring `flips`.

        `corners`: top and left; None: whole images. `flips`: (B,) bool; None: no image.
        """
        there = moved(index, self.device)
        boxes, kinds = self._boxes.index_select(0, there), self._kinds.index_select(0, there)
        inside = self._moved(boxes, corners, flips, size)
        left = _area(inside) / _area(boxes).clamp(min=1e-6)
        difficult = self._difficult.index_select(0, there)
        learnt = torch.where(difficult | (left < prepared.LEAST), -1, kinds)
        masks = None if self._masks is None else self._cut(self._masks, index, corners, flips, size)
        proposals = None
        if self._proposals is not None:
            rows = np.ascontiguousarray(self._proposals[index.cpu().numpy()])
            proposals = self._moved(moved(torch.from_numpy(rows), self.device), corners, flips, size)
        return Seen(Objects(inside, learnt, masks), kinds, proposals)

    def _moved(
        self, boxes: torch.Tensor, corners: np.ndarray | None, flips: np.ndarray | None, size: tuple[int, int]
    ) -> torch.Tensor:
        """Boxes (B, n, 4) in the part that is cut out, within it; empty ones become zeros."""
        if corners is not None:
            shift = torch.from_numpy(corners[:, [1, 0, 1, 0]].astype(np.float32))
            boxes = boxes - moved(shift, self.device)[:, None]
        limits = boxes.new_tensor([size[1], size[0]] * 2)
        boxes = torch.minimum(boxes.clamp(min=0), limits)
        if flips is not None:
            mirrored = torch.stack([size[1] - boxes[..., 2], boxes[..., 1], size[1] - boxes[..., 0], boxes[..., 3]], -1)
            boxes = torch.where(moved(torch.from_numpy(flips), self.device)[:, None, None], mirrored, boxes)
        return boxes * (_area(boxes) > 0)[..., None]

    def _cut(
        self,
        masks: np.ndarray,
        index: torch.Tensor,
        corners: np.ndarray | None,
        flips: np.ndarray | None,
        size: tuple[int, int],
    ) -> torch.Tensor:
        parts = np.empty((len(index), *size), np.uint8)
        for number, row in enumerate(index.tolist()):
            top, left = (0, 0) if corners is None else corners[number]
            part = masks[row, top : top + size[0], left : left + size[1]]
            parts[number] = part[:, ::-1] if flips is not None and flips[number] else part
        return moved(torch.from_numpy(parts), self.device)


def _area(boxes: torch.Tensor) -> torch.Tensor:
    return (boxes[..., 2] - boxes[..., 0]).clamp(min=0) * (boxes[..., 3] - boxes[..., 1]).clamp(min=0)
