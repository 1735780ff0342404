"""The seedlings and the patterns: the same everywhere, every class in turn, told apart by what they should be."""

import hashlib

import numpy as np
import pytest

from revisit_drawing import patterns, plants
from revisit_drawing.parts.dice import Dice


def digest(pictures):
    whole = hashlib.sha256()
    for image, label in pictures:
        whole.update(image.tobytes() + bytes([label]))
    return whole.hexdigest()


def test_small_draws_are_the_same_on_every_machine():
    assert digest(plants.pictures(24, 7, 48)) == "cc5762a18e006b4acff554ff250e42714b171dab658447dc46baa694276213c0"
    assert digest(patterns.pictures(24, 7, 1, 48)) == "b10de5275b9bd8f8d9f86ec4dc672f27fdea9d356a604f104562a4fb26a91a8d"


@pytest.mark.parametrize(
    ("draw", "classes"),
    [(lambda n: list(plants.pictures(n, 0, 40)), 12), (lambda n: list(patterns.pictures(n, 0, 0, 40)), 20)],
)
def test_classes_in_turn_and_a_larger_draw_begins_with_the_smaller_one(draw, classes):
    drawn = draw(4 * classes)
    assert all(image.shape == (40, 40, 3) and image.dtype == np.uint8 for image, _ in drawn)
    labels = np.array([label for _, label in drawn]).reshape(4, classes)
    assert (np.sort(labels, axis=1) == np.arange(classes)).all()
    assert len(set(map(tuple, labels.tolist()))) > 1
    assert len({image.tobytes() for image, _ in drawn}) == 4 * classes
    for (image, label), (same, too) in zip(draw(classes + 3), drawn, strict=False):
        np.testing.assert_array_equal(image, same)
        assert label == too


def test_seed_and_split_change_the_patterns():
    first = digest(patterns.pictures(3, 0, 0, 32))
    assert len({first, digest(patterns.pictures(3, 1, 0, 32)), digest(patterns.pictures(3, 0, 1, 32))}) == 3


def green(label, count=12):
    """The share of green pixels in pictures of a species, on average."""
    pictures = np.stack([plants.seedling(label, Dice(5, label, i), 64).astype(int) for i in range(count)])
    red, middle, blue = np.moveaxis(pictures, 3, 0)
    return ((middle > red * 1.12) & (middle > blue * 1.12)).mean()


def test_thin_grasses_show_less_green_than_broad_leaves():
    shares = {name: green(k) for k, name in enumerate(plants.CLASSES)}
    assert shares["Loose Silky-bent"] < shares["Common wheat"] < shares["Maize"] < shares["Sugar beet"]
    assert min(shares.values()) > 0.01


def test_pattern_names_are_texture_and_shape():
    assert len(set(patterns.CLASSES)) == 20
    assert patterns.CLASSES[:5] == ("checked_disc", "dotted_disc", "speckled_disc", "striped_disc", "checked_leaf")


@pytest.mark.parametrize("kind", patterns.TEXTURES)
def test_a_texture_is_about_half_and_half(kind):
    planes = np.stack([patterns._texture(Dice(4, i), kind, 64) for i in range(20)])
    assert planes.min() >= 0
    assert planes.max() <= 256
    assert 0.25 < planes.mean() / 256 < 0.6
    assert (planes.std(axis=(1, 2)) > 60).all()


def test_stripes_have_one_direction_and_checks_two():
    def directions(kind):
        plane = patterns._texture(Dice(6, 0), kind, 64).astype(float)
        spectrum = np.abs(np.fft.fft2(plane - plane.mean()))
        strong = np.argwhere(spectrum > 0.5 * spectrum.max())
        strong = np.where(strong > 32, strong - 64, strong)
        angles = np.degrees(np.arctan2(strong[:, 0], strong[:, 1])) % 180
        return len({round(float(angle) / 30) % 6 for angle in angles})

    assert directions("striped") == 1
    assert directions("checked") >= 2
