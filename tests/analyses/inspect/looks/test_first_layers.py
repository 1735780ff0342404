import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses.inspect import first_layer
from revisit.analyses.inspect.looks.first_layers import look as first_layers
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError

CPU = torch.device("cpu")


def network(*filters, stride=1):
    """A first convolution with these filters (h, w), and a ReLU."""
    weights = torch.tensor(np.stack(filters)[:, None], dtype=torch.float32)
    conv = nn.Conv2d(1, len(weights), tuple(weights.shape[2:]), stride=stride, bias=False)
    with torch.no_grad():
        conv.weight.copy_(weights)
    return nn.Sequential(conv, nn.ReLU()).eval()


@pytest.fixture
def swept(view):
    """The view with two variants of its training: one without dead filters, one that sees darker images."""
    bright, small = np.ones((3, 3)), np.full((5, 5), 0.1)
    variants = {
        "alive": lambda: (network(bright, bright), view.preprocessing),
        "half_dead": lambda: (network(small, -small, stride=2), Preprocessing([0.0], [1.0], CPU)),
    }
    return dataclasses.replace(view, variants=variants)


def test_each_variant_is_looked_at_with_its_own_eyes(swept):
    summary, files = first_layers.look(swept, {"variants": None})
    assert {name: (found["kernel"], found["stride"]) for name, found in summary.items()} == {
        "alive": ([3, 3], 1),
        "half_dead": ([5, 5], 2),
    }
    # all of its inputs are above 0, so that a filter of negative weights never answers
    assert [summary[name]["dead_share"] for name in ("alive", "half_dead")] == [0, 0.5]
    table = files["first_layers.csv"]
    assert list(table)[:2] == ["variant", "filter"]
    assert table["variant"].tolist() == ["alive"] * 2 + ["half_dead"] * 2
    assert table["dead"].tolist() == [False, False, False, True]
    np.testing.assert_array_equal(files["first_layers_half_dead.npy"][:, 0, 0, 0], np.float32([0.1, -0.1]))
    for name in summary:
        alone, found = first_layer.look(swept.variant(name))
        assert summary[name] == alone
        own = table[table["variant"] == name].drop(columns="variant").reset_index(drop=True)
        assert own.equals(found["first_layer.csv"])


def test_only_the_variants_asked_for(swept):
    summary, files = first_layers.look(swept, {"variants": ["half_dead"]})
    assert list(summary) == ["half_dead"]
    assert set(files) == {"first_layers.csv", "first_layers_half_dead.npy"}


def test_mistakes_are_told(view, swept):
    with pytest.raises(ConfigError, match=r"kept no network of odd; it kept: alive, half_dead$"):
        first_layers.look(swept, {"variants": ["alive", "odd"]})
    with pytest.raises(ConfigError, match=r"first_layers: .*no other variants; set `keep_all: true`"):
        first_layers.look(view, {"variants": None})
    blind = dataclasses.replace(view, variants={"blind": lambda: (nn.Flatten(), view.preprocessing)})
    with pytest.raises(ConfigError, match="variant blind has no convolution; leave it out"):
        first_layers.look(blind, {"variants": None})
