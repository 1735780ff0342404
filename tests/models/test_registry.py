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
    network = registry.build("fashion_cnn", SHAPE, 2, {"dropout": 0.3})
    description = {"experiment": "x", "model": "fashion_cnn", "dropout": 0.3, "classes": ["a", "b"], "shape": SHAPE}
    folder.mkdir()
    (folder / "network.json").write_text(json.dumps(description))
    save_file(network.state_dict(), folder / "model.safetensors")
    return network


def test_available_lists_model_modules_without_importing_torch():
    code = "import sys; from revisit.models import registry; print(registry.available(), 'torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, cwd=WORKFLOW, capture_output=True, text=True, check=True).stdout
    assert "'fashion_cnn'" in shown
    assert "registry" not in shown
    assert shown.endswith("False\n")


@pytest.mark.parametrize("name", ["resnet_9000", "registry", "__init__", "../fashion_cnn", "os", ""])
def test_unknown_network_names_those_there_are(name):
    with pytest.raises(ConfigError, match=r"there are: .*fashion_cnn"):
        registry.build(name, SHAPE, 2, {})


def test_build_passes_on_the_networks_own_settings_only():
    settings = {"dropout": 0.7, "seed": 3, "classes": "ignored", "shape": "ignored"}
    assert registry.network_settings("fashion_cnn", settings) == {"dropout": 0.7}
    assert registry.build("fashion_cnn", SHAPE, 2, settings).dropout.p == 0.7


def test_load_gives_the_trained_network_ready_for_use(tmp_path):
    network = write_model(tmp_path / "x")
    loaded, description = registry.load(tmp_path / "x", "cpu")
    images = torch.rand(3, 1, 8, 8)
    assert torch.equal(loaded(images), network.eval()(images))
    assert not loaded.training
    assert loaded.dropout.p == 0.3
    assert description["classes"] == ["a", "b"]


@pytest.mark.parametrize("name", ["network.json", "model.safetensors"])
def test_load_says_which_file_is_missing(tmp_path, name):
    write_model(tmp_path / "x")
    (tmp_path / "x" / name).unlink()
    with pytest.raises(ArtifactError, match=rf"{name} is missing; train it again \(dvc repro train@x\)"):
        registry.load(tmp_path / "x", "cpu")


@pytest.mark.parametrize("name", ["network.json", "model.safetensors"])
def test_load_refuses_a_damaged_file(tmp_path, name):
    write_model(tmp_path / "x")
    content = (tmp_path / "x" / name).read_bytes()
    (tmp_path / "x" / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ArtifactError, match="damaged"):
        registry.load(tmp_path / "x", "cpu")


def test_load_refuses_weights_of_another_network(tmp_path):
    write_model(tmp_path / "x")
    save_file({"conv1.weight": torch.zeros(3)}, tmp_path / "x" / "model.safetensors")
    with pytest.raises(ArtifactError, match="not those of the network"):
        registry.load(tmp_path / "x", "cpu")
