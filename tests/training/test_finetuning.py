"""Trainings that start from the weights of another one."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from revisit.errors import ArtifactError


@pytest.fixture
def start(run, change, tmp_path):
    """The model folder of a trained network, whose normalisation is not that of its data."""
    run("start", change(seed=3))
    description = tmp_path / "start/model/network.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | {"mean": [0.4], "std": [0.5]}))
    return tmp_path / "start/model"


def test_training_begins_with_the_given_weights(run, change, start, tmp_path):
    outcome = run("a", change(snapshots=[0], lr=0.001), start=start)
    given, first = load_file(start / "model.safetensors"), load_file(tmp_path / "a/model/snapshots/epoch_0.safetensors")
    assert given.keys() == first.keys()
    assert all(torch.equal(given[name], first[name]) for name in given)
    assert outcome.findings["fresh_layers"] == []


def test_a_last_layer_of_another_size_is_fresh(run, settings, start):
    weights = load_file(start / "model.safetensors")
    wider = {name: torch.cat([weights[name]] * 2) for name in ("fc2.weight", "fc2.bias")}
    save_file(weights | wider, start / "model.safetensors")
    assert run("a", settings, start=start).findings["fresh_layers"] == ["fc2"]


def test_the_normalisation_is_that_of_the_weights(run, settings, start, prepared, tmp_path):
    run("a", settings, start=start)
    description = json.loads((tmp_path / "a/model/network.json").read_text())
    assert (description["mean"], description["std"]) == ([0.4], [0.5])
    from revisit.models import registry

    network, _ = registry.load(tmp_path / "a/model", "cpu")
    images = (np.load(prepared / "test_images.npy").transpose(0, 3, 1, 2) / 255 - 0.4) / 0.5
    with torch.inference_mode():
        expected = network(torch.tensor(images, dtype=torch.float32))
    np.testing.assert_allclose(np.load(tmp_path / "a/model/scores.npy"), expected.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("inputs", ["scaled", "standardised"])
def test_another_normalisation_can_be_asked_for(run, change, start, prepared, tmp_path, inputs):
    run("a", change(inputs=inputs), start=start)
    description = json.loads((tmp_path / "a/model/network.json").read_text())
    meta = json.loads((prepared / "meta.json").read_text())
    expected = {"scaled": ([0.0], [1.0]), "standardised": (meta["mean"], meta["std"])}[inputs]
    assert (description["mean"], description["std"]) == expected


def test_a_chain_of_finetunings_keeps_the_first_ones_normalisation(run, change, tmp_path):
    run("a", change(inputs="scaled"))
    run("b", change(), start=tmp_path / "a/model")
    run("c", change(), start=tmp_path / "b/model")
    description = json.loads((tmp_path / "c/model/network.json").read_text())
    assert (description["mean"], description["std"]) == ([0.0], [1.0])


@pytest.mark.parametrize(
    ("known", "inherited"),
    [
        ({"data": None, "weights": "published"}, "published"),
        ({"data": "copy", "weights": "published"}, "copy"),
        ({"data": "published", "weights": "drawn"}, "drawn"),
        (None, "drawn"),  # an older version's: nothing is known of it
    ],
)
def test_the_provenance_is_that_of_the_data_and_of_what_it_started_from(
    run, settings, start, tmp_path, known, inherited
):
    description = json.loads((start / "network.json").read_text())
    description.pop("provenance")
    description |= {"provenance": known} if known else {}
    (start / "network.json").write_text(json.dumps(description))
    findings = run("a", settings, start=start).findings
    assert findings["provenance"] == {"data": "drawn", "weights": inherited}
    assert json.loads((tmp_path / "a/model/network.json").read_text())["provenance"] == findings["provenance"]


def test_an_interrupted_finetuning_ends_as_an_undisturbed_one(run, settings, start, digests, killed):
    undisturbed = run("a", settings, start=start)
    with killed(6):
        run("b", settings, start=start, save_every=0)
    assert run("b", settings, start=start).findings == undisturbed.findings
    assert digests("a/model") == digests("b/model")


def test_a_state_from_other_weights_is_ignored(run, settings, start, killed, capsys):
    with killed(6):
        run("a", settings, start=start, save_every=0)
    weights = load_file(start / "model.safetensors")
    save_file({name: tensor * 2 for name, tensor in weights.items()}, start / "model.safetensors")
    capsys.readouterr()
    run("a", settings, start=start)
    assert "belongs to other settings, data or code" in capsys.readouterr().err


def test_weights_for_images_of_other_channels(run, settings, start):
    description = json.loads((start / "network.json").read_text())
    colours = {"shape": [*description["shape"][:2], 3], "mean": [0.4] * 3, "std": [0.5] * 3}
    (start / "network.json").write_text(json.dumps(description | colours))
    with pytest.raises(ArtifactError, match="its network takes 3 channels, but the images of bands have 1"):
        run("a", settings, start=start)


@pytest.mark.parametrize("lost", ["network.json", "model.safetensors"])
def test_missing_weights_give_one_clear_message(run, settings, start, lost):
    (start / lost).unlink()
    with pytest.raises(ArtifactError, match=f"{lost} is missing"):
        run("a", settings, start=start)


@pytest.mark.parametrize("content", ["{}", '{"mean": 3, "std": [1]}', '{"mean": ["x"], "std": [1]}', "{"])
def test_a_damaged_description_gives_one_clear_message(run, settings, start, content):
    (start / "network.json").write_text(content)
    with pytest.raises(ArtifactError, match=r"network.json: damaged"):
        run("a", settings, start=start)
