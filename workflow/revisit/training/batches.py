"""Minibatches straight from the prepared array: gathered, cropped and flipped on the device, without worker processes.

What that is worth: `benchmarks/input_pipeline.py` (large images) and `benchmarks/training.py` (small ones).
"""

from typing import NamedTuple

import numpy as np
import torch

from revisit.data import tensors
from revisit.device import moved
from revisit.errors import ConfigError
from revisit.training.objects import ObjectsOnDevice, Seen
from revisit.training.randomness import Purpose, generator

RESIDENT_LIMIT = 4 * 2**30  # bytes: a larger array stays in its file, and only the batches are moved


class Augmentation(NamedTuple):
    """What happens to the images of a minibatch: where each is cut out, and whether it is mirrored."""

    corners: np.ndarray | None  # (B, 2) int64, top and left; None: whole images
    flips: np.ndarray | None  # (B,) bool; None: no image


def order(count: int, seed: int, epoch: int) -> torch.Tensor:
    """The order in which epoch `epoch` (from 0) visits `count` images: a permutation, (count,) int64.

    It depends on nothing but the arguments, so that a resumed training needs to know only its step.
    """
    return torch.from_numpy(generator(Purpose.ORDER, seed, epoch).permutation(count))


def steps_per_epoch(count: int, batch_size: int) -> int:
    """How many whole batches `count` images give; an epoch's last, smaller batch is left out.

    Every epoch has an order of its own, so other images are left out each time. A static graph needs batches of
    one size.

    Raises:
        ConfigError: there are fewer images than one batch holds.
    """
    if batch_size > count:
        raise ConfigError(f"batch_size: {batch_size} is more than the {count} training images there are")
    return count // batch_size


