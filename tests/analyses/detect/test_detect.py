"""Detectors over prepared images: what the stage writes, whatever the network, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

import boxed
from analysed import analysed
from revisit import config, paths
from revisit.analyses.detect import chance, finding, shown
from revisit.analyses.truths import Scenes
from revisit.data import arrays
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError
from revisit.models import rcnn, registry
from revisit.objects import batch

SMALL = {"backbone": "small_convnet", "dropout": 0.0, "detections": 12}
REGIONS = SMALL | {"hidden": 64, "bins": 3}
MASKS = REGIONS | {"stride": "8", "anchor": 14.0, "candidates": 200, "proposals": 60, "masks": True, "mask_channels": 8}
NETWORKS = {
    "yolo": ("yolo", SMALL | {"cells": 4, "head": "convolutional"}),
    "fast": ("fast_rcnn", REGIONS | {"stride": "8"}),
    "masks": ("faster_rcnn", MASKS),
    "rcnn": ("rcnn", SMALL | {"hidden": 64, "warp": 32, "bins": 2}),
}
SETTINGS = {
    "images": 20,
    "bootstrap": 100,
    "seed": 0,
    "shown": 5,
    "svms": None,
    "threshold": 0.5,
    "dataset": "boxed",
    "device": "cpu",
}
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS)
    return tmp_path


def _run(name):
    return analysed("detect", name)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_written_holds_together_and_comes_again(folder, name):
    boxed.write_network(name, *NETWORKS[name], boxed.write_data(proposals=30))
    summary, files = _run(name)
    assert _run(name) == (summary, files)
    tables = {
        file: pd.read_csv(paths.findings(name, "detect") / file) for file in sorted(files) if file.endswith(".csv")
    }
    assert list(tables) == ["curves.csv", "fates.csv", "per_class.csv", "recall.csv", "shown.csv", "thresholds.csv"]
    counted = tables["per_class.csv"].objects
    assert summary["objects"] == counted.sum() > 20
    at = summary["at_best_f1"]
    assert at["true_positives"] + at["false_negatives"] == summary["objects"]
    assert summary["fates"]["true"] == at["true_positives"]
    assert summary["fates"]["missed"] == at["false_negatives"]
    wrong = sum(summary["fates"][key] for key in ("duplicate", "localisation", "confusion", "both", "background"))
    assert wrong == at["false_positives"]
    assert tables["fates.csv"].groupby("fate")["count"].sum().to_dict() == summary["fates"]
    for key in ("mean_average_precision", "mean_average_precision_11_point", "mean_average_precision_coco"):
        assert summary[f"{key}_low"] <= summary[f"{key}_high"]
    assert summary["mean_average_precision"] == pytest.approx(tables["per_class.csv"].ap_area.mean())
    assert summary["detections"] <= 20 * 12
    assert ("mask_mean_average_precision" in summary) == ("mask_ap" in tables["per_class.csv"]) == (name == "masks")
    sources = set(tables["recall.csv"].source)
    assert sources == {"given", "windows", *(["network"] if name == "masks" else [])}
    of = {source: own.boxes.tolist() for source, own in tables["recall.csv"].groupby("source")}
    assert set(of["given"]) < set(of["windows"])  # where an image has no more regions, there are still windows
    assert max(of["given"]) < max(of["windows"]) == 300
    assert (summary["recall_of_network_proposals"] is None) == (name != "masks")
    assert set(summary["recall_of_given_proposals"]) == {"boxes_50", "boxes_100", "boxes_300"}
    drawn = tables["shown.csv"]
    assert (drawn.what == "truth").sum() >= 5
    assert drawn[["x0", "y0", "x1", "y1"]].stack().between(0, 1).all()
    assert drawn.picture.nunique() <= 5
    sprite = json.loads(files["sprite.json"])
    assert sprite["rows"] == list(range(5))
    assert sprite["tile"] == [boxed.CROP, boxed.CROP]


@pytest.mark.parametrize(("name", "passes"), [("yolo", 1), ("fast", 1), ("masks", 1), ("rcnn", 30)])
def test_how_often_the_trunk_is_asked(folder, name, passes):
    boxed.write_network(name, *NETWORKS[name], boxed.write_data(proposals=30))
    assert _run(name)[0]["trunk_passes"] == passes


def _with_svms(monkeypatch, **changes):
    asked = {"images": 30, "C": 0.001, "ridge": 1000.0} | changes
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS | {"svms": asked})


def test_svms_stand_beside_the_last_layer_and_come_again(folder, monkeypatch):
    boxed.write_network("rcnn", *NETWORKS["rcnn"], boxed.write_data(proposals=30))
    without, _ = _run("rcnn")
    _with_svms(monkeypatch)
    summary, files = _run("rcnn")
    assert _run("rcnn") == (summary, files)
    assert without.items() <= {**summary, "per_class": without["per_class"]}.items()
    assert (summary["svm_images"], summary["svm_regions"] > 20) == (30, True)
    table = pd.read_csv(paths.findings("rcnn", "detect/per_class.csv"))
    for key, column in (("by_svms", "svm_ap"), ("by_svms_and_moves", "moved_ap")):
        name = f"mean_average_precision_{key}"
        assert summary[f"{name}_low"] <= summary[name] <= summary[f"{name}_high"]
        assert summary[name] == pytest.approx(table[column].mean())
    # A fresh network says nothing of classes; what a region looks like, it says.
    assert summary["mean_average_precision_by_svms"] > without["mean_average_precision"] + 0.02


def test_random_boxes_stand_beside_proposals_as_many(folder, monkeypatch):
    boxed.write_network("rcnn", *NETWORKS["rcnn"], boxed.write_data(proposals=30))
    without, _ = _run("rcnn")
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS | {"random_boxes": True})
    summary, _ = _run("rcnn")
    key = "mean_average_precision_of_random_boxes"
    assert without.items() <= summary.items()
    assert summary[f"{key}_low"] <= summary[key] <= summary[f"{key}_high"]
    assert summary[key] != summary["mean_average_precision"]


def test_random_boxes_need_proposals(folder, monkeypatch):
    boxed.write_network("yolo", *NETWORKS["yolo"], boxed.write_data())
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS | {"random_boxes": True})
    with pytest.raises(ConfigError, match="random_boxes: nothing says how many; give its data set `proposals`"):
        _run("yolo")


def test_each_image_has_as_many_random_boxes_as_proposals():
    given = np.zeros((3, 4, 4), np.float32)
    given[0, :2], given[2, :4] = (1, 1, 9, 9), (2, 2, 5, 5)
    boxes = chance.as_many(given, (40, 60), 5)
    assert boxes.any(axis=2).sum(axis=1).tolist() == [2, 0, 4]
    real = boxes[boxes.any(axis=2)]
    assert (real >= 0).all()
    assert (real[:, 2:] <= (60, 40)).all()
    assert (real[:, 2:] - real[:, :2] >= 1).all()
    np.testing.assert_array_equal(boxes, chance.as_many(given, (40, 60), 5))
    assert (boxes != chance.as_many(given, (40, 60), 6)).any()


def test_regions_are_described_once(folder, monkeypatch):
    boxed.write_network("rcnn", *NETWORKS["rcnn"], boxed.write_data(proposals=30))
    _with_svms(monkeypatch)
    shown = []
    describe = rcnn.Rcnn.describe
    monkeypatch.setattr(
        rcnn.Rcnn, "describe", lambda self, *asked: shown.append(len(asked[0])) or describe(self, *asked)
    )
    once = _run("rcnn")
    # The first image for the passes of the trunk, each test image, and those that the machines learn from.
    assert sum(shown) == 1 + once[0]["images"] + 30
    shown.clear()
    monkeypatch.setattr(finding, "REMEMBERED", 0)
    assert _run("rcnn") == once
    assert sum(shown) == 1 + 4 * once[0]["images"] + 30  # its own layer, without suppression, by SVMs, and moved


def test_a_network_is_itself_again_after_its_descriptions_were_remembered():
    network = registry.build(NETWORKS["rcnn"][0], (64, 64, 3), 3, NETWORKS["rcnn"][1]).eval()
    images, regions = torch.rand(2, 3, 64, 64), torch.tensor([[[0.0, 0, 30, 30]]]).repeat(2, 1, 1)
    features = network.features
    for norm in (layer for layer in features.modules() if isinstance(layer, torch.nn.BatchNorm2d)):
        torch.nn.init.uniform_(norm.running_mean, -1, 1)
        torch.nn.init.uniform_(norm.weight, 0.5, 2)
    with torch.inference_mode():
        before = network.describe(images, regions)
        with finding.described_once(network):
            first, other = network.describe(images, regions), network.describe(images, regions + 5)
            assert torch.equal(network.describe(images, regions), first)
            assert not torch.equal(first, other)
            assert not [layer for layer in network.features.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
        torch.testing.assert_close(first, before, rtol=1e-4, atol=1e-5)
        assert torch.equal(network.describe(images, regions), before)
    assert "describe" not in vars(network)
    assert network.features is features


@pytest.mark.parametrize(("name", "draws"), [("masks", True), ("yolo", False)])
def test_masks_that_nobody_asks_for_are_not_drawn(name, draws):
    network = registry.build(NETWORKS[name][0], (64, 64, 3), 3, NETWORKS[name][1]).eval()
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        before = network(images)
        with finding.unmasked(network):
            boxes = network(images)
        again = network(images)
    assert (before.masks is not None) == (again.masks is not None) == draws
    assert boxes.masks is None
    assert torch.equal(boxes.boxes, before.boxes)


def test_svms_need_a_network_that_describes_regions(folder, monkeypatch):
    data = boxed.write_data()
    boxed.write_network("yolo", *NETWORKS["yolo"], data)
    _with_svms(monkeypatch)
    with pytest.raises(ConfigError, match="svms: the network describes no regions; leave them out"):
        _run("yolo")


def test_the_size_of_batches_changes_nothing(folder, monkeypatch):
    boxed.write_network("masks", *NETWORKS["masks"], boxed.write_data())
    one = _run("masks")
    assert "recall_of_given_proposals" in one[0]
    assert one[0]["recall_of_given_proposals"] is None
    monkeypatch.setattr(finding, "PAIRS", 7 * 200**2)
    other = _run("masks")
    for key, value in one[0].items():
        if isinstance(value, float):
            assert other[0][key] == pytest.approx(value, abs=1e-3)


def test_replicates_are_analysed_alike(folder):
    data, (model, network) = boxed.write_data(proposals=30), NETWORKS["yolo"]
    for name, seed in (("yolo", 0), ("other", 1)):
        boxed.write_network(name, model, network, data, seed)
    (first, files), (second, _) = _run("yolo"), _run("other")
    boxed.write_network("yolo", model, network, data, 1, registry.replicate(paths.model("yolo"), 1))
    both, again = _run("yolo")
    assert both.pop("replicates") == [first, second]
    assert both == first != second
    assert again == files


class Known(torch.nn.Module):
    """Finds what it was told of each image, one after the other."""

    def __init__(self, boxes, kinds):
        super().__init__()
        self.boxes, self.kinds, self.next, self.overlap = boxes, kinds, 0, 0.5

    def forward(self, images, proposals=None, objects=None):
        rows = slice(self.next, self.next + len(images))
        self.next += len(images)
        kinds = self.kinds[rows]
        return batch.Detections(self.boxes[rows], (kinds >= 0).float() * 0.9, kinds)


def test_padding_is_no_detection_and_images_keep_their_order(folder):
    boxed.write_data(count=40)
    data = arrays.load(paths.prepared("boxed"))
    scenes = Scenes.of(data, boxed.CROP, None, "key")
    boxes, kinds = torch.zeros(40, 5, 4), torch.full((40, 5), -1)
    for row, image in enumerate(scenes.truths.image.tolist()):
        place = int((kinds[image] >= 0).sum())
        boxes[image, place] = torch.from_numpy(scenes.truths.box[row])
        kinds[image, place] = int(scenes.truths.kind[row])
    preprocessing = Preprocessing([0.0] * 3, [1.0] * 3, CPU, boxed.CROP)
    found = finding.find(Known(boxes, kinds), data.test_images, None, preprocessing, scenes, CPU, "test").detections
    np.testing.assert_array_equal(found.image, scenes.truths.image)
    np.testing.assert_array_equal(found.kind, scenes.truths.kind)
    np.testing.assert_allclose(found.box, scenes.truths.box)


@pytest.mark.parametrize("name", ["yolo", "fast", "masks", "rcnn"])
def test_without_suppression_the_surest_detections_stay(name):
    network = registry.build(NETWORKS[name][0], (64, 64, 3), 3, NETWORKS[name][1]).eval()
    thresholds = [getattr(module, "overlap", None) for module in network.modules()]
    images = torch.rand(2, 3, 64, 64)
    corner = torch.rand(2, 1, 2) * 30
    proposals = torch.cat([corner, corner + 20], -1).repeat(1, 5, 1)  # five times the same
    with torch.inference_mode():
        before = network(images, proposals)
        with finding.unsuppressed(network):
            within = network(images, proposals)
    assert [getattr(module, "overlap", None) for module in network.modules()] == thresholds
    assert sum(value is not None for value in thresholds) == 1
    counts = [(found.kinds >= 0).sum().item() for found in (before, within)]
    assert counts[0] <= counts[1]
    if name in ("fast", "rcnn"):
        assert counts[0] < counts[1]


def test_pictures_show_classes_first_and_fill_up():
    labels = np.array([[-1, -1], [1, -1], [-1, -1], [-1, 1]], np.int8)
    assert shown.chosen(labels, 2, 0).tolist() == [1, 3]
    assert shown.chosen(labels, 3, 0).tolist() == [0, 1, 3]
    assert shown.chosen(labels, 9, 0).tolist() == [0, 1, 2, 3]


def test_a_network_without_the_proposals_that_it_needs_is_refused(folder):
    boxed.write_network("fast", *NETWORKS["fast"], boxed.write_data())
    with pytest.raises(
        ConfigError, match="regions that are proposed to it: name an entry of `proposals:` as `dataset`"
    ):
        _run("fast")
    assert not paths.FINDINGS.exists()


def test_a_network_for_something_else_is_refused(folder):
    boxed.write_network("fcn", "fcn", {"backbone": "small_convnet"}, boxed.write_data())
    with pytest.raises(ConfigError, match="the network is no detector"):
        _run("fcn")


def test_a_diverged_network_finds_nothing(folder):
    from safetensors.torch import load_file, save_file

    place = boxed.write_network("yolo", *NETWORKS["yolo"], boxed.write_data())
    found = load_file(place / "model.safetensors").items()
    weights = {key: torch.full_like(value, torch.nan) if value.is_floating_point() else value for key, value in found}
    save_file(weights, place / "model.safetensors")
    summary, _ = _run("yolo")
    assert (summary["detections"], summary["mean_average_precision"]) == (0, 0)
