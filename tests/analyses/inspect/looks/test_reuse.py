import copy
import dataclasses

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from revisit.analyses.inspect.looks.reuse import look as reuse
from revisit.errors import ConfigError
from revisit.models import registry

NETWORKS = {
    "densenet": ((32, 32, 1), {"width": 0.125}),
    "cifar_densenet": ((12, 12, 1), {"depth": 16, "growth": 4}),
    "bottlenecks": ((12, 12, 1), {"depth": 22, "growth": 4, "bottleneck": True, "compression": 0.5}),
    "not normalised": ((12, 12, 1), {"depth": 16, "growth": 4, "batch_norm": False}),
}
LAYERS = {"densenet": [6, 12, 24, 16], "cifar_densenet": [4] * 3, "bottlenecks": [3] * 3, "not normalised": [4] * 3}


@pytest.fixture(params=NETWORKS)
def name(request):
    return request.param


@pytest.fixture
def network(name):
    shape, settings = NETWORKS[name]
    torch.manual_seed(0)
    model = name if name in ("densenet", "cifar_densenet") else "cifar_densenet"
    built = registry.build(model, shape, 3, settings)
    for layer in built.modules():
        if isinstance(layer, nn.BatchNorm2d):  # as after a training
            nn.init.uniform_(layer.running_mean, -0.1, 0.1)
    return built.eval()


def seen_by(network, blocks, inputs, sources):
    """(block, layer) -> what its first convolution's normalisation is given."""
    seen = {}
    with reuse.hidden_from_shortcuts(blocks, sources), torch.inference_mode():
        hooks = [
            reader.entrance.register_forward_hook(lambda _m, given, _o, key=(b, k): seen.update({key: given[0]}))
            for b, readers in enumerate(blocks, 1)
            for k, reader in enumerate(readers, 1)
        ]
        network(inputs)
    for hook in hooks:
        hook.remove()
    return seen


def test_every_layer_has_the_sources_before_it(name, network):
    blocks = reuse.dense_blocks(network)
    assert [len(readers) for readers in blocks] == LAYERS[name]
    for readers in blocks:
        growth = readers[0].sources[0].stop
        for number, reader in enumerate(readers, 1):
            assert len(reader.sources) == number
            assert [part.start for part in reader.sources[1:]] == [part.stop for part in reader.sources[:-1]]
            assert reader.sources[-1].stop == reader.convolution.in_channels
        added = {part.stop - part.start for reader in readers for part in reader.sources[1:]}
        assert len(added) == 1
        assert growth == readers[0].convolution.in_channels


def test_a_hidden_source_is_its_mean_for_all_but_the_next_layer(name, network):
    blocks = reuse.dense_blocks(network)
    inputs = torch.randn(3, 1, *NETWORKS[name][0][:2])
    plain = seen_by(network, blocks, inputs, [])
    hidden = seen_by(network, blocks, inputs, [reuse.Source(2, 1)])
    for (block, layer), maps in plain.items():
        if block == 1 or (block == 2 and layer <= 2):
            assert torch.equal(hidden[block, layer], maps)  # layer 2 is the next one
        elif block == 2 and layer == 3:
            part = blocks[1][2].sources[1]
            mean = maps[:, part].mean((0, 2, 3), keepdim=True)
            torch.testing.assert_close(hidden[block, layer][:, part], mean.expand_as(maps[:, part]))
            rest = [k for k in range(maps.shape[1]) if not part.start <= k < part.stop]
            assert torch.equal(hidden[block, layer][:, rest], maps[:, rest])
    after = seen_by(network, blocks, inputs, [])
    assert all(torch.equal(after[key], maps) for key, maps in plain.items())


@pytest.fixture
def looked(name, network, view):
    """A view of the network with pictures of its size."""
    height, width, _ = NETWORKS[name][0]
    images = np.random.default_rng(0).integers(0, 255, (12, height, width, 1)).astype(np.uint8)
    return dataclasses.replace(view, network=network, images=images, labels=np.arange(12) % 3)


def test_a_source_that_is_not_read_costs_nothing(name, network, looked):
    """Its weights are 0: hiding it changes no loss, and its magnitude says so."""
    blocks = reuse.dense_blocks(network)
    for reader in blocks[1][2:]:
        reader.convolution.weight.data[:, reader.sources[1]] = 0
    summary, files = reuse.look(looked, {"images": 12})
    hidden, read = files["reuse_hidden.csv"], files["reuse.csv"]
    row = hidden[(hidden["block"] == 2) & (hidden["source"] == 1)].iloc[0]
    assert row["loss"] == summary["loss"]
    assert row["readers"] == LAYERS[name][1] - 2
    assert (hidden["loss"] != summary["loss"]).any()
    weights = read[(read["block"] == 2) & (read["source"] == 1) & (read["layer"] > 2)]["weight"]
    assert (weights == 0).all()
    assert summary["sources"] == len(hidden) == sum(layers - 1 for layers in LAYERS[name])
    assert summary["used"] == (hidden["loss"] > summary["loss"]).sum()


def test_losses_and_weights_are_those_of_the_network(looked):
    summary, files = reuse.look(looked, {"images": 8})
    with torch.inference_mode():
        scores = looked.network(looked.batch(np.arange(8)))
    labels = torch.from_numpy(looked.labels[:8])
    assert summary["loss"] == pytest.approx(functional.cross_entropy(scores.double(), labels).item(), rel=1e-6)
    assert summary["accuracy"] == (scores.argmax(1) == labels).double().mean().item()
    reader = reuse.dense_blocks(looked.network)[0][1]
    first, second = (reader.convolution.weight[:, part].abs().mean().item() for part in reader.sources)
    row = files["reuse.csv"].query("block == 1 and layer == 2")
    assert row["weight"].tolist() == pytest.approx([first, second])


def test_a_chain_is_every_layer_without_its_shortcuts(view):
    torch.manual_seed(0)
    built = registry.build("cifar_densenet", (12, 12, 1), 3, {"depth": 13, "growth": 4}).eval()
    images = np.random.default_rng(0).integers(0, 255, (12, 12, 12, 1)).astype(np.uint8)
    seen = dataclasses.replace(view, network=built, images=images, labels=np.arange(12) % 3)
    summary, _ = reuse.look(seen, {"images": 12})
    chain = copy.deepcopy(built)
    for readers in reuse.dense_blocks(chain):
        for reader in readers:
            old = reader.sources[:-1]

            def by_mean(_module, inputs, old=old):
                maps = inputs[0].clone()
                for part in old:
                    maps[:, part] = maps[:, part].mean((0, 2, 3), keepdim=True)
                return (maps,)

            reader.entrance.register_forward_pre_hook(by_mean)
    with torch.inference_mode():
        scores = chain(seen.batch(np.arange(12))).double()
    labels = torch.from_numpy(seen.labels)
    assert summary["loss_of_chain"] == pytest.approx(functional.cross_entropy(scores, labels).item())


def test_a_network_without_dense_blocks(view):
    with pytest.raises(ConfigError, match="reuse: the network has no dense blocks"):
        reuse.look(view, {"images": 4})
