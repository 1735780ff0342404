import pytest
import torch

from revisit.models.parts.pooling import AdaptiveAveragePool


@pytest.mark.parametrize("grid", [(7, 7), (6, 6), (4, 4), (3, 5)])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 7), (8, 12), (13, 7), (14, 29)])
def test_values_and_gradients_are_pytorchs(grid, size):
    torch.manual_seed(0)
    images = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(2, 3, *grid, dtype=torch.float64)
    ours, theirs = AdaptiveAveragePool(*grid)(images), torch.nn.AdaptiveAvgPool2d(grid)(images)
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad((output * weights).sum(), images)[0] for output in (ours, theirs)]
    torch.testing.assert_close(*gradients)


def test_maps_of_the_size_wanted_pass_unchanged():
    images = torch.randn(1, 2, 7, 7)
    assert AdaptiveAveragePool(7, 7)(images) is images
