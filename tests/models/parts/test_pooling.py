import pytest
import torch

from revisit.models.parts.pooling import AdaptiveAveragePool, AdaptiveMaxPool


@pytest.mark.parametrize("grid", [(7, 7), (6, 6), (4, 4), (3, 5)])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 7), (8, 12), (13, 7), (14, 29)])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(AdaptiveAveragePool, torch.nn.AdaptiveAvgPool2d), (AdaptiveMaxPool, torch.nn.AdaptiveMaxPool2d)],
)
def test_values_and_gradients_are_pytorchs(ours, theirs, grid, size):
    torch.manual_seed(0)
    images = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(2, 3, *grid, dtype=torch.float64)
    outputs = ours(*grid)(images), theirs(grid)(images)
    torch.testing.assert_close(*outputs)
    gradients = [torch.autograd.grad((output * weights).sum(), images)[0] for output in outputs]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("pool", [AdaptiveAveragePool, AdaptiveMaxPool])
def test_maps_of_the_size_wanted_pass_unchanged(pool):
    images = torch.randn(1, 2, 7, 7)
    assert pool(7, 7)(images) is images