class Images:
    """Images with labels on a device, ready to be gathered by index.

    Args:
        images: (N, H, W, C) uint8, in memory or memory-mapped.
        labels: (N,) int64 or (N, K) int8.
        device: where the batches are wanted; the array itself moves there unless it is larger than `limit` bytes.
        limit: see `RESIDENT_LIMIT`.
        objects: those in the images, if they are known.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        device: torch.device,
        limit: int = RESIDENT_LIMIT,
        objects: ObjectsOnDevice | None = None,
    ) -> None:
        self.device, self.objects = device, objects
        self._images: torch.Tensor | np.ndarray = images  # an array stays where it is
        if images.nbytes <= limit:
            self._images = torch.from_numpy(np.array(images)).to(device)
        self.labels = torch.from_numpy(np.array(labels)).to(device)
        self.size = (images.shape[1], images.shape[2])

    def __len__(self) -> int:
        return len(self.labels)

    def pixels(self, index: torch.Tensor) -> torch.Tensor:
        """The images at `index` (B,) as they are stored: (B, H, W, C) uint8, a copy on the device."""
        if isinstance(self._images, torch.Tensor):
            return self._images.index_select(0, moved(index, self.device))
        return moved(torch.from_numpy(self._images[index.cpu().numpy()]), self.device)

    def windows(self, index: torch.Tensor, corners: np.ndarray, size: tuple[int, int]) -> torch.Tensor:
        """The parts of `size` whose upper left corners are `corners` (B, 2): (B, h, w, C) uint8, on the device."""
        images = self._images
        if isinstance(images, torch.Tensor):
            if self.device.type != "cpu":
                there = moved(torch.from_numpy(corners), self.device)
                return gather_windows(images, moved(index, self.device), there, size)
            images = images.numpy()
        parts = np.empty((len(index), *size, images.shape[3]), np.uint8)
        for part, image, (top, left) in zip(parts, index.tolist(), corners.tolist(), strict=True):
            part[...] = images[image, top : top + size[0], left : left + size[1]]
        return moved(torch.from_numpy(parts), self.device)


def gather_windows(
    images: torch.Tensor, index: torch.Tensor, corners: torch.Tensor, size: tuple[int, int]
) -> torch.Tensor:
    """`Images.windows` where everything lies on a GPU: one gather of every pixel, without a wait for the host."""
    rows = corners[:, :1] + torch.arange(size[0], device=images.device)
    columns = corners[:, 1:] + torch.arange(size[1], device=images.device)
    return images[index[:, None, None], rows[:, :, None], columns[:, None, :]]


def mirror(pixels: torch.Tensor, rows: np.ndarray) -> None:
    """Turn the images at `rows` of `pixels` (B, h, w, C) left to right, in place.

    On the CPU one by one: large images take a tenth of the time that way, small ones as long as a whole batch at once.
    """
    if pixels.device.type == "cpu":
        for row in rows.tolist():
            pixels[row] = pixels[row].flip(1)
    else:
        mirror_together(pixels, moved(torch.from_numpy(rows), pixels.device))


def mirror_together(pixels: torch.Tensor, rows: torch.Tensor) -> None:
    """`mirror` on a GPU: all rows at once, without a wait for the host."""
    pixels[rows] = pixels[rows].flip(2)


class BatchLoader:
    """Images as a network is given them in training and in evaluation.

    Training takes a random crop and mirrors half of the images left to right, both drawn for each image anew from
    the seed and the step (Krizhevsky et al. 2012, section 4.1); evaluation takes the centre crop.

    Args:
        images: where they come from.
        preprocessing: what crops to the centre and normalises.
        crop: side of the part that is cut out, pixels; None: whole images.
        flip: whether images are mirrored in training.
        seed: of the crops and flips.

    Raises:
        ConfigError: the crop is larger than the images.
    """

    def __init__(
        self, images: Images, preprocessing: tensors.Preprocessing, crop: int | None, flip: bool, seed: int
    ) -> None:
        self.images, self.preprocessing = images, preprocessing
        self._size = tensors.cropped(images.size, crop)
        self._crop, self._flip, self._seed = crop, flip, seed

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of what the network is given."""
        return self._size

    @property
    def repeats(self) -> bool:
        """Whether an image looks alike in each epoch, but for mirroring: nothing is cut off."""
        return self._size == self.images.size

    @property
    def labels(self) -> torch.Tensor:
        """The labels of all images, on the device."""
        return self.images.labels

    def augmentation(self, step: int, count: int) -> Augmentation:
        """Where the `count` images of training step `step` are cut out, and which are mirrored."""
        corners = flips = None
        if self._crop is None and not self._flip:
            return Augmentation(corners, flips)
        draw = generator(Purpose.CROP_AND_FLIP, self._seed, step)
        if self._crop is not None:
            limits = [whole - part + 1 for whole, part in zip(self.images.size, self._size, strict=True)]
            corners = draw.integers(limits, size=(count, 2))
        if self._flip:
            flips = draw.random(count) < 0.5
        return Augmentation(corners, flips)

    def training(self, index: torch.Tensor, augmentation: Augmentation) -> torch.Tensor:
        """The images at `index` (B,), cropped and mirrored as given: (B, h, w, C) uint8, on the device."""
        corners, flips = augmentation
        images = self.images
        pixels = images.pixels(index) if corners is None else images.windows(index, corners, self._size)
        if flips is not None:
            mirror(pixels, flips.nonzero()[0])
        return pixels

    def evaluation(self, index: torch.Tensor) -> torch.Tensor:
        """The middles of the images at `index` (B,): (B, h, w, C) uint8, on the device."""
        return tensors.centre(self.images.pixels(index), self._crop)

    def objects(self, index: torch.Tensor, augmentation: Augmentation) -> Seen:
        """The objects in the images at `index` (B,), cropped and mirrored as given.

        Raises:
            ConfigError: nothing is known of the objects in these images.
        """
        if self.images.objects is None:
            raise ConfigError("objective: needs boxes or masks, but the data set was prepared without (`objects`)")
        return self.images.objects.seen(index, *augmentation, self._size)

    def evaluation_objects(self, index: torch.Tensor) -> Seen:
        """The objects in the middles of the images at `index` (B,); raises as `objects`."""
        corners = None
        if self._crop is not None:
            middle = [(whole - part) // 2 for whole, part in zip(self.images.size, self._size, strict=True)]
            corners = np.tile(np.array(middle, np.int64), (len(index), 1))
        return self.objects(index, Augmentation(corners, None))
