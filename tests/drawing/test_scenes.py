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
    for scene in scenes.pictures(12, 7, 1, 64):
        digest.update(bytes(str(scene.image.shape), "ascii") + scene.image.tobytes() + scene.codes.tobytes())
        digest.update(str(scene.objects).encode() + scene.masks.tobytes())
    assert digest.hexdigest() == "de59f450f8e28e4ba82d7d334cd164872b3ae32152cf69643da8b3a12aa39ee5"


def test_sizes_and_shapes_vary(drawn):
    shapes = np.array([scene.image.shape for scene in drawn])
    assert (shapes[:, :2].min(axis=1) == 40).all()
    assert 40 <= shapes[:, :2].max() < 60
    landscape = (shapes[:, 1] > shapes[:, 0]).mean()
    assert 0.6 < landscape < 0.85
    assert all(scene.image.dtype == np.uint8 for scene in drawn)


def test_one_to_four_classes_and_person_most_often(drawn):
    codes = np.stack([scene.codes for scene in drawn])
    assert codes.dtype == np.int8
    assert set(np.unique(codes)) == {-1, 0, 1}
    assert set((codes >= 0).sum(axis=1).tolist()) <= {1, 2, 3, 4, 5}
    present = (codes == 1).sum(axis=0)
    assert scenes.CLASSES[int(present.argmax())] == "person"
    assert present.min() >= 8
    assert 0.2 < present[scenes.CLASSES.index("person")] / 400 < 0.6
    assert 0 < (codes == 0).sum() < 0.1 * (codes == 1).sum()


def test_a_larger_draw_begins_with_the_smaller_one(drawn):
    for scene, same in zip(scenes.pictures(5, 0, 0, 40), drawn, strict=False):
        np.testing.assert_array_equal(scene.image, same.image)
        np.testing.assert_array_equal(scene.codes, same.codes)
        np.testing.assert_array_equal(scene.masks, same.masks)
        assert scene.objects == same.objects


def played(actors, size=60):
    return scenes._played(ColourCanvas(size, size, owners=True), Dice(2, 1), actors, size)


def codes_of(actors):
    codes = played(actors).codes
    return {scenes.CLASSES[k]: int(codes[k]) for k in np.flatnonzero(codes >= 0)}


def test_codes_say_present_absent_or_difficult():
    assert codes_of([(50.0, "bus", 30.0, 20.0)]) == {"bus": 1}
    assert codes_of([(50.0, "bus", 58.0, 20.0)]) == {"bus": 1}  # half of it is outside
    assert codes_of([(50.0, "bus", 74.0, 20.0)]) == {"bus": 0}  # nearly all of it is outside
    assert codes_of([(50.0, "bus", 30.0, 2.0)]) == {"bus": 0}  # a speck
    assert codes_of([(50.0, "bottle", 30.0, 12.0), (52.0, "bus", 30.0, 26.0)]) == {"bottle": 0, "bus": 1}  # hidden
    assert codes_of([(50.0, "bus", 110.0, 20.0)]) == {}  # all of it is outside
    assert codes_of([(50.0, "car", 30.0, 2.0), (52.0, "car", 30.0, 20.0)]) == {"car": 1}  # one of two is enough


def test_objects_say_what_the_codes_say(drawn):
    for scene in drawn:
        for k, name in enumerate(scenes.CLASSES):
            marks = [thing.difficult for thing in scene.objects if thing.name == name]
            assert scene.codes[k] == (1 if False in marks else 0 if marks else -1)
        assert scene.masks.shape == scene.image.shape[:2]
        assert set(np.unique(scene.masks)) - {0, 255} == {
            j for j, thing in enumerate(scene.objects, 1) if not thing.difficult
        }


def test_boxes_enclose_the_masks(drawn):
    for scene in drawn[:100]:
        for j, thing in enumerate(scene.objects, 1):
            rows, columns = np.nonzero(scene.masks == j)
            if not thing.difficult:  # 40 pixels: no line between figures
                assert thing.extent == (columns.min(), rows.min(), columns.max(), rows.max())
            left, top, right, bottom = thing.extent
            assert 0 <= left <= right < scene.image.shape[1]
            assert 0 <= top <= bottom < scene.image.shape[0]


def test_a_rider_is_an_object_beside_the_cycle():
    for seed in range(20):
        actors = [(75.0, "motorbike", 40.0, 36.0)]
        objects = scenes._played(ColourCanvas(80, 80, owners=True), Dice(seed, 1), actors, 80).objects
        if len(objects) == 2:
            break
    cycle, rider = objects
    assert (cycle.name, rider.name) == ("motorbike", "person")
    assert cycle.extent[0] < rider.extent[0] < rider.extent[2] < cycle.extent[2]
    assert rider.extent[1] < cycle.extent[1]


def test_hidden_and_cut_figures_are_marked():
    bus = played([(50.0, "bus", 58.0, 20.0)]).objects
    assert [(thing.name, thing.difficult, thing.truncated) for thing in bus] == [("bus", False, True)]
    hidden = played([(50.0, "bottle", 30.0, 12.0), (52.0, "bus", 30.0, 26.0)])
    assert [(thing.name, thing.difficult) for thing in hidden.objects][-1] == ("bus", False)
    assert all(thing.difficult for thing in hidden.objects[:-1])


def test_void_lies_between_figures_of_large_pictures():
    owners = np.zeros((5, 6), int)
    owners[:, 3:] = 1
    assert scenes._edges(owners, 0).sum() == 0
    np.testing.assert_array_equal(np.flatnonzero(scenes._edges(owners, 1).any(axis=0)), [2, 3])
    np.testing.assert_array_equal(np.flatnonzero(scenes._edges(owners, 2).any(axis=0)), [1, 2, 3, 4])


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
