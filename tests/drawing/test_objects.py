"""The objects: the same everywhere, every class in turn, worth learning."""

import hashlib

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from revisit_drawing import objects
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.places import PLACES


@pytest.fixture(scope="module")
def drawn():
    return objects.draw(1000, 0, 0)


def test_a_small_draw_is_the_same_on_every_machine():
    images, labels = objects.draw(40, 7, 1)
    assert (
        hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
        == "1cdfd072b49b656db1e10065535b17b09dd70d669e8e916ca342073d72196467"
    )


def test_shapes_and_classes(drawn):
    images, labels = drawn
    assert (images.shape, images.dtype, labels.dtype) == ((1000, 32, 32, 3), np.uint8, np.uint8)
    assert (np.sort(labels.reshape(-1, 10), axis=1) == np.arange(10)).all()
    assert len(objects.CLASSES) == len(objects.FIGURES) == 10
    assert {place for _, usual in objects.FIGURES for place in usual} <= set(PLACES)


def test_pictures_differ_and_fill_the_range_of_levels(drawn):
    images, _ = drawn
    assert len({image.tobytes() for image in images}) == 1000
    assert (images.std(axis=(1, 2, 3)) > 8).all()
    assert images.min() < 10
    assert images.max() > 245


def test_a_larger_draw_begins_with_the_smaller_one(drawn):
    images, labels = objects.draw(13, 0, 0)
    np.testing.assert_array_equal(images, drawn[0][:13])
    np.testing.assert_array_equal(labels, drawn[1][:13])


def test_seed_and_split_change_every_picture(drawn):
    for seed, split in ((0, 1), (1, 0)):
        assert not (objects.draw(10, seed, split)[0] == drawn[0][:10]).all(axis=(1, 2, 3)).any()


@pytest.mark.parametrize("label", range(10))
def test_every_figure_shows_on_its_background(label, monkeypatch):
    """The same dice without the figure give another picture."""
    with_figure = objects.picture(label, Dice(3, label))
    monkeypatch.setattr(objects, "FIGURES", tuple((lambda brush, dice: None, usual) for _, usual in objects.FIGURES))
    without = objects.picture(label, Dice(3, label))
    assert (np.abs(with_figure.astype(int) - without).max(axis=2) > 40).mean() > 0.05


def test_pixels_alone_tell_something_but_not_much(drawn):
    images, labels = drawn
    pixels = images.reshape(1000, -1) / 255.0
    accuracy = RidgeClassifier(alpha=1e3).fit(pixels[:800], labels[:800]).score(pixels[800:], labels[800:])
    assert 0.15 < accuracy < 0.6
