from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses import forward
from revisit.analyses.inspect import networks
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError

CPU = torch.device("cpu")
IMAGES = np.random.default_rng(0).integers(0, 256, (37, 6, 6, 3), dtype=np.uint8)
MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
PREPROCESSING = Preprocessing(MEAN, STD, CPU)


@pytest.fixture
def network():
    torch.manual_seed(0)
    layers = OrderedDict(
        conv1=nn.Conv2d(3, 4, 3),
        norm=nn.BatchNorm2d(4),
        relu1=nn.ReLU(inplace=True),
        pool1=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        dropout=nn.Dropout(0.5),
        fc=nn.Linear(16, 3, bias=False),
    )
    return nn.Sequential(layers).eval()


def normalised():
    return torch.from_numpy(((IMAGES / 255 - MEAN) / STD).transpose(0, 3, 1, 2)).float()


def test_parameters_by_hand(network):
    table = [tuple(row.values()) for row in networks.parameters(network)]
    assert table == [("conv1", 108, 4, 112), ("norm", 4, 4, 8), ("fc", 48, 0, 48)]
    recurrent = networks.parameters(nn.Sequential(OrderedDict(rnn=nn.LSTM(5, 7))))
    assert recurrent == [{"layer": "rnn", "weights": 4 * 7 * (5 + 7), "biases": 2 * 28, "parameters": 392}]


def test_parameters_of_the_published_network():
    from revisit.models import registry

    table = {
        row["layer"]: row["parameters"]
        for row in networks.parameters(registry.build("fashion_cnn", (28, 28, 1), 10, {}))
    }
    assert table == {"conv1": 832, "conv2": 51264, "fc1": 3212288, "fc2": 10250}


def test_observed_layers_are_those_that_run_once_and_give_a_tensor(network):
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.twice, self.unused, self.rnn = network, nn.Tanh(), nn.Linear(3, 3), nn.LSTM(3, 2)

        def forward(self, images):
            found = self.twice(self.twice(self.body(images)))
            return self.rnn(found)[0]

    found = networks.observed_layers(Branching().eval(), normalised()[:1])
    assert found == ["body.conv1", "body.norm", "body.relu1", "body.pool1", "body.fc"]


def test_statistics_do_not_depend_on_the_batches(network, monkeypatch):
    whole, strongest = networks.activation_statistics(network, IMAGES, PREPROCESSING, CPU)
    assert list(whole) == ["conv1", "norm", "relu1", "pool1", "fc"]
    with torch.inference_mode():
        conv = network.conv1(normalised()).double()
        norm = network.norm(conv.float()).double()
    # relu1 works in place: norm must be seen as it was before
    for name, values in (("conv1", conv), ("norm", norm), ("relu1", torch.relu(norm))):
        expected = {
            "mean": values.mean().item(),
            "variance": values.var(correction=0).item(),
            "sparsity": (values == 0).double().mean().item(),
            "near_zero": (values.abs() < 0.1).double().mean().item(),
        }
        assert whole[name] == pytest.approx(expected, abs=1e-6)
        maps = values.transpose(0, 1).flatten(1)
        number = int(maps.mean(dim=1).argmax())
        expected = {"map": number, "mean": maps[number].mean().item()}
        expected["variance"] = maps[number].var(correction=0).item()
        assert strongest[name] == pytest.approx(expected, abs=1e-6)
        assert strongest[name]["mean"] > whole[name]["mean"]
    assert 0.2 < whole["relu1"]["sparsity"] < whole["relu1"]["near_zero"] < 0.8
    assert whole["conv1"]["sparsity"] == 0 < whole["conv1"]["near_zero"]
    assert list(strongest) == ["conv1", "norm", "relu1", "pool1"]  # what has maps
    monkeypatch.setattr(forward, "BATCH", 5)
    batched, strongest_batched = networks.activation_statistics(network, IMAGES, PREPROCESSING, CPU)
    for name, values in whole.items():
        assert batched[name] == pytest.approx(values, rel=1e-5, abs=1e-7)
    for name, values in strongest.items():
        assert strongest_batched[name] == pytest.approx(values, rel=1e-5, abs=1e-7)


def test_variance_of_values_far_from_zero():
    statistics = networks.Statistics()
    for part in np.array_split(np.random.default_rng(0).normal(1e6, 1, 5000), 7):
        statistics.add(torch.from_numpy(part))
    expected = np.concatenate(np.array_split(np.random.default_rng(0).normal(1e6, 1, 5000), 7))
    assert statistics.mean == pytest.approx(expected.mean(), abs=1e-7)
    assert statistics.variance == pytest.approx(expected.var(), rel=1e-7)


