import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry

WORKFLOW = Path(registry.__file__).parents[2]
SHAPE = (8, 8, 1)


def write_model(folder: Path) -> torch.nn.Module:
    torch.manual_seed(3)
    network = registry.build("fashion_cnn", SHAPE, 2, {"dropout": 0.3, "width": 0.5})
    description = {"experiment": "x", "model": "fashion_cnn", "classes": ["a", "b"], "shape": SHAPE}
    description["network"] = {"dropout": 0.3, "width": 0.5}
    folder.mkdir()
    (folder / "network.json").write_text(json.dumps(description))
    save_file(network.state_dict(), folder / "model.safetensors")
    return network


def test_available_lists_model_modules_without_importing_torch():
    code = "import sys; from revisit.models import registry; print(registry.available(), 'torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, cwd=WORKFLOW, capture_output=True, text=True, check=True).stdout
    assert "'fashion_cnn'" in shown
    assert shown.endswith("False\n")


def test_available_lists_networks_alone():
    for name in registry.available():
        assert callable(importlib.import_module(f"revisit.models.{name}").build)
    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")}
    assert files - set(registry.available()) == {"__init__", "output", "registry", "weights"}


def test_arguments_are_found_without_importing_torch():
    code = "import sys; from revisit.models import registry; print(registry.arguments('vgg16'), 'torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, cwd=WORKFLOW, capture_output=True, text=True, check=True).stdout
    assert "initialiser" in shown
    assert shown.endswith("False\n")


@pytest.mark.parametrize(
    "name", ["resnet_9000", "registry", "weights", "parts", "__init__", "../fashion_cnn", "os", ""]
)
def test_unknown_network_names_those_there_are(name):
    for call in (lambda: registry.build(name, SHAPE, 2, {}), lambda: registry.arguments(name)):
        with pytest.raises(ConfigError, match=r"there are: .*fashion_cnn"):
            call()


def test_build_passes_the_settings_on():
    network = registry.build("fashion_cnn", SHAPE, 2, {"dropout": 0.7, "width": 0.25})
    assert network.dropout.p == 0.7
    assert network.conv1.out_channels == 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 3}, r"network\.depth: caffenet has no such setting; it has: first_layer, dropout, width"),
        ({"seed": 3}, r"network\.seed: caffenet has no such setting"),
        ({"dropout": "half"}, r"network\.dropout: 'half' is not allowed with caffenet; allowed: a number, ≥ 0, < 1"),
        ({"dropout": 1.0}, "allowed: a number, ≥ 0, < 1"),
        ({"dropout": True}, "allowed: a number"),
        ({"dropout": float("nan")}, "allowed: a number"),
        ({"width": 0.3}, "allowed: a number, > 0, ≤ 8, a multiple of 0.125"),
        ({"width": 0}, "allowed: a number, > 0"),
        ({"width": None}, "allowed: a number, > 0"),
        ({"first_layer": "9x9/3"}, "allowed: 11x11/4, 11x11/2, 7x7/4, 7x7/2"),
        ({"first_layer": ["7x7/2"]}, "allowed: 11x11/4, 11x11/2, 7x7/4, 7x7/2"),
        ({"relu5": 1}, r"network\.relu5: 1 is not allowed with caffenet; allowed: true or false"),
    ],
)
def test_build_refuses_settings_that_the_network_does_not_take(settings, message):
    with pytest.raises(ConfigError, match=message):
        registry.build("caffenet", (72, 72, 3), 2, settings)


def test_load_gives_the_trained_network_ready_for_use(tmp_path):
    network = write_model(tmp_path / "x")
    loaded, description = registry.load(tmp_path / "x", "cpu")
    images = torch.rand(3, 1, 8, 8)
    assert torch.equal(loaded(images), network.eval()(images))
    assert not loaded.training
    assert loaded.dropout.p == 0.3
    assert description["classes"] == ["a", "b"]


