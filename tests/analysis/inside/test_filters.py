import dataclasses

import numpy as np
import pytest
from torch import nn

from revisit.analysis.inside import filters
from revisit.errors import ConfigError


def test_weights_at_every_snapshot(view, trained_states):
    backwards = dataclasses.replace(view, snapshots=dict(reversed(view.snapshots.items())))
    for seen in (view, backwards):
        summary, files = filters.look(seen, {"numbers": [3, 0, 3]})
        assert summary == {"numbers": [3, 0, 3], "moments": [0, 10, 60], "unit": "step"}
        assert list(files) == ["filters_followed.npy"]
        found = files["filters_followed.npy"]
        assert found.shape == (3, 3, 1, 3, 3)
        assert found.dtype == np.float32
        for i, moment in enumerate((0, 10, 60)):
            np.testing.assert_array_equal(found[i], trained_states[moment]["conv1.weight"][[3, 0, 3]].numpy())
        assert not np.array_equal(found[0], found[2])


@pytest.mark.parametrize("number", [4, -1])
def test_a_filter_that_does_not_exist_is_told(view, number):
    message = rf"^analyses\.inspect\.filters\.numbers: the first convolution has no filter {number}; use 0 to 3$"
    with pytest.raises(ConfigError, match=message):
        filters.look(view, {"numbers": [1, number]})


def test_a_training_without_snapshots_is_told(view):
    with pytest.raises(ConfigError, match=r"^analyses\.inspect\.filters: .*kept no snapshots; set `snapshots` of the"):
        filters.look(dataclasses.replace(view, snapshots={}), {"numbers": [1]})


def test_a_network_without_convolution_is_told(view):
    with pytest.raises(ConfigError, match=r"^analyses\.inspect\.filters: the network has no convolution"):
        filters.look(dataclasses.replace(view, network=nn.Flatten()), {"numbers": [1]})
