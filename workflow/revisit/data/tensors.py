"""From stored pixels to the input of a network: the one place that crops to the centre and normalises."""

import torch

from revisit.errors import ConfigError

IMAGENET_MEAN = (123.68, 116.779, 103.939)  # red, green, blue, 0..255


class Preprocessing:
    """A centre crop, then (x / 255 - mean) / std per channel, in one multiplication and one subtraction.

    Then the channels are put in the order that the network takes.

    Args:
        mean: one number per channel, for images scaled to 0..1.
        std: likewise; 0 for a channel that never changes.
        device: where the images are.
        crop: the side of the square that is cut out of the middle, pixels; None keeps the whole image. Where the
            margin is odd, the middle lies half a pixel towards the upper left.
        channels: "rgb", as images are stored, or "bgr", as Caffe's networks take them: the last channel first.
    """

    def __init__(
        self, mean: list[float], std: list[float], device: torch.device, crop: int | None = None, channels: str = "rgb"
    ) -> None:
        std = [s or 1.0 for s in std]  # a channel that never changes becomes 0
        scale = [1 / (255 * s) for s in std]
        shift = [m / s for m, s in zip(mean, std, strict=True)]
        self._scale = torch.tensor(scale, dtype=torch.float32, device=device)
        self._shift = torch.tensor(shift, dtype=torch.float32, device=device)
        self._crop, self._reversed = crop, channels == "bgr"

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C) uint8 -> (B, C, h, w) float32, both on the device; h and w are the crop's side, or H and W.

        The channels of a pixel stay together (`channels_last`), as they are stored and as convolutions are fastest.

        Raises:
            ConfigError: the crop is larger than the images.
        """
        inputs = planes(centre(pixels, self._crop))
        batch, channels, height, width = inputs.shape
        # Lines of pixels: on a CPU several times as fast as broadcasting along three channels.
        lines = inputs.permute(0, 2, 3, 1).view(batch, height, width * channels)
        lines.mul_(self._scale.repeat(width)).sub_(self._shift.repeat(width))
        return inputs.flip(1) if self._reversed else inputs

    def pixels(self, inputs: torch.Tensor) -> torch.Tensor:
        """What inputs (B, C, h, w) float32 look like: (B, h, w, C) uint8, in the order of the image.

        The way back, but for the crop: exact for pixels, to rounding for mixtures of pixels.
        """
        seen = (inputs.flip(1) if self._reversed else inputs).permute(0, 2, 3, 1)
        return ((seen + self._shift) / self._scale).round_().clamp_(0, 255).to(torch.uint8)

    @property
    def middle(self) -> torch.Tensor:
        """What an input of 0 stands for, as a pixel scaled to 0..1: (C, 1, 1) float32, in the order of the image."""
        return (self._shift / (255 * self._scale)).view(-1, 1, 1)


def normalisation(inputs: str, mean: list[float], std: list[float]) -> dict[str, list[float]]:
    """`mean` and `std` of `Preprocessing` for pixels as a protocol wants them (`inputs` of `params.yaml`).

    Args:
        inputs: "standardised", "scaled" (to 0..1) or "imagenet_mean" (0..255 less ImageNet's mean colour, as Caffe's
            networks take them: Simonyan & Zisserman 2015, section 2.1, with Caffe's published numbers).
        mean: of the training images, per channel, in 0..1.
        std: likewise.

    Raises:
        ConfigError: ImageNet's mean colour is asked of images without three channels.
    """
    if inputs == "scaled":
        return {"mean": [0.0] * len(mean), "std": [1.0] * len(mean)}
    if inputs == "imagenet_mean":
        if len(mean) != len(IMAGENET_MEAN):
            raise ConfigError(f"inputs: imagenet_mean is a colour, but the images have {len(mean)} channel; use scaled")
        return {"mean": [value / 255 for value in IMAGENET_MEAN], "std": [1 / 255] * len(mean)}
    return {"mean": mean, "std": std}


def centre(pixels: torch.Tensor, crop: int | None) -> torch.Tensor:
    """The middle of images (B, H, W, C): a view (B, crop, crop, C), or all of it without a crop.

    Raises:
        ConfigError: the crop is larger than the images.
    """
    height, width = cropped((pixels.shape[1], pixels.shape[2]), crop)
    top, left = (pixels.shape[1] - height) // 2, (pixels.shape[2] - width) // 2
    return pixels[:, top : top + height, left : left + width]


def planes(pixels: torch.Tensor) -> torch.Tensor:
    """(B, H, W, C) uint8 -> a new tensor (B, C, H, W) float32, `channels_last`, with the same values, 0..255."""
    return pixels.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.channels_last)


def cropped(size: tuple[int, int], crop: int | None) -> tuple[int, int]:
    """Height and width of an image of `size` after a square crop of side `crop` (None: none).

    Raises:
        ConfigError: the crop is larger than the image.
    """
    if crop is None:
        return size
    if crop > min(size):
        raise ConfigError(
            f"crop: {crop} is more than the {size[0]}x{size[1]} pixels of an image; "
            "choose a smaller crop, or a larger `size` of the data set"
        )
    return crop, crop
