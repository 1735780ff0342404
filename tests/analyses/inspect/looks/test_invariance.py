import dataclasses
from collections import OrderedDict

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.spatial.distance import pdist
from torch import nn

from revisit.analyses import forward
from revisit.analyses.inspect.looks.invariance import look as invariance
from revisit.errors import ConfigError

SETTINGS = {"layers": ["relu1", "fc2"], "images": 10, "translate": 0.25, "scale": 1.5, "rotate": 90.0, "steps": 3}


def pictures(height=9, width=12):
    return torch.from_numpy(np.random.default_rng(0).normal(size=(3, 2, height, width)))


def features(view, inputs, layer):
    with torch.inference_mode():
        for name, module in view.network.named_children():
            inputs = module(inputs)
            if name == layer:
                return inputs.flatten(1).double().numpy()
    raise AssertionError(layer)


def test_amounts_hold_the_identity():
    found = invariance.amounts({"translate": 0.3, "scale": 1.8, "rotate": 180.0, "steps": 5})
    np.testing.assert_allclose(found["translate"], [-0.3, -0.15, 0, 0.15, 0.3])
    np.testing.assert_allclose(found["scale"], [1, 1.2, 1.4, 1.6, 1.8])
    np.testing.assert_allclose(found["rotate"], [0, 45, 90, 135, 180])
    assert found["translate"][2] == 0
    even = invariance.amounts({"translate": 0.3, "scale": 2.0, "rotate": 10.0, "steps": 2})
    assert {name: values.tolist() for name, values in even.items()} == {
        "translate": [-0.3, 0, 0.3],
        "scale": [1, 2],
        "rotate": [0, 10],
    }


@pytest.mark.parametrize(("transform", "amount"), [("translate", 0.0), ("scale", 1.0), ("rotate", 0.0)])
def test_the_identity_changes_no_bit(transform, amount):
    assert torch.equal(invariance.warp(pictures(), transform, amount), pictures())


def test_a_translation_by_whole_pixels_shifts():
    inputs = pictures()
    down = invariance.warp(inputs, "translate", 2 / 9)
    torch.testing.assert_close(down[:, :, 2:], inputs[:, :, :-2])
    assert down[:, :, :2].abs().max() < 1e-9
    up = invariance.warp(inputs, "translate", -4 / 9)
    torch.testing.assert_close(up[:, :, :5], inputs[:, :, 4:])
    assert up[:, :, 5:].abs().max() < 1e-9


def test_quarter_turns():
    square = pictures(8, 8)
    torch.testing.assert_close(invariance.warp(square, "rotate", 90), torch.rot90(square, 1, (2, 3)))
    torch.testing.assert_close(invariance.warp(square, "rotate", 270), torch.rot90(square, 3, (2, 3)))
    torch.testing.assert_close(invariance.warp(pictures(), "rotate", 180), pictures().flip(2, 3))


@pytest.mark.parametrize("angle", [30, 75, 200])
def test_rotation_agrees_with_scipy(angle):
    inputs = pictures()
    expected = ndimage.rotate(inputs.numpy(), angle, axes=(2, 3), reshape=False, order=1, mode="grid-constant")
    np.testing.assert_allclose(invariance.warp(inputs, "rotate", angle), expected, atol=1e-9)


