"""Networks for pixels over prepared images: what the stage writes, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

import boxed
from analysed import analysed
from revisit import config, files, paths
from revisit.analyses.segment import compute, maps
from revisit.analyses.truths import Scenes
from revisit.data import arrays
from revisit.errors import ConfigError
from revisit.models import registry
from revisit.objects import segmentation

NETWORK = {"backbone": "small_convnet", "dropout": 0.0}
SETTINGS = {"images": 20, "bootstrap": 100, "seed": 0, "shown": 4, "smallest": 4, "dataset": "boxed", "device": "cpu"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS)
    return tmp_path


def _run(name):
    return analysed("segment", name)


def test_classes_of_pixels_by_hand():
    mask = np.array([[0, 1, 2], [255, 3, 1]], np.uint8)
    assert maps.real(mask, np.array([4, 0])).tolist() == [[0, 5, 1], [255, 255, 5]]


def test_what_is_written_holds_together_and_comes_again(folder):
    boxed.write_network("fcn", "fcn", NETWORK, boxed.write_data())
    summary, written = _run("fcn")
    assert _run("fcn") == (summary, written)
    assert sorted(written) == ["confusion.csv", "images.npy", "maps.npy", "per_class.csv", "shown.csv"]
    place = paths.findings("fcn", "segment")
    cells, rows = pd.read_csv(place / "confusion.csv"), pd.read_csv(place / "per_class.csv")
    names = ["background", *boxed.CLASSES]
    matrix = cells.pivot(index="actual", columns="predicted", values="pixels").loc[names, names].to_numpy()
    for name, measure in segmentation.MEASURES.items():
        assert summary[name] == pytest.approx(float(measure(matrix)))
        assert summary[f"{name}_low"] <= summary[name] <= summary[f"{name}_high"]
    assert rows["class"].tolist() == names
    assert rows.pixels.tolist() == matrix.sum(axis=1).tolist()
    assert np.isnan(rows.mask_ap[0])
    assert summary["mask_mean_average_precision"] == pytest.approx(rows.mask_ap.mean())
    real = matrix.sum(axis=1)  # every pixel is called background, which most are
    blind = np.zeros_like(matrix)
    blind[:, 0] = real
    with np.errstate(invalid="ignore"):
        assert summary["mean_iou_of_one_class"] == pytest.approx(float(segmentation.mean_iou(blind)))
    masks = arrays.load(paths.prepared("boxed")).test_objects.masks[:20, 4:68, 4:68]
    assert matrix.sum() == (masks != 255).sum()
    assert np.load(place / "maps.npy").shape == (4, 2, 64, 64)
    assert np.load(place / "images.npy").shape == (4, 64, 64, 3)


class Knows(torch.nn.Module):
    """Gives the maps that it was told, one after the other."""

    def __init__(self, told):
        super().__init__()
        self.told, self.next = told, 0

    def forward(self, images):
        rows = self.told[self.next : self.next + len(images)]
        self.next += len(images)
        return 9 * torch.nn.functional.one_hot(torch.from_numpy(rows).long(), 4).permute(0, 3, 1, 2).float()


def test_a_network_that_knows_all_has_an_iou_of_one(folder, monkeypatch):
    sha256 = boxed.write_data(count=40)
    boxed.write_network("fcn", "fcn", NETWORK, sha256)
    data = arrays.load(paths.prepared("boxed"))
    scenes = Scenes.of(data, boxed.CROP, None, "key")
    told = maps.reals(scenes, data.test_objects, slice(0, 40))
    told[told == 255] = 0
    info = json.loads((paths.model("fcn") / "network.json").read_text())
    monkeypatch.setattr(registry, "load", lambda *_: (Knows(told), info))
    summary, _ = compute.analyse("fcn", SETTINGS | {"images": None})
    for name in segmentation.MEASURES:
        assert summary[name] == summary[f"{name}_low"] == 1
    assert summary["mask_mean_average_precision"] > 0.6  # objects of a class that touch become one
    assert 0 < summary["images_of_several"] < 40
    assert summary["mask_mean_average_precision_of_several"] > 0.6
    assert summary["images"] == 40


def test_replicates_are_analysed_alike(folder):
    data = boxed.write_data()
    for name, seed in (("fcn", 0), ("other", 1)):
        boxed.write_network(name, "fcn", NETWORK, data, seed)
    (first, written), (second, _) = _run("fcn"), _run("other")
    boxed.write_network("fcn", "fcn", NETWORK, data, 1, registry.replicate(paths.model("fcn"), 1))
    both, again = _run("fcn")
    assert both.pop("replicates") == [first, second]
    assert both == first != second
    assert again == written


def test_what_does_not_suit_is_refused(folder):
    data = boxed.write_data(masks=False)
    boxed.write_network("fcn", "fcn", NETWORK, data)
    with pytest.raises(ConfigError, match=r"^analyses\.segment\.fcn: the data set boxed has no masks"):
        _run("fcn")
    assert not paths.FINDINGS.exists()


def test_a_classifier_is_refused(folder):
    data = boxed.write_data()
    place = boxed.write_network("net", "fashion_cnn", {}, data)
    files.write_json(place / "network.json", json.loads((place / "network.json").read_text()))
    with pytest.raises(ConfigError, match="gives no logits of every pixel"):
        _run("net")
