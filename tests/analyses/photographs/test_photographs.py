"""Stage `photographs` against numbers worked out by hand."""

import dataclasses

import numpy as np
import pytest

from boxed import write_data
from revisit import config, files, paths
from revisit.analyses.photographs import compute
from revisit.analyses.photographs.measures import Sums
from revisit.analyses.photographs.tables import CLASSES, MEASURES
from revisit.data.objects import Objects
from revisit.errors import ArtifactError, ConfigError

NAMES = ["ant", "bee", "cat"]
SETTINGS = {
    "groups": {"small": ["ant", "bee"]}, "resamples": 200, "seed": 0, "dataset": "boxed", "device": "cpu",
}  # fmt: skip


def objects(boxes, kinds, flags, views, offsets, sizes):
    return Objects(
        np.array(boxes, np.float32), np.array(kinds), np.array(flags, bool), np.array(offsets),
        views=np.array(views), sizes=np.array(sizes),
    )  # fmt: skip


@pytest.fixture
def four():
    """Four images of 4 x 4 pixels, published with 8 x 4: two ants, a bee and an image with nothing."""
    images = np.zeros((4, 4, 4, 3), np.uint8)
    images[0] = 255
    images[2, :, 2:] = 51  # 0.2 from the third column on
    labels = np.array([[1, -1, -1], [1, -1, -1], [-1, 1, 0], [-1, -1, -1]], np.int8)
    known = objects(
        [[0, 0, 4, 4], [0, 0, 2, 4], [2, 0, 4, 1], [0, 0, 1, 1], [1, 0, 3, 2]],
        [0, 0, 0, 1, 2],
        [[0, 0], [0, 0], [0, 1], [0, 0], [1, 0]],
        [1, 3, 0, 1, 2],
        [0, 1, 3, 5, 5],
        [[8, 4]] * 4,
    )
    return Sums.of(images, labels, known)


def test_measures_by_hand(four):
    found = {key: values[0] for key, values in four.measures(np.ones((1, 4))).items()}
    # Of the ants one fills its image, and the other stands before black; the edge of the bee's image crosses columns
    # 1 and 2 by half of 0.2, and the difficult cat hides two rows of each.
    around = np.zeros((4, 4))
    around[:, 1:3] = 0.1
    hidden = np.zeros((4, 4), bool)
    hidden[0, 0] = hidden[0:2, 1:3] = True
    assert found["clutter"][:2] == pytest.approx([0, around[~hidden].mean()])
    assert found["brightness"][0] == pytest.approx(0.5)  # 1 and 0
    assert np.isnan(found["brightness"][1])  # of one image
    # Twice as high as wide, as published: ln 2 and ln 4; the third ant is truncated.
    assert found["proportions"][0] == pytest.approx(np.log(2) / 2)
    assert found["views"][:2] == pytest.approx([0.5, 0])  # front and left; front alone
    assert np.isnan([found[key][2] for key in MEASURES]).all()  # only a difficult cat


def test_an_image_drawn_twice_counts_twice_and_one_left_out_not_at_all(four):
    found = four.measures(np.array([[4, 4, 4, 4], [3, 1, 0, 0]]))
    whole = four.measures(np.full((1, 4), 2))
    for key in MEASURES:
        np.testing.assert_allclose(found[key][0], whole[key][0])
    assert found["brightness"][1, 0] == pytest.approx(np.sqrt(3 / 16))
    assert np.isnan(found["clutter"][1, 1])


def test_how_many_stand_behind_them(four):
    numbers = {key: values.tolist() for key, values in four.numbers().items()}
    assert numbers == {"images": [2, 1, 0], "objects": [2, 1, 0], "seen": [2, 1, 0]}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "settings", lambda _stage, _name: SETTINGS)
    data = write_data(masks=False)
    place = paths.model("seen")
    place.mkdir(parents=True)
    files.write_json(place / "network.json", {"experiment": "seen", "dataset": "boxed", "data": data})
    return tmp_path


def test_groups_are_compared_with_all_classes(folder):
    summary, found = compute.analyse("seen", SETTINGS)
    table = found[CLASSES.file]
    CLASSES.check(table)
    for key in MEASURES:
        of_group = summary["groups"]["small"][key]
        values = table.set_index("class")[key]
        assert of_group["value"] == pytest.approx(values[:2].mean())
        assert summary["mean"][key] == pytest.approx(values.mean())
        assert of_group["difference"] == pytest.approx(values[:2].mean() - values.mean())
        assert of_group["low"] < of_group["difference"] < of_group["high"]
    again, _ = compute.analyse("seen", SETTINGS)
    assert again == summary


def test_a_class_that_there_is_not_is_one_message(folder):
    settings = SETTINGS | {"groups": {"far": ["dog"]}}
    with pytest.raises(ConfigError, match=r"groups\.far: there is no class 'dog'"):
        compute.analyse("seen", settings)


def test_other_data_than_were_trained_on_are_refused(folder):
    place = paths.model("seen") / "network.json"
    files.write_json(place, {"experiment": "seen", "dataset": "boxed", "data": {}})
    with pytest.raises(ArtifactError, match="trained on other data"):
        compute.analyse("seen", SETTINGS)


def test_sums_need_views_and_sizes(four):
    known = objects(np.zeros((0, 4)), [], np.zeros((0, 2)), [], [0, 0], [[1, 1]])
    with pytest.raises(ValueError, match="without views"):
        Sums.of(np.zeros((1, 2, 2, 3)), np.zeros((1, 3)), dataclasses.replace(known, views=None))