def test_values_near_zero():
    statistics = networks.Statistics()
    statistics.add(torch.tensor([[0.0, 0.05, -0.09], [0.11, -0.2, 3.0]]))
    statistics.add(torch.tensor([-0.0, 0.1]))  # 0.1 in single precision is a little more
    assert (statistics.sparsity, statistics.near_zero) == (2 / 8, 4 / 8)


def test_the_strongest_map_by_hand():
    """Over all images, though another map is the strongest in the first of them, and one has the largest value."""
    statistics = networks.Statistics()
    zeros = [[0.0, 0.0]]
    statistics.add(torch.tensor([[zeros, [[9.0, 9.0]], [[-20.0, 25.0]]]]))
    statistics.add(torch.tensor([[[[30.0, 10.0]], [[1.0, 1.0]], zeros], [zeros, [[1.0, 3.0]], zeros]]))
    variance = 1000 / 6 - (40 / 6) ** 2
    assert statistics.maps.strongest() == {"map": 0, "mean": pytest.approx(40 / 6), "variance": pytest.approx(variance)}
    alike = networks.Statistics()
    alike.add(torch.full((2, 3, 1, 1), 0.1))
    assert alike.maps.strongest() == {"map": 0, "mean": pytest.approx(0.1), "variance": pytest.approx(0, abs=1e-15)}


def test_the_strongest_map_far_from_zero_and_from_the_others():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 3, 4, 5)) + np.array([1e5, 0, -1e5])[:, None, None]
    statistics = networks.Statistics()
    for part in np.array_split(values, 7):
        statistics.add(torch.from_numpy(part))
    found = statistics.maps.strongest()
    assert found["map"] == 0
    assert found["mean"] == pytest.approx(values[:, 0].mean(), rel=1e-12)
    assert found["variance"] == pytest.approx(values[:, 0].var(), rel=1e-5)


def test_a_diverged_network_has_no_statistics(network):
    with torch.no_grad():
        network.fc.weight.fill_(torch.nan)
        network.norm.weight[2] = torch.inf
    found, strongest = networks.activation_statistics(network, IMAGES, PREPROCESSING, CPU)
    assert found["fc"]["mean"] is found["fc"]["variance"] is found["fc"]["near_zero"] is None
    assert None not in found["conv1"].values()
    assert strongest["norm"] == {"map": None, "mean": None, "variance": None}
    assert None not in strongest["conv1"].values()


def test_no_images_are_refused(network):
    with pytest.raises(ConfigError, match=r"at least 1 in analyses\.inspect"):
        networks.activation_statistics(network, IMAGES[:0], PREPROCESSING, CPU)


def test_activations_are_the_layers_outputs_in_order(network, monkeypatch):
    monkeypatch.setattr(forward, "BATCH", 10)
    rows, conv, logits = [], [], []
    for batch, outputs in forward.activations(network, IMAGES, PREPROCESSING, ["fc", "conv1"], CPU):
        rows.append((batch.start, batch.stop))
        conv.append(outputs["conv1"])
        logits.append(outputs["fc"])
    assert rows == [(0, 10), (10, 20), (20, 30), (30, 37)]
    with torch.inference_mode():
        torch.testing.assert_close(torch.cat(conv), network.conv1(normalised()), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(torch.cat(logits), network(normalised()), atol=1e-5, rtol=1e-5)
    assert not any(module._forward_hooks for module in network.modules())  # nothing stays behind


def test_large_images_come_in_small_batches(monkeypatch):
    monkeypatch.setattr(forward, "BATCH_PIXELS", 100)
    network = nn.Sequential(OrderedDict(pool=nn.AdaptiveAvgPool2d(1)))
    sizes = [b.stop - b.start for b, _ in forward.activations(network, IMAGES[:5], PREPROCESSING, ["pool"], CPU)]
    assert sizes == [2, 2, 1]


def test_layers_that_are_no_features_are_refused():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.twice, self.unused, self.pair = nn.ReLU(), nn.ReLU(), nn.LSTM(6, 2, batch_first=True)

        def forward(self, x):
            return self.pair(self.twice(self.twice(x))[:, 0])[0]

    for layer, message in (
        ("twice", "'twice' runs 2 times"),
        ("unused", "'unused' runs 0 times"),
        ("pair", "'pair' does not give a tensor"),
        ("conv9", "no layer 'conv9'; it has: twice, unused, pair"),
    ):
        with pytest.raises(ConfigError, match=message):
            list(forward.activations(Odd(), IMAGES, PREPROCESSING, [layer], CPU))
