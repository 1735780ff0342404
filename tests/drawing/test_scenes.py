"""The scenes: codes that say what is seen, sizes, the same everywhere."""

import hashlib

import numpy as np
import pytest

from revisit_drawing import scenes
from revisit_drawing.parts.colour import ColourCanvas
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.places import PLACES


@pytest.fixture(scope="module")
def drawn():
    return list(scenes.pictures(400, 0, 0, 40))


def test_a_small_draw_is_the_same_on_every_machine():
    digest = hashlib.sha256()
    for image, codes in scenes.pictures(12, 7, 1, 64):
        digest.update(bytes(str(image.shape), "ascii") + image.tobytes() + codes.tobytes())
    assert digest.hexdigest() == "eb1e1467d1a375c03dcf8cdcb095ec9a67a95466e2454ecc2757dd067f4bd0b0"


def test_sizes_and_shapes_vary(drawn):
    shapes = np.array([image.shape for image, _ in drawn])
    assert (shapes[:, :2].min(axis=1) == 40).all()
    assert 40 <= shapes[:, :2].max() < 60
    landscape = (shapes[:, 1] > shapes[:, 0]).mean()
    assert 0.6 < landscape < 0.85
    assert all(image.dtype == np.uint8 for image, _ in drawn)


def test_one_to_four_classes_and_person_most_often(drawn):
    codes = np.stack([codes for _, codes in drawn])
    assert codes.dtype == np.int8
    assert set(np.unique(codes)) == {-1, 0, 1}
    assert set((codes >= 0).sum(axis=1).tolist()) <= {1, 2, 3, 4, 5}
    present = (codes == 1).sum(axis=0)
    assert scenes.CLASSES[int(present.argmax())] == "person"
    assert present.min() >= 8
    assert 0.2 < present[scenes.CLASSES.index("person")] / 400 < 0.6
    assert 0 < (codes == 0).sum() < 0.1 * (codes == 1).sum()


def test_a_larger_draw_begins_with_the_smaller_one(drawn):
    for (image, codes), (same, too) in zip(scenes.pictures(5, 0, 0, 40), drawn, strict=False):
        np.testing.assert_array_equal(image, same)
        np.testing.assert_array_equal(codes, too)


def codes_of(actors, size=60):
    _, codes = scenes._played(ColourCanvas(size, size, owners=True), Dice(2, 1), actors, size)
    return {scenes.CLASSES[k]: int(codes[k]) for k in np.flatnonzero(codes >= 0)}


def test_codes_say_present_absent_or_difficult():
    assert codes_of([(50.0, "bus", 30.0, 20.0)]) == {"bus": 1}
    assert codes_of([(50.0, "bus", 58.0, 20.0)]) == {"bus": 1}  # half of it is outside
    assert codes_of([(50.0, "bus", 74.0, 20.0)]) == {"bus": 0}  # nearly all of it is outside
    assert codes_of([(50.0, "bus", 30.0, 2.0)]) == {"bus": 0}  # a speck
    assert codes_of([(50.0, "bottle", 30.0, 12.0), (52.0, "bus", 30.0, 26.0)]) == {"bottle": 0, "bus": 1}  # hidden
    assert codes_of([(50.0, "car", 30.0, 2.0), (52.0, "car", 30.0, 20.0)]) == {"car": 1}  # one of two is enough


def test_the_table_of_kinds_is_whole():
    assert tuple(scenes.KINDS) == scenes.CLASSES
    for kind in scenes.KINDS.values():
        assert {name for name, _ in kind.company} <= set(scenes.CLASSES)
        assert set(kind.places) <= set(PLACES)


@pytest.mark.parametrize("name", scenes.CLASSES)
def test_every_figure_stands_in_its_square(name):
    canvas = ColourCanvas(100, 100, owners=True)
    canvas.owner = 1
    for i in range(4):
        brush = scenes.Brush(canvas, 50.0, 50.0, 38.0)
        scenes.KINDS[name].figure(brush, Dice(9, i))
        assert brush.inside > 0.9
        assert (brush.high - brush.low).max() > 38
    assert 0.04 < canvas.owners.mean() < 0.8
