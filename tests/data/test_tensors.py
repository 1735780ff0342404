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
    inputs = tensors.Inputs(MEAN, STD, CPU)(pixels)
    expected = (pixels.numpy() / 255 - MEAN) / STD
    np.testing.assert_allclose(inputs.numpy(), expected.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-6)
    assert inputs.dtype == torch.float32
    assert inputs.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("crop", [5, 3, 7])
def test_the_crop_is_the_centre(pixels, crop):
    inputs = tensors.Inputs(MEAN, STD, CPU, crop)(pixels)
    whole = tensors.Inputs(MEAN, STD, CPU)(pixels)
    torch.testing.assert_close(inputs, center_crop(whole, [crop, crop]), rtol=0, atol=0)


def test_pixels_stay_as_they_are(pixels):
    before = pixels.clone()
    tensors.Inputs(MEAN, STD, CPU, 3)(pixels)
    assert torch.equal(pixels, before)


def test_an_odd_margin_leaves_the_middle_to_the_upper_left():
    rows = torch.arange(4, dtype=torch.uint8).view(1, 4, 1, 1).expand(1, 4, 4, 1)
    assert tensors.centre(rows, 3)[0, :, 0, 0].tolist() == [0, 1, 2]


def test_a_crop_larger_than_the_image_is_refused(pixels):
    with pytest.raises(ConfigError, match="crop: 8 is more than the 9x7 pixels of an image"):
        tensors.Inputs(MEAN, STD, CPU, 8)(pixels)


def test_planes_keep_the_values(pixels):
    planes = tensors.planes(pixels)
    assert planes.dtype == torch.float32
    np.testing.assert_array_equal(planes.numpy(), pixels.numpy().transpose(0, 3, 1, 2))
