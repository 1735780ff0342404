import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss, mean_squared_error

LABELS = np.zeros(7, np.int64)


def test_targets_are_the_pixels_as_the_network_saw_them(make, make_loader):
    loader, task = make_loader(LABELS), make("reconstruction")
    draw = task.sampler(loader, 3, 0).draw(2)
    seen = loader.augmentation(2, 3)
    pixels = loader.training(draw.index, seen)
    (targets,) = task.targets(loader, draw, seen, pixels)
    np.testing.assert_allclose(targets, pixels.permute(0, 3, 1, 2).numpy() / 255, rtol=1e-6)
    assert targets.shape == (3, 1, 2, 2)


@pytest.mark.parametrize("loss", [None, "mean_squared_error", "binary_cross_entropy"])
@pytest.mark.parametrize("size", [3, 7])
def test_evaluation_is_the_mean_over_pixels_and_images(make, make_loader, loss, size):
    loader, index = make_loader(LABELS), torch.arange(7)
    pixels = loader.evaluation(index).permute(0, 3, 1, 2).double() / 255
    found = make("reconstruction", loss=loss).evaluate(lambda inputs: inputs * 2 - 0.3, loader, index, size)
    outputs, wanted = (pixels * 2 - 0.3).flatten().numpy(), pixels.flatten().numpy()
    expected = mean_squared_error(wanted, outputs)
    if loss == "binary_cross_entropy":  # of targets between 0 and 1: the mean of both outcomes
        chances = 1 / (1 + np.exp(-outputs))
        both = [np.full(len(wanted), outcome) for outcome in (1, 0)]
        expected = log_loss(
            np.concatenate(both), np.tile(chances, 2), sample_weight=np.concatenate([wanted, 1 - wanted])
        )
    assert found.loss == pytest.approx(expected, rel=1e-5)
    assert (found.metric, found.scores) == (None, None)
