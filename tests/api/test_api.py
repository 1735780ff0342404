"""The five calls, as docs/api.md has them."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from revisit import api, files, paths
from revisit.data import arrays
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry
from revisit.params.load import load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/api.md").read_text()
CLASSES = [str(number) for number in range(10)]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A data set whose classes can be told, and a fresh network, where docs/api.md looks for them."""
    folder, rng = tmp_path_factory.mktemp("tree"), np.random.default_rng(0)
    prepared, model = folder / paths.prepared("fashion_mnist"), folder / paths.model("fashion_dynamic")
    prepared.mkdir(parents=True)
    model.mkdir(parents=True)
    centres = rng.integers(0, 200, (10, 28, 28, 1))
    for split, count in (("train", 220), ("test", 120)):
        labels = np.arange(count) % 10
        np.save(prepared / f"{split}_labels.npy", labels)
        np.save(
            prepared / f"{split}_images.npy",
            (centres[labels] + rng.integers(0, 55, (count, 28, 28, 1))).astype(np.uint8),
        )
    sha256 = {name: files.sha256(prepared / name) for name in arrays.names(None)}
    about = {"dataset": "fashion_mnist", "classes": CLASSES, "labels": "single", "shape": [28, 28, 1], "train": 220}
    about |= {"test": 120, "mean": [0.4], "std": [0.3], "source": "embedded", "provenance": "drawn", "sha256": sha256}
    files.write_json(prepared / "meta.json", about)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = registry.build("fashion_cnn", (28, 28, 1), 10, {"width": 0.25})
    save_file(network.state_dict(), model / registry.WEIGHTS)
    about = {"experiment": "fashion_dynamic", "dataset": "fashion_mnist", "model": "fashion_cnn"}
    about |= {"network": {"width": 0.25}, "objective": "classification", "classes": CLASSES, "shape": [28, 28, 1]}
    files.write_json(model / "network.json", about | {"crop": None, "mean": [0.4], "std": [0.3], "data": sha256})
    return folder


@pytest.fixture(autouse=True)
def _here(tree, monkeypatch):
    monkeypatch.chdir(tree)


def test_the_page_runs_as_it_stands(capsys):
    names: dict = {}
    exec("\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.S)), names)  # noqa: S102  (the repository's own page)
    printed = capsys.readouterr().out
    assert re.search(r"a linear SVM on fc1: (9\d\.\d|100\.0)%, with C = 0\.\d+", printed)
    assert "neighbours of the same class: 100.0%" in printed
    assert names["train"].shape == (200, 256)
    assert names["train"].dtype == np.float32


def test_the_page_has_every_call_and_names_that_there_are():
    calls = {
        name
        for name in vars(api)
        if name in re.findall(r"^def ([a-z]\w+)", (ROOT / "workflow/revisit/api.py").read_text(), re.M)
    }
    assert calls == set(re.findall(r"^\| `(\w+)\(", PAGE, re.M)) == set(re.findall(r"api\.(\w+)\(", PAGE))
    assert len(calls) == 5
    params = load(ROOT / "params.yaml")
    assert set(re.findall(r'load_data\("(\w+)"', PAGE)) <= params.datasets.keys()
    assert set(re.findall(r'load_network\("(\w+)"', PAGE)) <= params.trainings.keys()


def test_features_are_those_of_the_network_itself():
    data, network = api.load_data("fashion_mnist"), api.load_network(Path("results/models/fashion_dynamic"), "cpu")
    assert "fc1" in network.layers
    pixels = torch.from_numpy(np.array(data.test_images[:7])).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        kept = []
        hook = network.module.get_submodule("conv1").register_forward_hook(lambda *given: kept.append(given[2]))
        network.module((pixels - 0.4) / 0.3)
        hook.remove()
    assert api.features(network, data.test_images[:7], "conv1") == pytest.approx(kept[0].flatten(1).numpy(), abs=1e-4)


def test_mistakes_are_told():
    network = api.load_network("fashion_dynamic", "cpu")
    images = api.load_data("data/prepared/fashion_mnist").test_images
    with pytest.raises(ConfigError, match="'fc9'"):
        api.features(network, images, "fc9")
    for wrong in (images[0], images / 255, images[:0], np.repeat(images, 3, axis=3)):
        with pytest.raises(ConfigError, match="images: expected at least one of height x width x 1, uint8; found"):
            api.features(network, wrong, "fc1")
    with pytest.raises(ArtifactError, match="prepare@gone"):
        api.load_data("gone")
    with pytest.raises(ArtifactError, match="train@gone"):
        api.load_network("gone")
    rows = np.zeros((9, 2), np.float32)
    with pytest.raises(ConfigError, match="X: expected a row for each of 8 labels"):
        api.probe(rows, np.arange(8), rows, np.arange(9))
    with pytest.raises(ConfigError, match="k: 9 neighbours"):
        api.neighbours(rows, 9)


def test_several_labels_per_row_are_probed_by_average_precision():
    rng = np.random.default_rng(0)
    labels = rng.choice([-1, 1], (60, 3)).astype(np.int8)
    rows = (labels + rng.normal(0, 0.1, labels.shape)).astype(np.float32)
    found = api.probe(rows[:40], labels[:40], rows[40:], labels[40:])
    assert found.score == pytest.approx(1)
    assert found.C in api.C


def test_data_and_neighbours_need_no_pytorch():
    program = "import sys; from revisit import api; api.load_data('fashion_mnist'); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(ROOT / "workflow")})
