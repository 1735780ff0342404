import numpy as np
import pytest
import torch
from torchvision.transforms.functional import center_crop

from revisit.data import tensors
from revisit.errors import ConfigError

CPU = torch.device("cpu")
MEAN, STD = [0.5, 0.25, 0.1], [0.2, 0.1, 0.3]


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 9, 7, 3), dtype=np.uint8))


def test_normalises_channel_by_channel(pixels):
    inputs = tensors.Preprocessing(MEAN, STD, CPU)(pixels)
    expected = (pixels.numpy() / 255 - MEAN) / STD
    np.testing.assert_allclose(inputs.numpy(), expected.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-6)
    assert inputs.dtype == torch.float32
    assert inputs.is_contiguous(memory_format=torch.channels_last)


def test_channels_can_be_reversed(pixels):
    expected = (pixels.numpy() / 255 - MEAN) / STD  # each channel with its own mean and deviation
    inputs = tensors.Preprocessing(MEAN, STD, CPU, 5, "bgr")(pixels)
    np.testing.assert_allclose(inputs, expected[:, 2:7, 1:6, ::-1].transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-6)
    assert inputs.is_contiguous(memory_format=torch.channels_last)


def test_reversing_one_channel_changes_nothing(pixels):
    grey = pixels[..., :1]
    both = [tensors.Preprocessing([0.5], [0.2], CPU, channels=channels)(grey) for channels in ("rgb", "bgr")]
    assert torch.equal(*both)


@pytest.mark.parametrize(
    ("inputs", "channels", "seen"),
    [
        ("standardised", "rgb", [2.5, -2.5, 1.34]),  # (1 - 0.5) / 0.2, (0 - 0.25) / 0.1, (128 / 255 - 0.1) / 0.3
        ("standardised", "bgr", [1.34, -2.5, 2.5]),
        ("scaled", "rgb", [1, 0, 128 / 255]),
        ("scaled", "bgr", [128 / 255, 0, 1]),
        ("imagenet_mean", "rgb", [255 - 123.68, -116.779, 128 - 103.939]),
        ("imagenet_mean", "bgr", [128 - 103.939, -116.779, 255 - 123.68]),  # Caffe's order of means, too
    ],
)
def test_a_pixel_by_hand(inputs, channels, seen):
    pixel = torch.tensor([255, 0, 128], dtype=torch.uint8).view(1, 1, 1, 3)
    found = tensors.Preprocessing(**tensors.normalisation(inputs, MEAN, STD), device=CPU, channels=channels)(pixel)
    assert found.flatten().tolist() == pytest.approx(seen, rel=1e-3 if inputs == "standardised" else 1e-6)


def test_standardised_is_what_the_images_say():
    assert tensors.normalisation("standardised", MEAN, STD) == {"mean": MEAN, "std": STD}


@pytest.mark.parametrize("count", [1, 3])
def test_scaled_has_as_many_numbers_as_channels(count):
    found = tensors.normalisation("scaled", [0.5] * count, [0.0] * count)
    assert found == {"mean": [0.0] * count, "std": [1.0] * count}


def test_imagenets_mean_of_grey_images():
    with pytest.raises(ConfigError, match="imagenet_mean is a colour, but the images have 1 channel; use scaled"):
        tensors.normalisation("imagenet_mean", [0.5], [0.2])


def test_a_channel_that_never_changes_becomes_nothing():
    black = torch.full((2, 3, 3, 1), 51, dtype=torch.uint8)
    np.testing.assert_allclose(tensors.Preprocessing([0.2], [0.0], CPU)(black), 0, atol=1e-7)


@pytest.mark.parametrize("inputs", ["standardised", "scaled", "imagenet_mean"])
@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_the_way_back_gives_every_pixel(inputs, channels):
    every = torch.arange(256, dtype=torch.uint8).view(1, 16, 16, 1) + torch.tensor([0, 7, 99], dtype=torch.uint8)
    there = tensors.Preprocessing(**tensors.normalisation(inputs, MEAN, STD), device=CPU, channels=channels)
    assert torch.equal(there.pixels(there(every)), every)


def test_the_way_back_of_mixtures_rounds_and_stays_inside(pixels):
    there = tensors.Preprocessing(MEAN, STD, CPU, channels="bgr")
    mixed = torch.lerp(there(pixels), there(pixels.flip(0)), 0.3)
    wanted = 0.7 * pixels.double() + 0.3 * pixels.flip(0).double()
    assert (there.pixels(mixed) - wanted).abs().max() <= 0.5 + 1e-4
    assert there.pixels(torch.full((1, 3, 2, 2), 99.0)).unique().tolist() == [255]
    assert there.pixels(torch.full((1, 3, 2, 2), -99.0)).unique().tolist() == [0]


@pytest.mark.parametrize("crop", [5, 3, 7])
def test_the_crop_is_the_centre(pixels, crop):
    inputs = tensors.Preprocessing(MEAN, STD, CPU, crop)(pixels)
    whole = tensors.Preprocessing(MEAN, STD, CPU)(pixels)
    torch.testing.assert_close(inputs, center_crop(whole, [crop, crop]), rtol=0, atol=0)


def test_pixels_stay_as_they_are(pixels):
    before = pixels.clone()
    tensors.Preprocessing(MEAN, STD, CPU, 3)(pixels)
    assert torch.equal(pixels, before)


def test_an_odd_margin_leaves_the_middle_to_the_upper_left():
    rows = torch.arange(4, dtype=torch.uint8).view(1, 4, 1, 1).expand(1, 4, 4, 1)
    assert tensors.centre(rows, 3)[0, :, 0, 0].tolist() == [0, 1, 2]


def test_a_crop_larger_than_the_image_is_refused(pixels):
    with pytest.raises(ConfigError, match="crop: 8 is more than the 9x7 pixels of an image"):
        tensors.Preprocessing(MEAN, STD, CPU, 8)(pixels)


def test_planes_keep_the_values(pixels):
    planes = tensors.planes(pixels)
    assert planes.dtype == torch.float32
    np.testing.assert_array_equal(planes.numpy(), pixels.numpy().transpose(0, 3, 1, 2))
