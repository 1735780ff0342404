"""What the network sees: pixels as the protocol wants them, in training, in evaluation and in every analysis."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from revisit.analyses.forward import preprocessing_of
from revisit.errors import ConfigError
from revisit.models import registry
from revisit.training import batches

MEANS = np.array([123.68, 116.779, 103.939])  # ImageNet's, of red, green and blue


class Recorder(nn.Module):
    """A classifier that keeps what it is given."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.fc = nn.Linear(features, 4)
        self.trained: list[torch.Tensor] = []
        self.evaluated: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        (self.trained if self.training else self.evaluated).append(images.clone())
        return self.fc(images.flatten(1))


@pytest.fixture
def recorder(monkeypatch) -> Recorder:
    made = Recorder(3 * 6 * 6)
    monkeypatch.setattr(registry, "build", lambda *_: made)
    return made


def by_hand(images: np.ndarray, inputs: str, channels: str, meta: dict) -> np.ndarray:
    """(N, H, W, 3) uint8 -> (N, 3, H, W) float64."""
    values = images.astype(np.float64)
    if inputs == "scaled":
        values = values / 255
    elif inputs == "imagenet_mean":
        values = values - MEANS
    else:
        values = (values / 255 - meta["mean"]) / meta["std"]
    if channels == "bgr":
        values = values[..., [2, 1, 0]]
    return values.transpose(0, 3, 1, 2)


def windows(prepared: Path) -> np.ndarray:
    """What the first step of forty cuts out of the training images, (40, 6, 6, 3) uint8, in its order."""
    images = np.load(prepared / "train_images.npy")
    loader = batches.BatchLoader(batches.Images(images, np.zeros(40, np.int64), torch.device("cpu")), None, 6, False, 0)
    corners, order = loader.augmentation(1, 40).corners, batches.order(40, 0, 0)
    return np.stack([images[i, y : y + 6, x : x + 6] for i, (y, x) in zip(order, corners, strict=True)])


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
@pytest.mark.parametrize("inputs", [None, "standardised", "scaled", "imagenet_mean"])
def test_training_evaluation_and_analyses_see_the_same(
    run, change, prepared_colour, recorder, tmp_path, inputs, channels
):
    whole = {"batch_size": 40, "epochs": 1, "evaluate_every": 1, "read_at": [], "snapshots": [], "crop": 6}
    run("a", change(**whole, inputs=inputs, channels=channels), data=prepared_colour)
    meta = json.loads((prepared_colour / "meta.json").read_text())
    images = np.load(prepared_colour / "test_images.npy")

    (trained,) = recorder.trained
    expected = by_hand(windows(prepared_colour), inputs, channels, meta)
    np.testing.assert_allclose(trained, expected, rtol=1e-4, atol=1e-4)
    middles = by_hand(images[:, 1:7, 1:7], inputs, channels, meta)
    np.testing.assert_allclose(recorder.evaluated[-1], middles, rtol=1e-4, atol=1e-4)

    description = json.loads((tmp_path / "a/model/network.json").read_text())
    assert description["channels"] == channels
    analysed = preprocessing_of(description, torch.device("cpu"))(torch.from_numpy(images))
    assert torch.equal(analysed, recorder.evaluated[-1])  # not a bit differs


def test_a_description_without_channels_is_of_red_green_blue():
    """What an older version wrote."""
    pixels = torch.arange(12, dtype=torch.uint8).view(1, 2, 2, 3)
    description = {"mean": [0.0] * 3, "std": [1 / 255] * 3, "crop": None}
    seen = preprocessing_of(description, torch.device("cpu"))(pixels)
    np.testing.assert_allclose(seen, pixels.permute(0, 3, 1, 2), rtol=1e-6)


def test_other_inputs_make_another_network(run, change, digests):
    run("a", change(inputs="standardised"))
    run("b", change())
    run("c", change(inputs="scaled"))
    a, b, c = (digests(f"{name}/model") for name in "abc")
    assert a == b
    assert a["model.safetensors"] != c["model.safetensors"]
    assert a["snapshots/epoch_0.safetensors"] == c["snapshots/epoch_0.safetensors"]


def test_a_finetuning_takes_over_the_order_of_the_channels_unless_it_says_otherwise(
    run, change, prepared_colour, tmp_path
):
    run("start", change(channels="bgr"), data=prepared_colour)
    start = tmp_path / "start/model"
    for name, asked, expected in (("a", None, "bgr"), ("b", "rgb", "rgb")):
        run(name, change(channels=asked), data=prepared_colour, start=start)
        assert json.loads((tmp_path / name / "model/network.json").read_text())["channels"] == expected


def test_what_is_compared_with_the_image_keeps_its_order(run, change, prepared_colour):
    objective = {"name": "reconstruction", "loss": "mean_squared_error", "auxiliary": 0.3}
    with pytest.raises(ConfigError, match="channels: reconstruction compares with the image itself"):
        run("a", change(objective=objective, channels="bgr"), data=prepared_colour)
