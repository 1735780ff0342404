"""The drawn garments: the same everywhere, in every class, worth learning."""

import hashlib

import numpy as np
import pytest

from revisit_drawing import garments
from revisit_drawing.parts.dice import Dice


@pytest.fixture(scope="module")
def drawn():
    return garments.draw(500, 0, 0)


def test_a_small_draw_is_the_same_on_every_machine():
    images, labels = garments.draw(40, 7, 1)
    assert hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest() == (
        "62fd70342b1dd492859e088d109f9de1ca79d520febd2a1b4d954f772de85621"
    )


def test_shapes_and_classes(drawn):
    images, labels = drawn
    assert (images.shape, images.dtype, labels.dtype) == ((500, 28, 28), np.uint8, np.uint8)
    assert np.bincount(labels).tolist() == [50] * 10
    assert len(set(map(tuple, labels.reshape(-1, 10).tolist()))) > 40  # the order of the classes varies
    assert len(garments.CLASSES) == len(garments.DRAWERS) == 10


def test_every_picture_is_another_garment_on_black(drawn):
    images, _ = drawn
    assert len({image.tobytes() for image in images}) == 500
    covered = (images > 18).mean(axis=(1, 2))
    assert 0.02 < covered.min() < covered.max() < 0.9
    assert np.median(images[:, 0, 0]) == 0


def test_a_larger_draw_begins_with_the_smaller_one(drawn):
    images, labels = garments.draw(13, 0, 0)
    np.testing.assert_array_equal(images, drawn[0][:13])
    np.testing.assert_array_equal(labels, drawn[1][:13])


def test_seed_and_split_change_every_picture():
    first = garments.draw(10, 0, 0)[0]
    assert not any(np.array_equal(a, b) for a in first for other in (1, 2) for b in garments.draw(10, 0, other)[0])
    assert not any(np.array_equal(a, b) for a in first for b in garments.draw(10, 1, 0)[0])


@pytest.mark.parametrize("label", range(10))
def test_a_class_is_nearer_to_its_own_mean_than_to_that_of_other_silhouettes(label, drawn):
    """Silhouettes alone tell the groups (tops and dresses, trousers, shoes, bags) apart most of the time."""
    images, labels = drawn
    groups = np.array([0, 1, 0, 0, 0, 2, 0, 2, 3, 2])
    masks = (images > 18).reshape(500, -1).astype(float)
    means = np.stack([masks[labels == k].mean(axis=0) for k in range(10)])
    pictures = [garments.garment(label, Dice(99, label, i)) for i in range(20)]
    distances = [((((p > 18).ravel() - means) ** 2).sum(axis=1)) for p in pictures]
    right = [groups[int(np.argmin(d))] == groups[label] for d in distances]
    assert np.mean(right) >= 0.6
