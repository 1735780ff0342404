"""The digits: real ones, disjoint in training and test, the same everywhere."""

import hashlib

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

from revisit_drawing import digits

STILL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 7.0)  # no change, a threshold in the middle


@pytest.fixture(scope="module")
def drawn():
    return digits.draw(2000, 0, 0)


def test_a_small_draw_is_the_same_on_every_machine():
    images, labels = digits.draw(40, 7, 1)
    assert (
        hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
        == "1fc2c0ad5f826cfdf1f6c387fdc7e220384c515befca9ddec401e4d132213008"
    )


def test_shapes_and_classes(drawn):
    images, labels = drawn
    assert (images.shape, images.dtype, labels.dtype) == ((2000, 28, 28), np.uint8, np.uint8)
    assert (np.sort(labels.reshape(-1, 10), axis=1) == np.arange(10)).all()
    assert digits.draw(0, 0, 0)[0].shape == (0, 28, 28)


@pytest.mark.parametrize("count", [13, 600])
def test_a_larger_draw_begins_with_the_smaller_one(drawn, count):
    images, labels = digits.draw(count, 0, 0)
    np.testing.assert_array_equal(images, drawn[0][:count])
    np.testing.assert_array_equal(labels, drawn[1][:count])


def test_originals_of_training_and_test_are_disjoint_and_all_used():
    labels = load_digits().target
    for seed in (0, 1):
        train, test = digits.shares(seed, 0), digits.shares(seed, 1)
        assert sorted(i for share in train + test for i in share) == list(range(1797))
        for k in range(10):
            assert {int(labels[i]) for i in train[k] + test[k]} == {k}
            assert len(test[k]) == len(train[k] + test[k]) // 5
    assert digits.shares(0, 1) != digits.shares(1, 1)


def test_a_class_uses_all_its_originals_before_one_comes_again(monkeypatch):
    seen = []
    monkeypatch.setattr(
        digits, "rendered", lambda images, changes: seen.append(images) or np.zeros((len(images), 28, 28), np.uint8)
    )
    _, labels = digits.draw(1300, 3, 0)
    zeros = np.concatenate(seen)[labels == 0]
    assert len({image.tobytes() for image in zeros}) == len(zeros) == 130 < len(digits.shares(3, 0)[0])


def test_rendering_keeps_the_shape_of_the_original():
    originals, _ = digits.originals()
    drawn = digits.rendered(originals[:200], np.tile(STILL, (200, 1)))
    ink = drawn[:, 4:24, 4:24].reshape(200, 10, 2, 10, 2).mean(axis=(2, 4))  # 10x10 cells of 0.8 original pixels
    coarse = np.repeat(np.repeat(originals[:200], 5, axis=1), 5, axis=2).reshape(200, 10, 4, 10, 4).mean(axis=(2, 4))
    assert min(np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(ink, coarse, strict=True)) > 0.8


def test_shift_moves_by_whole_pixels_and_threshold_thins():
    originals, _ = digits.originals()
    still, moved, thin = (
        digits.rendered(originals[:1], np.array([change]))
        for change in (STILL, (*STILL[:4], 2.0, -1.0, 7.0), (*STILL[:6], 11.0))
    )
    np.testing.assert_array_equal(moved, np.roll(still, (-1, 2), axis=(1, 2)))
    assert thin.sum() < 0.8 * still.sum()


def test_digits_can_be_learnt_and_not_by_heart(drawn):
    images, labels = drawn
    test_images, test_labels = digits.draw(500, 0, 1)
    model = RidgeClassifier(alpha=1e6).fit(images.reshape(2000, -1).astype(float), labels)
    assert 0.6 < model.score(test_images.reshape(500, -1).astype(float), test_labels) < 0.98