@pytest.mark.parametrize("factor", [1.25, 3])
def test_scaling_agrees_with_scipy(factor):
    inputs = pictures()
    middle = (np.array(inputs.shape[2:]) - 1) / 2
    for found, picture in zip(
        invariance.warp(inputs, "scale", factor).flatten(0, 1), inputs.flatten(0, 1).numpy(), strict=True
    ):
        expected = ndimage.affine_transform(
            picture, np.full(2, 1 / factor), middle - middle / factor, order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_distances_and_probabilities_by_brute_force(view):
    layers = ["relu1", "conv2", "fc2"]  # the ReLU behind conv2 works in place
    summary, files = invariance.look(view, SETTINGS | {"layers": layers})
    rows = np.array(summary["rows"])
    assert len(set(summary["rows"])) == 10
    assert np.bincount(view.labels[rows]).tolist() == [4, 3, 3]  # spread over the classes
    table, said = files["invariance.csv"], files["invariance_probability.csv"]
    assert list(table) == ["transform", "amount", "layer", "distance", "distance_sd"]
    assert list(said) == ["transform", "amount", "probability"]
    assert len(table) == 3 * len(said) == 3 * 9
    inputs = view.batch(rows)
    for layer in layers:
        before = features(view, inputs, layer)
        unit = pdist(before).mean()
        for row in table[table["layer"] == layer].itertuples():
            after = features(view, invariance.warp(inputs, row.transform, row.amount), layer)
            moved = np.linalg.norm(after - before, axis=1) / unit
            assert row.distance == pytest.approx(moved.mean(), rel=1e-5)
            assert row.distance_sd == pytest.approx(moved.std(ddof=1), rel=1e-5)
            identity = row.amount == (1 if row.transform == "scale" else 0)
            assert (row.distance == row.distance_sd == 0) == identity
        for transform, mean in summary["layers"][layer].items():
            chosen = table[(table["layer"] == layer) & (table["transform"] == transform)]
            assert mean == pytest.approx(chosen["distance"].mean())
    for row in said.itertuples():
        logits = features(view, invariance.warp(inputs, row.transform, row.amount), "fc2")
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        own = (odds / odds.sum(axis=1, keepdims=True))[np.arange(10), view.labels[rows]]
        assert row.probability == pytest.approx(own.mean(), abs=1e-6)


def test_the_same_in_batches_and_again(view, monkeypatch):
    summary, files = invariance.look(view, SETTINGS)
    again = invariance.look(view, SETTINGS)
    assert again[0] == summary
    assert all(again[1][name].equals(frame) for name, frame in files.items())
    monkeypatch.setattr(forward, "BATCH", 4)
    batched = invariance.look(view, SETTINGS)[1]["invariance.csv"]
    np.testing.assert_allclose(batched["distance"], files["invariance.csv"]["distance"], rtol=1e-4)
    np.testing.assert_allclose(batched["distance_sd"], files["invariance.csv"]["distance_sd"], rtol=1e-4)


def test_a_network_that_only_counts_light_does_not_mind_a_turn(view):
    network = nn.Sequential(
        OrderedDict(conv=nn.Conv2d(1, 3, 1), mean=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())
    ).eval()
    summary, _ = invariance.look(
        dataclasses.replace(view, network=network), SETTINGS | {"layers": ["conv", "flatten"], "steps": 2}
    )
    assert summary["layers"]["flatten"]["rotate"] < 1e-5  # by 0 or 90 degrees
    assert summary["layers"]["conv"]["rotate"] > 0.2


def test_constant_features_have_no_distance(view):
    with torch.no_grad():
        view.network.fc2.weight.zero_()
    summary, files = invariance.look(view, SETTINGS)
    assert summary["layers"]["fc2"] == {"translate": None, "scale": None, "rotate": None}
    assert summary["layers"]["relu1"]["translate"] > 0
    assert files["invariance_probability.csv"]["probability"].nunique() == 1


def test_images_without_a_class_are_left_out(view):
    labels = -np.ones((24, 3), np.int8)
    labels[[3, 8, 20], 1] = 1
    labels[8, 0] = 1
    several = dataclasses.replace(view, labels=labels)
    summary, files = invariance.look(several, SETTINGS)
    assert sorted(summary["rows"]) == [3, 8, 20]
    logits = features(view, view.batch(np.array([3, 8, 20])), "fc2")[np.arange(3), [1, 0, 1]]
    assert files["invariance_probability.csv"]["probability"][1] == pytest.approx((1 / (1 + np.exp(-logits))).mean())


def test_mistakes(view):
    with pytest.raises(ConfigError, match=r"analyses\.inspect\.invariance\.layers: .*no layer 'conv9'; it has: conv1"):
        invariance.look(view, SETTINGS | {"layers": ["conv9"]})
    with pytest.raises(ConfigError, match=r"invariance\.images: 2 images that show a class are needed, found 1"):
        invariance.look(view, SETTINGS | {"images": 1})
    with pytest.raises(ConfigError, match="need a classifier"):
        invariance.look(dataclasses.replace(view, classes=["a", "b"]), SETTINGS)
