"""Test images as pictures of another kind: what a style does to pixels, and what is still found."""

import numpy as np
import pytest

import boxed
from analysed import analysed
from revisit import config, paths
from revisit.analyses.detect import restyled, styles
from revisit.data import arrays
from revisit.errors import ConfigError
from revisit.objects.found import Detections, Truths
from revisit_drawing import scenes

SMALL = {"backbone": "small_convnet", "dropout": 0.0, "detections": 12}
NETWORKS = {
    "yolo": ("yolo", SMALL | {"cells": 4, "head": "convolutional"}),
    "fast": ("fast_rcnn", SMALL | {"hidden": 64, "bins": 3, "stride": "8"}),
}
SEARCH = {"method": "selective_search", "count": 30, "seed": 0, "scales": [50.0], "shortest": 0.12, "side": None}
SETTINGS = {
    "images": 20, "bootstrap": 100, "seed": 0, "shown": 5, "svms": None, "threshold": 0.5, "dataset": "boxed",
    "device": "cpu",
}  # fmt: skip


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Analyses a fresh network with some settings of `restyled`, or none; its summary and its files."""
    monkeypatch.chdir(tmp_path)
    data = boxed.write_data(proposals=30)

    def analyse(name, asked=None):
        if not paths.model(name).exists():
            boxed.write_network(name, *NETWORKS[name], data)
        more = {"restyled": {"images": None, "propose": SEARCH} | asked} if asked else {}
        monkeypatch.setattr(config, "settings", lambda *_: SETTINGS | more)
        return analysed("detect", name)

    return analyse


@pytest.fixture(scope="module")
def pictures():
    return np.stack([scene.image[:60, :60] for scene in scenes.pictures(6, 0, 0, 80)])


@pytest.mark.parametrize("style", styles.STYLES)
def test_a_style_changes_pixels_alone_and_always_alike(pictures, style):
    made = styles.restyled(pictures, style)
    assert (made.shape, made.dtype) == (pictures.shape, np.uint8)
    assert (made != pictures).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(styles.restyled(np.asfortranarray(pictures), style), made)
    np.testing.assert_array_equal(styles.restyled(pictures[2:3], style), made[2:3])
    assert styles.restyled(pictures[:0], style).shape == (0, 60, 60, 3)


def test_a_painting_has_few_colours_without_texture():
    texture = np.random.default_rng(0).integers(90, 110, (48, 48, 3), np.uint8)
    texture[:, 24:] += 120
    (made,) = styles.restyled(texture[None], "painting")
    assert len(np.unique(made)) <= 4
    assert (
        np.abs(np.diff(made[:, :22].astype(int), axis=1)).mean()
        < 0.5 * np.abs(np.diff(texture[:, :22] // 32 * 32.0, axis=1)).mean()
    )
    assert (made[:, 26:].min() > made[:, :22].max()).all()  # the edge is where it was


def test_a_sketch_has_grey_lines_where_there_are_edges():
    image = np.full((40, 40, 3), (250, 200, 20), np.uint8)
    image[:, 20:] = (20, 60, 120)
    (made,) = styles.restyled(image[None], "sketch")
    assert (made == made[..., :1]).all()
    assert (made[:, :15] > 250).all()
    assert (made[:, 26:] > 250).all()
    assert made[:, 20].max() < 200


def test_both_styles_stand_beside_what_is_found_as_it_is(run):
    without, _ = run("fast")
    summary, files = run("fast", {"styles": ["painting", "sketch"]})
    assert run("fast", {"styles": ["painting", "sketch"]}) == (summary, files)
    found = summary.pop("restyled")
    assert summary == without
    assert list(found) == ["images", "mean_average_precision", "painting", "sketch"]
    assert (found["images"], found["mean_average_precision"]) == (20, without["mean_average_precision"])
    for style in ("painting", "sketch"):
        own = found[style]
        assert own["mean_average_precision_low"] <= own["mean_average_precision"] <= own["mean_average_precision_high"]
        assert own["kept"] == pytest.approx(own["mean_average_precision"] / without["mean_average_precision"])
        assert own["kept_low"] < own["kept_high"]
    assert found["painting"] != found["sketch"]


def test_images_that_stay_as_they_are_keep_all_in_every_resample(run, monkeypatch):
    monkeypatch.setitem(styles.STYLES, "painting", lambda picture: picture)
    own = run("yolo", {"styles": ["painting"], "images": 12})[0]["restyled"]
    assert own["images"] == 12
    assert own["painting"]["mean_average_precision"] == own["mean_average_precision"] > 0
    assert [own["painting"][f"kept{end}"] for end in ("", "_low", "_high")] == [1, 1, 1]


def test_regions_are_searched_in_the_pictures_of_a_style(run, monkeypatch):
    from revisit.data import proposals

    searched, search = [], proposals.proposed
    monkeypatch.setattr(
        proposals, "proposed", lambda image, asked: searched.append((image, asked)) or search(image, asked)
    )
    run("fast", {"styles": ["sketch"], "images": 3})
    expected = styles.restyled(arrays.load(paths.prepared("boxed")).test_images[:3], "sketch")
    np.testing.assert_array_equal(np.stack([image for image, _ in searched]), expected)
    assert [asked for _, asked in searched] == [SEARCH] * 3
    searched.clear()
    run("yolo", {"styles": ["sketch"], "images": 3})
    assert len(searched) == 3  # its data set has regions, too


def test_where_nothing_is_found_no_share_is_kept(monkeypatch):
    truths = Truths(np.zeros(1, np.int64), np.zeros(1, np.int64), np.float64([[0, 0, 5, 5]]), np.zeros(1, bool), 1, 1)
    nothing = Detections(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 4)))
    mean, samples = restyled._measured(nothing, truths, 100, 0)
    assert mean == 0
    shares = np.where(samples > 0, samples, np.nan)
    assert restyled._with_ends("kept", None, shares) == {"kept": None, "kept_low": None, "kept_high": None}


def test_images_of_one_channel_have_no_style(run, monkeypatch):
    class Grey:
        shape = (8, 8, 1)

    class Detector:
        data = Grey

    with pytest.raises(ConfigError, match="restyled: images of one channel have no style; leave it out"):
        restyled.precisions(Detector, {"restyled": {"styles": ["sketch"], "images": None}}, None)
