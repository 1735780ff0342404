"""RoIAlign and RoI max pooling, against torchvision."""

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

from revisit.objects import align


def example(seed, images=2, channels=3, height=7, width=9, count=4):
    """Maps with a gradient, regions that may leave them, and the regions as torchvision has them."""
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(images, channels, height, width, generator=generator).requires_grad_()
    low = torch.rand(images, count, 2, generator=generator) * 80 - 10
    regions = torch.cat([low, low + 1 + torch.rand(images, count, 2, generator=generator) * 60], -1)
    return maps, regions, list(regions)


def gradient(output, maps, seed):
    weights = torch.randn(output.shape, generator=torch.Generator().manual_seed(seed))
    return torch.autograd.grad((output * weights).sum(), maps)[0]


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), bins=st.integers(1, 7), samples=st.integers(1, 3))
def test_alignment_is_torchvisions(seed, bins, samples):
    maps, regions, listed = example(seed)
    ours = align.roi_align(maps, regions, bins, 1 / 8, samples)
    theirs = torchvision.ops.roi_align(maps, listed, bins, 1 / 8, samples, aligned=True)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    torch.testing.assert_close(gradient(ours, maps, seed), gradient(theirs, maps, seed), rtol=1e-5, atol=1e-5)


def test_what_is_warped_is_what_alignment_gives_images():
    images, regions, _ = example(3, height=40, width=50)
    found = align.warp(images, regions, 12)
    torch.testing.assert_close(found, align.roi_align(images, regions, 12), rtol=0, atol=1e-4)
    assert not found.requires_grad


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), bins=st.integers(1, 7))
def test_pooling_is_torchvisions(seed, bins):
    maps, regions, listed = example(seed)
    ours = align.roi_max_pool(maps, regions, bins, 1 / 8)
    theirs = torchvision.ops.roi_pool(maps, listed, bins, 1 / 8)
    assert torch.equal(ours, theirs)
    torch.testing.assert_close(gradient(ours, maps, seed), gradient(theirs, maps, seed), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("operation", [align.roi_align, align.roi_max_pool])
def test_channels_together_give_the_same(operation):
    maps, regions, _ = example(1)
    together = maps.detach().contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(operation(together, regions, 3, 1 / 8), operation(maps, regions, 3, 1 / 8))


def test_a_region_of_one_pixel_per_bin_is_the_map_itself():
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    whole = torch.tensor([[[0.0, 0, 4, 4]]])
    torch.testing.assert_close(align.roi_align(maps, whole, 4, samples=1), maps)


def test_weights_are_shares_inside_and_nothing_far_outside():
    found = align.weights(torch.tensor([0.0, 20.0]), torch.tensor([8.0, 28.0]), 8, 4, 2)
    torch.testing.assert_close(found[0].sum(-1), torch.ones(4))
    assert not found[1].any()


@given(rows=st.integers(1, 6), columns=st.integers(1, 6), height=st.integers(1, 20), width=st.integers(1, 20))
def test_enlarging_is_pytorchs_bilinear_interpolation(rows, columns, height, width):
    maps = torch.randn(2, 3, rows, columns, generator=torch.Generator().manual_seed(rows * columns))
    theirs = torch.nn.functional.interpolate(maps, size=(height, width), mode="bilinear", align_corners=False)
    torch.testing.assert_close(align.enlarge(maps, height, width), theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("factor", [2, 8])
def test_enlarging_is_a_transposed_convolution_inside(factor):
    """Long et al. 2015: kernels of twice the factor, linear along each axis, held fixed."""
    maps = torch.randn(1, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    line = 1 - (torch.arange(2 * factor) - (factor - 0.5)).abs() / factor
    kernel = (line[:, None] * line[None])[None, None]
    theirs = torch.nn.functional.conv_transpose2d(maps, kernel, stride=factor, padding=factor // 2)
    inner = slice(factor, 4 * factor)
    found = align.enlarge(maps, 5 * factor, 5 * factor)
    torch.testing.assert_close(found[..., inner, inner], theirs[..., inner, inner], rtol=0, atol=1e-5)
