import dataclasses

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from revisit.analyses.inspect import first_layer
from revisit.analyses.inspect.looks.filters import look as filters
from revisit.errors import ConfigError


def test_weights_at_every_snapshot(view, trained_states):
    backwards = dataclasses.replace(view, snapshots=dict(reversed(view.snapshots.items())))
    for seen in (view, backwards):
        summary, files = filters.look(seen, {"numbers": [3, 0, 3]})
        assert {key: summary[key] for key in ("numbers", "moments", "unit")} == {
            "numbers": [3, 0, 3],
            "moments": [0, 10, 60],
            "unit": "step",
        }
        assert list(summary) == ["numbers", "moments", "unit", "high_frequency", "high_frequency_all"]
        assert list(files) == ["filters_followed.npy"]
        found = files["filters_followed.npy"]
        assert found.shape == (3, 3, 1, 3, 3)
        assert found.dtype == np.float32
        for i, moment in enumerate((0, 10, 60)):
            np.testing.assert_array_equal(found[i], trained_states[moment]["conv1.weight"][[3, 0, 3]].numpy())
        assert not np.array_equal(found[0], found[2])


def test_high_frequencies_at_every_snapshot(view):
    """Of white noise that is smoothed more and more, but for the first filter."""
    noise = torch.randn(4, 1, 7, 7, generator=torch.Generator().manual_seed(0))

    def smoothed(times):
        network, weights = nn.Sequential(nn.Conv2d(1, 4, 7)), noise
        for _ in range(times):
            weights = functional.avg_pool2d(weights, 3, stride=1, padding=1)
        with torch.no_grad():
            network[0].weight[:] = weights
            network[0].weight[0] = noise[0]
        return network.eval()

    snapshots = {moment: lambda times=times: smoothed(times) for moment, times in {12: 4, 0: 0, 3: 1}.items()}
    seen = dataclasses.replace(view, network=smoothed(4), snapshots=snapshots, unit="epoch")
    summary, _ = filters.look(seen, {"numbers": [2, 3]})
    shares = [first_layer.high_frequency(smoothed(times)[0].weight.detach().double().numpy()) for times in (0, 1, 4)]
    for key, numbers in (("high_frequency", [2, 3]), ("high_frequency_all", [0, 1, 2, 3])):
        assert list(summary[key]) == ["epoch_0", "epoch_3", "epoch_12"]
        assert list(summary[key].values()) == pytest.approx([share[numbers].mean() for share in shares])
    start, middle, end = summary["high_frequency"].values()
    assert start > middle > end
    assert start == pytest.approx(5 / 6, abs=0.1)
    assert summary["high_frequency_all"]["epoch_12"] > end  # the first filter stays as it was


def test_filters_that_diverged_have_no_frequency(view):
    def diverged():
        network = view.snapshots[60]()
        with torch.no_grad():
            network.conv1.weight.fill_(torch.nan)
        return network

    summary, _ = filters.look(dataclasses.replace(view, snapshots=view.snapshots | {60: diverged}), {"numbers": [1]})
    for key in ("high_frequency", "high_frequency_all"):
        assert summary[key]["step_60"] is None
        assert summary[key]["step_0"] > 0


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
