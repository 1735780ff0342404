"""The objects of a minibatch of images, as networks learn from them, and what networks find."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class Objects(NamedTuple):
    """The objects in the images of a minibatch, on the device, padded to the most that one image has, at least one."""

    boxes: "Tensor"  # (B, K, 4) float32: x0, y0, x1, y1, corners in pixels of the network's input; zeros where padded
    kinds: "Tensor"  # (B, K) int64: the class; -1 where padded or not to be learnt from
    masks: "Tensor | None"  # (B, h, w) uint8: 0 background, 1 + k where object k shows, 255 void


class Detections(NamedTuple):
    """What a detector finds in the images of a minibatch, a fixed number per image, most confident first."""

    boxes: "Tensor"  # (B, D, 4) float32, as in `Objects`
    scores: "Tensor"  # (B, D) float32; 0 where padded
    kinds: "Tensor"  # (B, D) int64; -1 where padded
    masks: "Tensor | None" = None  # (B, D, m, m) float32: logits of the mask within the box