def test_snapshots_come_in_order_and_load(tmp_path):
    network = write_model(tmp_path / "x")
    (tmp_path / "x/snapshots").mkdir()
    assert registry.snapshots(tmp_path / "x") == ("epoch", {})
    for moment in (10, 0, 9):
        weights = {name: torch.full_like(values, moment) for name, values in network.state_dict().items()}
        save_file(weights, tmp_path / f"x/snapshots/step_{moment}.safetensors")
    unit, files = registry.snapshots(tmp_path / "x")
    assert unit == "step"
    assert list(files) == [0, 9, 10]
    earlier, _ = registry.load(tmp_path / "x", "cpu", files[9])
    assert not earlier.training
    assert all((values == 9).all() for values in earlier.state_dict().values())


def test_variants_lie_beside_the_network_of_their_replicate(tmp_path):
    assert registry.variants(tmp_path / "x") == {}
    second = registry.replicate(tmp_path / "x", 1)
    for folder, name in ((tmp_path / "x", "wide"), (tmp_path / "x", "deep"), (second, "wide")):
        registry.variant(folder, name).mkdir(parents=True)
    assert registry.variants(tmp_path / "x") == {name: tmp_path / "x/variants" / name for name in ("deep", "wide")}
    assert registry.variants(second) == {"wide": tmp_path / "x/replicates/1/variants/wide"}
    assert registry.replicates(tmp_path / "x") == [tmp_path / "x", second]
    for folder in (tmp_path / "x", second, registry.variant(tmp_path / "x", "wide"), registry.variant(second, "wide")):
        assert registry.experiment(folder) == "x"


@pytest.mark.parametrize("name", ["network.json", "model.safetensors"])
def test_load_says_which_file_is_missing(tmp_path, name):
    write_model(tmp_path / "x")
    (tmp_path / "x" / name).unlink()
    with pytest.raises(ArtifactError, match=rf"{name} is missing; make it again with `dvc repro --force train@x`"):
        registry.load(tmp_path / "x", "cpu")


@pytest.mark.parametrize("name", ["network.json", "model.safetensors"])
def test_load_refuses_a_damaged_file(tmp_path, name):
    write_model(tmp_path / "x")
    content = (tmp_path / "x" / name).read_bytes()
    (tmp_path / "x" / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match="damaged"):
        registry.load(tmp_path / "x", "cpu")


@pytest.mark.parametrize(
    ("key", "value"),
    [("network", {"layers": 9}), ("network", None), ("model", "resnet"), ("model", 3), ("classes", 5), ("shape", [8])],
)
def test_load_refuses_a_description_that_makes_no_sense(tmp_path, key, value):
    write_model(tmp_path / "x")
    path = tmp_path / "x" / "network.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(
        ArtifactError, match=r"network\.json: damaged .* make it again with `dvc repro --force train@x`"
    ):
        registry.load(tmp_path / "x", "cpu")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("crop", "abc"),
        ("crop", [1]),
        ("crop", 0),
        ("mean", None),
        ("mean", ["abc"]),
        ("mean", [0.1, 0.2]),
        ("std", 1.0),
        ("objective", [1]),
        ("channels", "abc"),
        ("channels", None),
        ("classes", ["a", 2]),
        ("shape", [8, 8, 0]),
        ("data", {"a.npy": 1}),
    ],
)
def test_a_description_says_which_key_is_damaged(tmp_path, key, value):
    write_model(tmp_path / "x")
    path = tmp_path / "x" / "network.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(ArtifactError, match=rf"network\.json: damaged \({key}.*make it again with"):
        registry.describe(tmp_path / "x")


def test_load_refuses_a_description_that_is_no_mapping(tmp_path):
    write_model(tmp_path / "x")
    (tmp_path / "x" / "network.json").write_text("[]")
    with pytest.raises(ArtifactError, match="no mapping of keys and values"):
        registry.load(tmp_path / "x", "cpu")


def test_load_refuses_weights_of_another_network(tmp_path):
    write_model(tmp_path / "x")
    save_file({"conv1.weight": torch.zeros(3)}, tmp_path / "x" / "model.safetensors")
    with pytest.raises(ArtifactError, match="not those of the network"):
        registry.load(tmp_path / "x", "cpu")
