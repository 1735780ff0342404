"""Regions of a prepared data set: the same on any number of cores, padded, opened with it, and how much they find."""

import json
import os
import shutil
import signal

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import propose_regions
from revisit import config, files, paths
from revisit.data import arrays, embedded, proposals, provenance
from revisit.data.images import resized
from revisit.data.prepare import prepare
from revisit.data.proposal_recall import COLUMNS, measure
from revisit.errors import ArtifactError, ConfigError, DataError, DeviceError
from revisit.objects import overlaps, selective_search
from revisit.objects.selective_search import search
from revisit.objects.windows import sliding_windows
from revisit.variables import CORES
from revisit_drawing import scenes

SEARCH = {
    "proposals": "regions", "dataset": "scenes", "method": "selective_search", "count": 60, "seed": 3,
    "scales": [50.0], "shortest": 0.12, "side": None,
}  # fmt: skip
WINDOWS = {"proposals": "regions", "dataset": "scenes", "method": "sliding_windows", "count": 30}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A prepared data set of 11 and 9 drawn scenes with the boxes of their objects."""
    folder = tmp_path_factory.mktemp("drawn")
    splits = {"train": "trainval", "test": "test"}
    raw = {"raw": "scenes", "format": "voc", "classes": None, "source": "embedded", "seed": 0}
    (folder / "raw").mkdir()
    many = {"drawing": "scenes", "train": 11, "test": 9, "size": 48, "splits": splits}
    embedded.draw(raw | {"embedded": many}, folder / "raw")
    provenance.write(folder / "raw", provenance.DRAWN)
    chosen = {"dataset": "scenes", "size": 48, "train": None, "test": None, "test_share": 0.2}
    chosen |= {"test_from_train": False, "splits": splits, "objects": "boxes", "classes": list(scenes.CLASSES)}
    prepare(raw | chosen, folder / "raw", folder / "data/prepared/scenes")
    return folder


@pytest.fixture
def source(drawn, tmp_path, monkeypatch):
    """A copy of it, below the current folder; one core."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CORES, "1")
    shutil.copytree(drawn / "data", tmp_path / "data")
    return paths.prepared("scenes")


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_image_has_the_regions_of_the_search_and_then_zeros(source, tmp_path):
    proposals.propose(SEARCH, source, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    lengths = []
    for split in arrays.SPLITS:
        found = data.objects(split).proposals
        assert (found.shape, found.dtype) == ((len(data.images(split)), 60, 4), np.float32)
        for image, boxes in zip(data.images(split), found, strict=True):
            expected = search(np.array(image), 60, [50.0], seed=3).proposals
            np.testing.assert_array_equal(boxes[: len(expected)], expected)
            assert not boxes[len(expected) :].any()
            lengths.append(len(expected))
    assert min(lengths) < 60  # some images have fewer


def test_the_rest_is_the_data_set_itself_under_another_name(source, tmp_path):
    proposals.propose(SEARCH, source, tmp_path / "out")
    before, after = content(source), content(tmp_path / "out")
    added = {"train_proposals.npy", "test_proposals.npy"}
    assert after.keys() == before.keys() | added
    assert all(after[name] == before[name] for name in before if name != arrays.META)
    old, new = (json.loads(of[arrays.META]) for of in (before, after))
    assert set(new["sha256"]) == set(arrays.names("boxes", proposals=True))
    assert all(digest == files.sha256(tmp_path / "out" / name) for name, digest in new["sha256"].items())
    assert (new["dataset"], new["proposals"]) == ("regions", 60)
    same = old.keys() - {"dataset", "sha256"}
    assert {key: new[key] for key in same} == {key: old[key] for key in same}


@pytest.mark.parametrize("settings", [SEARCH, WINDOWS], ids=["search", "windows"])
def test_any_number_of_processes_gives_the_same_bytes(source, tmp_path, monkeypatch, settings):
    for cores in ("1", "2", "3"):
        monkeypatch.setenv(CORES, cores)
        proposals.propose(settings, source, tmp_path / cores)
    one, two, three = (content(tmp_path / cores) for cores in ("1", "2", "3"))
    assert one == two == three


def test_a_small_copy_is_searched_and_its_boxes_are_enlarged(source):
    image = np.array(arrays.load(source).images("test")[0])
    small = np.asarray(Image.fromarray(image).resize((32, 32), Image.Resampling.BILINEAR))
    expected = search(small, 60, [50.0], seed=3).proposals * np.float32(48 / 32)
    found = proposals.proposed(image, SEARCH | {"side": 32})
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    assert (found <= 48).all()
    wide = proposals.proposed(image[:24], SEARCH | {"side": 32})
    assert wide[:, 3].max() <= 24 < wide[:, 2].max() <= 48


def test_another_seed_gives_another_order(source, tmp_path):
    proposals.propose(SEARCH, source, tmp_path / "one")
    proposals.propose(SEARCH | {"seed": 4}, source, tmp_path / "two")
    one, two = (content(tmp_path / name)["test_proposals.npy"] for name in ("one", "two"))
    assert one != two


def test_an_error_of_a_process_is_told(source, tmp_path, monkeypatch):
    monkeypatch.setenv(CORES, "2")
    with pytest.raises(ValueError, match="no such shortest"):
        proposals.propose(SEARCH | {"shortest": NoNumber()}, source, tmp_path / "out")


class NoNumber:
    def __mul__(self, other):
        raise ValueError("no such shortest")


def test_a_process_that_is_killed(source, tmp_path, monkeypatch):
    monkeypatch.setenv(CORES, "2")
    with pytest.raises(DeviceError, match=r"was killed, most likely because memory ran out; .*REVISIT_CORES=1"):
        proposals.propose(SEARCH | {"shortest": Deadly()}, source, tmp_path / "out")


class Deadly:
    def __mul__(self, other):
        os.kill(os.getpid(), signal.SIGKILL)


def test_no_number_of_cores(source, tmp_path, monkeypatch):
    monkeypatch.setenv(CORES, "many")
    with pytest.raises(ConfigError, match="REVISIT_CORES=many: expected a whole number of cores"):
        proposals.propose(SEARCH, source, tmp_path / "out")


def test_without_objects(source, tmp_path):
    meta = json.loads((source / arrays.META).read_text())
    del meta["objects"]
    (source / arrays.META).write_text(json.dumps(meta))
    with pytest.raises(DataError, match="scenes: nothing is known of its objects: set its `objects` in params"):
        proposals.propose(SEARCH, source, tmp_path / "out")


def test_a_data_set_that_is_missing_or_damaged(source, tmp_path):
    again = "make it again with `dvc repro --force prepare@scenes`"
    images = np.load(source / "test_images.npy")
    images[0] = 0
    np.save(source / "test_images.npy", images)
    with pytest.raises(ArtifactError, match=f"test_images.npy: not the file that meta.json names: {again}"):
        proposals.propose(SEARCH, source, tmp_path / "out")
    (source / "test_boxes.npy").unlink()
    with pytest.raises(ArtifactError, match=f"test_boxes.npy: missing: {again}"):
        proposals.propose(SEARCH, source, tmp_path / "out")
    shutil.rmtree(source)
    with pytest.raises(ArtifactError, match=f"meta.json: missing: {again}"):
        proposals.propose(SEARCH, source, tmp_path / "out")


def test_damaged_proposals_name_the_stage_that_makes_them(source):
    record = paths.config("propose", "regions")
    record.parent.mkdir(parents=True)
    record.touch()
    proposals.propose(SEARCH, source, paths.prepared("regions"))
    np.save(paths.prepared("regions") / "test_proposals.npy", np.zeros((2, 60, 4), np.float32))
    with pytest.raises(ArtifactError, match=r"proposals: found .* again with `dvc repro --force propose@regions"):
        arrays.load(paths.prepared("regions"))


# How much they find


def test_recall_grows_with_the_boxes_and_is_that_of_an_object_searched_by_hand(source, tmp_path):
    proposals.propose(WINDOWS, source, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    summary, table = measure(WINDOWS, data, None)
    assert (summary["method"], summary["boxes"], summary["images"], summary["found"]) == ("sliding_windows", 30, 9, 30)
    assert list(summary["recall_50"]) == ["boxes_10", "boxes_20", "boxes_30"]
    assert "sliding_windows" not in summary  # they are what is measured
    objects = data.test_objects
    hits = []
    for box, image, difficult in zip(objects.boxes, objects.images, objects.difficult, strict=True):
        boxes = objects.proposals[image][:20]
        low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - common
        if not difficult:
            hits.append((common / union).max() >= 0.5)
    assert summary["objects"] == len(hits) > 5
    assert summary["recall_50"]["boxes_20"] == np.mean(hits)
    assert list(table) == list(COLUMNS)
    assert table["recall"].between(0, 1).all()
    assert table.groupby("iou")["recall"].apply(lambda of: of.is_monotonic_increasing).all()


def test_windows_stand_beside_the_search_as_many_at_every_count(source, tmp_path):
    first = proposals.propose(SEARCH, source, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    summary, table = measure(SEARCH, data, first)
    assert set(table["method"]) == {"selective_search", "sliding_windows"}
    assert summary["found"] < 60
    for count in (10, 20, 50, 60):
        none = proposals.propose(WINDOWS | {"count": count}, source, tmp_path / str(count))
        alone, _ = measure(WINDOWS | {"count": count}, arrays.load(tmp_path / str(count)), none)
        assert "first_regions" not in alone
        for name in ("recall_50", "recall_70", "mean_best_overlap"):
            assert summary["sliding_windows"][name][f"boxes_{count}"] == pytest.approx(alone[name][f"boxes_{count}"])


@pytest.mark.parametrize("side", [None, 32])
def test_what_merging_adds_stands_beside_the_regions_that_are_merged(source, tmp_path, side):
    settings = SEARCH | {"side": side}
    begun = proposals.propose(settings, source, tmp_path / "out")
    data = arrays.load(tmp_path / "out")
    summary, _ = measure(settings, data, begun)
    objects, hits = data.test_objects, []
    for box, image, difficult in zip(objects.boxes, objects.images, objects.difficult, strict=True):
        shown = np.array(data.test_images[image])
        first = search(resized(shown, side, side) if side else shown, scales=[50.0]).first * np.float32(
            48 / (side or 48)
        )
        as_many = objects.proposals[image][: len(first)]
        if not difficult:
            hits.append([overlaps.boxes(box[None].astype(float), own.astype(float)).max() for own in (first, as_many)])
    shares = np.array(hits).T
    for key, best in zip(("first_regions", "as_many_proposals"), shares, strict=True):
        assert summary[key]["recall_50"] == (best >= 0.5).mean()
        assert summary[key]["recall_70"] == (best >= 0.7).mean()
    assert summary["first_regions"]["found"] > 5


def test_each_image_is_segmented_once(source, monkeypatch):
    segmented, segment = [], selective_search.felzenszwalb
    monkeypatch.setattr(
        selective_search, "felzenszwalb", lambda *asked, **how: segmented.append(1) or segment(*asked, **how)
    )
    monkeypatch.setattr(config, "settings", lambda *_: SEARCH)
    propose_regions.main(["regions"])
    assert len(segmented) == 2 * (11 + 9)  # in each of two colour spaces


def test_where_there_is_no_object_there_is_no_number(source, tmp_path):
    flags = np.load(source / "test_flags.npy")
    flags[:, 0] = True  # difficult, all of them
    np.save(source / "test_flags.npy", flags)
    meta = json.loads((source / arrays.META).read_text())
    meta["sha256"]["test_flags.npy"] = files.sha256(source / "test_flags.npy")
    (source / arrays.META).write_text(json.dumps(meta))
    proposals.propose(WINDOWS, source, tmp_path / "out")
    summary, table = measure(WINDOWS, arrays.load(tmp_path / "out"), None)
    assert summary["objects"] == 0
    assert set(summary["recall_70"].values()) == set(summary["mean_best_overlap"].values()) == {None}
    assert table["recall"].isna().all()
    files.json_bytes(summary)


def test_data_without_proposals_are_not_measured(source):
    with pytest.raises(ArtifactError, match="scenes: has no proposals"):
        measure(WINDOWS, arrays.load(source), None)


# The command


def test_the_command_writes_the_data_and_the_findings(source, monkeypatch):
    monkeypatch.setattr(config, "settings", lambda *_: WINDOWS)
    propose_regions.main(["regions"])
    found = arrays.load(paths.prepared("regions")).train_objects.proposals
    np.testing.assert_array_equal(found[0], sliding_windows(48, 48, 30))
    summary = json.loads(paths.findings("regions", "proposals.json").read_text())
    table = pd.read_csv(paths.findings("regions", "proposals") / "recall.csv")
    assert table[(table["boxes"] == 30) & (table["iou"] == 0.7)]["recall"].item() == pytest.approx(
        summary["recall_70"]["boxes_30"]
    )
    assert list((source.parents[1] / files.PARTIAL).iterdir()) == []


def test_a_failure_leaves_what_was_there(source, monkeypatch):
    monkeypatch.setattr(config, "settings", lambda *_: WINDOWS)
    propose_regions.main(["regions"])
    before = content(paths.prepared("regions"))
    (source / "train_kinds.npy").unlink()
    with pytest.raises(ArtifactError, match=r"train_kinds\.npy: missing"):
        propose_regions.main(["regions"])
    assert content(paths.prepared("regions")) == before
