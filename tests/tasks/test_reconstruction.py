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


def of(make, loader, network, loss=None, size=3):
    task = make("reconstruction", loss=loss)
    found = task.evaluate(network, loader, torch.arange(7), size)
    return dict(zip(task.facts.beside, found.beside, strict=True)) | {"loss": found.loss}


def test_both_losses_are_told_whichever_is_minimised(make, make_loader):
    loader = make_loader(LABELS)
    logits, values = (of(make, loader, network, loss) for network, loss in (
        (lambda inputs: inputs * 2 - 0.3, "binary_cross_entropy"),
        (lambda inputs: (inputs * 2 - 0.3).sigmoid(), "mean_squared_error"),
    ))  # fmt: skip
    assert logits["loss"] == logits["cross_entropy"] == pytest.approx(values["cross_entropy"], rel=1e-4)
    assert values["loss"] == values["squared_error"] == pytest.approx(logits["squared_error"], rel=1e-6)


def test_values_beyond_black_and_white_cost_no_endless_cross_entropy(make, make_loader):
    found = of(make, make_loader(LABELS), lambda inputs: inputs * 0 - 3.0)
    pixels = make_loader(LABELS).evaluation(torch.arange(7)).double() / 255
    assert found["cross_entropy"] == pytest.approx(
        -(pixels * np.log(1 / 512) + (1 - pixels) * np.log(511 / 512)).mean().item()
    )


def test_no_reconstruction_has_a_cross_entropy_below_the_entropy_of_the_pixels(make, make_loader):
    loader = make_loader(LABELS)
    pixels = loader.evaluation(torch.arange(7)).permute(0, 3, 1, 2).float() / 255
    perfect = of(make, loader, lambda inputs: pixels, size=7)
    assert perfect["squared_error"] == pytest.approx(0, abs=1e-12)
    assert perfect["cross_entropy"] >= perfect["entropy"] > 0
    assert perfect["cross_entropy"] == pytest.approx(perfect["entropy"], rel=0.02)  # but for the clipping
    assert of(make, loader, lambda inputs: inputs)["cross_entropy"] > perfect["entropy"]


def test_noise_destroys_the_same_inputs_for_every_network(make, make_loader):
    loader, index = make_loader(LABELS), torch.arange(7)
    inputs = loader.preprocessing(loader.evaluation(index))
    seen = []
    found = of(make, loader, lambda images: seen.append(images) or images, size=7)
    clean, noisy = seen
    assert torch.equal(clean, inputs)
    assert 0 < (noisy == 0).float().mean() < 1
    assert torch.equal(noisy[noisy != 0], inputs[noisy != 0])
    again = []
    of(make, loader, lambda images: again.append(images) or images * 3, size=7)
    assert torch.equal(again[1], noisy)
    pixels = loader.evaluation(index).permute(0, 3, 1, 2).double() / 255
    assert found["squared_error_of_noisy"] == pytest.approx(((noisy - pixels) ** 2).mean().item())
    as_pixels = torch.where(noisy == 0, loader.preprocessing.middle.double(), pixels)
    assert found["squared_error_of_noise"] == pytest.approx(((as_pixels - pixels) ** 2).mean().item(), rel=1e-4)
