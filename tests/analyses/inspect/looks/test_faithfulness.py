import dataclasses
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses.inspect import projections
from revisit.analyses.inspect.looks.faithfulness import look as faithfulness
from revisit.analyses.inspect.looks.faithfulness.look import Piece
from revisit.analyses.inspect.view import View
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError

CPU = torch.device("cpu")
SETTINGS = {"layers": ["relu1", "relu2"], "maps": 3, "top": 4, "images": 9, "share": 0.2, "draws": 3}


class Corner(nn.Module):
    """Scores that depend on the first pixel of each map alone."""

    def forward(self, maps):
        return torch.stack([maps[:, 0, 0, 0], torch.zeros(len(maps))], dim=1)


def test_a_projection_of_a_trained_network_is_told_in_means_and_row_by_row(view):
    summary, files = faithfulness.look(view, SETTINGS)
    table = files["faithfulness.csv"]
    assert table.groupby("layer", sort=False).size().to_dict() == {"relu1": 12, "relu2": 12}
    peaks = projections.all_peaks(view, ["relu2"])["relu2"]
    of_layer = table[table["layer"] == "relu2"]
    assert of_layer["map"].unique().tolist() == peaks.strongest_maps(3).tolist()
    assert of_layer["row"].tolist() == peaks.strongest_rows(peaks.strongest_maps(3), 4).ravel().tolist()
    for layer, means in summary["layers"].items():
        part = table[table["layer"] == layer]
        assert means == pytest.approx({key: part[key].mean() for key in means})
    assert summary["true_class"]["layer"] == "relu2"
    assert len(summary["true_class"]["rows"]) == 9
    assert 0.5 < summary["true_class"]["probability"] <= 1
    assert faithfulness.look(view, SETTINGS)[1]["faithfulness.csv"].equals(table)
    other = faithfulness.look(dataclasses.replace(view, seed=1), SETTINGS)[1]["faithfulness.csv"]
    assert other["fall"].equals(table["fall"])
    assert not other["fall_at_random"].equals(table["fall_at_random"])


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_by_hand_what_is_hidden_and_by_how_much_the_activation_falls(share):
    weights = np.array([[4.0, 0.0, 1.0], [0.0, -3.0, 0.5], [2.0, 0.25, 0.0]], np.float32)
    network = nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 1, 3, bias=False), corner=Corner())).eval()
    network.conv.weight.data = torch.from_numpy(weights)[None, None]
    images = np.random.default_rng(0).integers(60, 255, (3, 3, 3, 1), dtype=np.uint8)
    images[:, 1, 1] = 5  # so that the activation is positive
    view = View(network, Preprocessing([0.0], [1.0], CPU), CPU, images, np.zeros(3, np.int64), ["on", "off"])
    settings = {"layers": ["conv"], "maps": 1, "top": 3, "images": 3, "share": share, "draws": 200}
    summary, files = faithfulness.look(view, settings)
    order = np.argsort(-np.abs(weights).ravel(), kind="stable")
    hidden = order[: round(share * 9)]  # a projection of one convolution is its filter, times the activation
    for row in files["faithfulness.csv"].to_dict("records"):
        parts = (weights * images[row["row"], ..., 0] / 255).ravel().astype(float)
        pixels = images[row["row"], ..., 0].ravel().astype(float)
        others = [image.ravel().astype(float) for image in np.delete(images[..., 0], row["row"], axis=0)]
        assert row["activation"] == pytest.approx(parts.sum(), rel=1e-5)
        assert row["fall"] == pytest.approx(parts[hidden].sum() / parts.sum(), rel=1e-4)
        assert row["fall_at_random"] == pytest.approx(round(share * 9) / 9, abs=0.3)  # in the mean of the draws
        assert row["own"] == pytest.approx(np.corrcoef(weights.ravel(), pixels)[0, 1], abs=1e-5)
        expected = np.mean([np.corrcoef(weights.ravel(), other)[0, 1] for other in others])
        assert row["others"] == pytest.approx(expected, abs=1e-5)
    activations = np.array([(weights * image[..., 0] / 255).sum() for image in images])
    left = activations - [(weights * image[..., 0] / 255).ravel()[hidden].sum() for image in images]
    said, then = (1 / (1 + np.exp(-values)) for values in (activations, left))
    assert summary["true_class"]["probability"] == pytest.approx(said.mean(), abs=1e-5)
    assert summary["true_class"]["fall"] == pytest.approx((said - then).mean(), abs=1e-5)


