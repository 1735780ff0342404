"""Regions of feature maps brought to one size: RoIAlign, and RoI max pooling, with gradients that are repeatable.

The gradients of torchvision's kernels are summed in no fixed order on a GPU.
"""

import torch
from torch import Tensor


def roi_align(maps: Tensor, regions: Tensor, bins: int, scale: float = 1.0, samples: int = 2) -> Tensor:
    """RoIAlign (He et al. 2017, section 3): in each bin of a region the mean of bilinear samples.

    A bilinear sample is a weighted sum over rows of weighted sums over columns, and so is a mean over a grid of them:
    a region is Y F X', F the map and Y and X one weight per bin and row or column. Two matrix products give what
    `torchvision.ops.roi_align` with `aligned=True` does, with its gradient, in a quarter of the time on a CPU.

    Args:
        maps: (B, C, H, W) float32.
        regions: (B, R, 4) float32: boxes in pixels of the image. No gradient reaches them.
        bins: rows and columns of the result.
        scale: of the maps to the image, 1 / stride.
        samples: in a bin along each side.

    Returns:
        (B * R, C, bins, bins) float32.
    """
    images, channels, height, width = maps.shape
    count = regions.shape[1]
    x0, y0, x1, y1 = (regions.detach() * scale).unbind(-1)
    rows = weights(y0, y1, height, bins, samples).reshape(images, count * bins, height)
    columns = weights(x0, x1, width, bins, samples).reshape(images * count, bins, width)
    lines = rows @ maps.permute(0, 2, 1, 3).reshape(images, height, channels * width)
    aligned = lines.reshape(images * count, bins * channels, width) @ columns.transpose(1, 2)
    return aligned.reshape(images * count, bins, channels, bins).transpose(1, 2)


def weights(low: Tensor, high: Tensor, size: int, bins: int, samples: int) -> Tensor:
    """What each of `size` positions counts in the bins of intervals: means of linear interpolations.

    Args:
        low: where the intervals begin (...), in positions, from the edge of the first one.
        high: where they end (...).
        size: the number of positions along the axis.
        bins: of an interval.
        samples: in a bin, evenly spaced. Beyond the axis the nearest position counts, and nothing from one further on.

    Returns:
        (..., bins, size).
    """
    steps = (torch.arange(bins * samples, device=low.device) + 0.5) / samples
    at = low[..., None] - 0.5 + ((high - low) / bins)[..., None] * steps
    inside = (at >= -1) & (at <= size)
    near = 1 - (at.clamp(0, size - 1)[..., None] - torch.arange(size, device=low.device)).abs()
    each = near.clamp_(min=0) * inside[..., None]
    return each.reshape(*low.shape, bins, samples, size).mean(-2)


def warp(images: Tensor, regions: Tensor, size: int) -> Tensor:
    """What `roi_align` makes of images, by torchvision's kernel, without a gradient.

    Few pixels of an image count in a bin; matrix products multiply all of its rows and columns by 0, and took five
    times as long for regions of 64 x 64 pixels in images of 320 x 320.

    Args:
        images: (B, C, H, W) float32.
        regions: (B, R, 4) float32: boxes in pixels of the image.
        size: rows and columns of the result.

    Returns:
        (B * R, C, size, size) float32.
    """
    import torchvision  # noqa: F401  # a second; its kernels are in torch.ops

    with torch.no_grad():
        found: Tensor = torch.ops.torchvision.roi_align(images, _numbered(regions), 1.0, size, size, 2, True)
    return found


def roi_max_pool(maps: Tensor, regions: Tensor, bins: int, scale: float) -> Tensor:
    """RoI pooling (Girshick 2015, section 2.1): the largest value in each bin of a region; 0 in an empty bin.

    `torchvision.ops.roi_pool`, whose kernel also says where it found each value. Taking the values from there once
    more gives them a gradient that is summed in a fixed order.

    Args:
        maps: (B, C, H, W) float32.
        regions: (B, R, 4) float32: boxes in pixels of the image. No gradient reaches them.
        bins: rows and columns of the result.
        scale: of the maps to the image, 1 / stride.

    Returns:
        (B * R, C, bins, bins) float32.
    """
    import torchvision  # noqa: F401  # a second; its kernels are in torch.ops

    images, channels = maps.shape[:2]
    count = regions.shape[1]
    numbered = _numbered(regions)
    with torch.no_grad():
        # (B R, C, bins, bins); -1: empty
        _, places = torch.ops.torchvision.roi_pool(maps.to(regions.dtype), numbered, scale, bins, bins)
    places = places.reshape(images, count, channels, bins * bins).transpose(1, 2).reshape(images, channels, -1).long()
    values: Tensor = maps.flatten(2).gather(2, places.clamp(min=0)) * (places >= 0)
    return values.reshape(images, channels, count, bins, bins).transpose(1, 2).flatten(0, 1)


def _numbered(regions: Tensor) -> Tensor:
    """Regions (B, R, 4) behind the number of their image, as torchvision's kernels take them: (B * R, 5)."""
    images, count = regions.shape[:2]
    image = torch.arange(images, device=regions.device, dtype=regions.dtype)[:, None, None].expand(-1, count, 1)
    return torch.cat([image, regions.detach()], -1).reshape(-1, 5)


def enlarge(maps: Tensor, height: int, width: int) -> Tensor:
    """Bilinear interpolation as two matrix products, (N, C, h, w) -> (N, C, height, width).

    Where the size is a multiple this is the transposed convolution with bilinear weights of Long et al. 2015, section
    3.3, but for the border, where the nearest position is repeated instead of fading to 0; otherwise it is
    `torch.nn.functional.interpolate`, whose gradient on a GPU is summed in no fixed order, or slowly.
    """
    rows = _whole(maps.shape[-2], height, maps)
    columns = _whole(maps.shape[-1], width, maps)
    return rows @ maps @ columns.transpose(0, 1)


def _whole(size: int, bins: int, like: Tensor) -> Tensor:
    """The `weights` of an axis of `size` positions in as many bins, one sample each, (bins, size)."""
    end = like.new_full((), size)
    return weights(end - size, end, size, bins, 1)
