import dataclasses

import numpy as np
import pytest
import torch

from revisit.analyses import forward
from revisit.analyses.inspect.looks.strongest import look as strongest
from revisit.data.tensors import Preprocessing
from revisit.errors import ArtifactError, ConfigError


@pytest.mark.parametrize("batch", [256, 2])
def test_the_map_with_the_largest_sum(view, batch, monkeypatch):
    monkeypatch.setattr(forward, "BATCH", batch)
    summary, files = strongest.look(view, {"layers": ["pool1", "conv2"], "images": 7})
    assert summary["layers"] == {"pool1": {"maps": 4}, "conv2": {"maps": 6}}
    rows = summary["rows"]
    assert view.labels[rows].tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert len(set(rows)) == 7
    np.testing.assert_array_equal(files["strongest_images.npy"], view.images[rows])
    table = files["strongest.csv"]
    assert table.columns.tolist() == ["layer", "row", "map", "mean_activation"]
    assert table["layer"].tolist() == ["pool1"] * 7 + ["conv2"] * 7
    assert table["row"].tolist() == rows * 2
    with torch.inference_mode():
        pool1 = view.network[:3](view.batch(rows))
        outputs = {"pool1": pool1, "conv2": view.network.conv2(pool1)}
    for layer, output in outputs.items():
        values = output.double().numpy()
        expected = [max(range(len(maps)), key=lambda k, maps=maps: maps[k].sum()) for maps in values]
        found = table[table["layer"] == layer]
        assert found["map"].tolist() == expected
        maps = files[f"strongest_{layer}.npy"]
        assert maps.dtype == np.float32
        np.testing.assert_allclose(maps, values[np.arange(7), expected], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found["mean_activation"], maps.mean(axis=(1, 2), dtype=float), rtol=1e-6)


def test_of_equally_strong_maps_the_first_counts():
    output = torch.zeros(1, 4, 2, 2)
    output[0, 1, 0, 0], output[0, 2] = 4, 1
    numbers, means, maps = strongest.strongest_maps("conv", output)
    assert (numbers.tolist(), means.tolist(), maps.tolist()) == ([1], [1], [[[4, 0], [0, 0]]])


def test_images_are_shown_as_the_network_sees_them(view):
    preprocessing = Preprocessing([0.25], [0.25], view.device, crop=8)
    cropped = dataclasses.replace(view, network=view.network[:3], preprocessing=preprocessing)
    summary, files = strongest.look(cropped, {"layers": ["conv1"], "images": 2})
    np.testing.assert_array_equal(files["strongest_images.npy"], view.images[summary["rows"]][:, 2:10, 2:10])
    assert files["strongest_conv1.npy"].shape == (2, 8, 8)


def test_several_labels_per_image(view):
    several = np.where(np.arange(3) == view.labels[:, None], 1, -1).astype(np.int8)
    settings = {"layers": ["conv1"], "images": 5}
    single = strongest.look(view, settings)[0]
    assert strongest.look(dataclasses.replace(view, labels=several), settings)[0] == single


def test_mistakes_are_told(view):
    with pytest.raises(ConfigError, match=r"^analyses\.inspect\.strongest\.layers: layer 'fc2' has no feature maps"):
        strongest.look(view, {"layers": ["fc2"], "images": 1})
    with pytest.raises(ConfigError, match=r"^analyses\.inspect\.strongest\.images: 25 of 24 images do not exist"):
        strongest.look(view, {"layers": ["conv1"], "images": 25})
    torch.nn.init.constant_(view.network.conv1.bias, torch.nan)
    with pytest.raises(ArtifactError, match="'conv1' are not finite"):
        strongest.look(view, {"layers": ["conv1"], "images": 2})
