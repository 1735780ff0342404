"""Where the strides of backbones end."""

import pytest

from revisit.errors import ConfigError
from revisit.models import registry
from revisit.models.parts import backbones


@pytest.mark.parametrize("name", backbones.BACKBONES)
def test_maps_are_smaller_than_the_image_by_the_stride(name):
    for stride, layers in backbones.BACKBONES[name].layers.items():
        trunk = backbones.trunk(name, (128, 192, 3), 1.0, stride)
        assert len(trunk) == layers
        _, height, width = backbones.leaving(trunk, (128, 192, 3))
        assert 0 <= 128 / stride - height <= 1, stride  # squeezenet pads nothing
        assert 0 <= 192 / stride - width <= 1, stride


def test_a_stride_that_is_not_there_is_refused():
    with pytest.raises(
        ConfigError, match=r"network\.stride: squeezenet has no layers of stride 32; use one of 4, 8, 16"
    ):
        registry.build("localiser", (64, 64, 3), 4, {"backbone": "squeezenet", "stride": "32"})