def piece(top, left, height, width, patch=None, projection=None):
    """One that sees `height` x `width` pixels, of a field that begins `top` rows and `left` columns before them."""
    box = np.array([0, 0, height, width])
    empty = np.zeros((height, width, 1), np.float32)
    image = torch.zeros(1, height, width)
    return Piece(box, np.array([top, left]), image, *(empty if it is None else it for it in (patch, projection)))


def test_pieces_at_different_borders_are_compared_where_both_see_something():
    random = np.random.default_rng(1)
    projection, patch = (random.standard_normal((3, 3, 1)).astype(np.float32) for _ in range(2))
    first = piece(2, 1, 3, 3, projection=projection)  # rows 2 to 4, columns 1 to 3 of the field
    second = piece(0, 0, 3, 3, patch=patch)  # rows 0 to 2, columns 0 to 2
    expected = np.corrcoef(projection[0, :2, 0], patch[2, 1:, 0])[0, 1]
    assert faithfulness.correlation(first, second) == pytest.approx(expected, abs=1e-6)
    assert np.isnan(faithfulness.correlation(first, piece(5, 0, 2, 3)))  # nothing in common
    assert np.isnan(faithfulness.correlation(first, piece(2, 1, 3, 3)))  # the same everywhere


@pytest.mark.parametrize("share", [0.001, 0.3, 0.999])
def test_as_many_pixels_are_hidden_at_random_as_by_the_projection(share):
    projection = np.random.default_rng(2).standard_normal((5, 4, 3)).astype(np.float32)
    masks = faithfulness.hiding(piece(0, 0, 5, 4, projection=projection), share, 6, np.random.default_rng(3))
    count = max(1, round(share * 20))
    assert masks.shape == (7, 5, 4)
    assert masks.sum(axis=(1, 2)).tolist() == [count] * 7
    size = np.abs(projection).sum(axis=2)
    assert size[masks[0]].min() >= np.delete(size.ravel(), np.flatnonzero(masks[0])).max(initial=0)
    assert len({mask.tobytes() for mask in masks[1:]}) > 1 or count == 20


def test_an_activation_that_is_not_positive_has_no_share_to_lose():
    network = nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 1, 1), corner=Corner())).eval()
    network.conv.weight.data.fill_(1.0)
    network.conv.bias.data.fill_(-5.0)
    images = np.random.default_rng(0).integers(0, 255, (3, 2, 2, 1), dtype=np.uint8)
    view = View(network, Preprocessing([0.0], [1.0], CPU), CPU, images, np.zeros(3, np.int64), ["on", "off"])
    settings = SETTINGS | {"layers": ["conv"], "maps": 1, "top": 2, "images": 2}
    summary, files = faithfulness.look(view, settings)
    assert files["faithfulness.csv"]["fall"].isna().all()
    assert summary["layers"]["conv"] == {"own": None, "others": None, "fall": None, "fall_at_random": None}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layers": ["relu3"]}, "faithfulness.layers: layer 'relu3' has no feature maps"),
        ({"maps": 5}, "faithfulness.maps: layer 'relu1' has 4 feature maps"),
        ({"top": 25}, "faithfulness.top: 25 images of 24 do not exist"),
    ],
)
def test_what_does_not_suit_the_network_is_told(view, change, words):
    with pytest.raises(ConfigError, match=words):
        faithfulness.look(view, SETTINGS | change)
