"""Linear machines on regions: right where they must be, and moves that are known are found again."""

import numpy as np
import pytest
import torch

from revisit.analyses.detect.machines import BIAS, LENGTH, Image, Ridge, Teacher, moved, signs
from revisit.objects import boxes as coded
from revisit.objects import overlaps

CLASSES, DIMENSIONS = 3, 4
SHIFT = np.array([0.05, -0.04, 0.1, 0.06])  # as `encode` says


def decoded(codes, boxes):
    return coded.decode(torch.from_numpy(codes), torch.from_numpy(boxes)).numpy()


def image(rng, shift=SHIFT, proposals=12):
    """Objects in a row, whose class is the largest of their features; proposals near them, and far below them."""
    count = int(rng.integers(1, 4))
    left = 100.0 * np.arange(count)
    objects = np.stack([left, np.zeros(count), left + rng.uniform(30, 50, count), rng.uniform(30, 50, count)], 1)
    kinds = rng.integers(0, CLASSES, count)
    of = rng.integers(0, count, proposals)
    near = objects[of]
    sides = (near[:, 2:] - near[:, :2]) / np.exp(shift[2:])
    centre = (near[:, :2] + near[:, 2:]) / 2 - shift[:2] * sides
    near = np.concatenate([centre - sides / 2, centre + sides / 2], 1)
    far = near + np.array([0, 1000, 0, 1000])
    boxes = np.concatenate([objects, near, far])
    features = rng.uniform(0, 0.1, (len(boxes), DIMENSIONS))
    features[np.arange(count + proposals), np.append(kinds, kinds[of])] += 1
    features[count + proposals :, CLASSES] += 1  # what all that is no object has in common
    own = np.arange(len(boxes)) < count
    return Image(features.astype(np.float32), boxes, own, objects, kinds, np.zeros(count, bool))


@pytest.fixture
def taught():
    rng, teacher = np.random.default_rng(0), Teacher(CLASSES, DIMENSIONS, 0.01, 1000.0)
    for _ in range(300):
        teacher.show(image(rng))
    return teacher.taught()


def test_what_can_be_separated_is(taught):
    for new in (image(np.random.default_rng(seed)) for seed in range(1, 9)):
        scores = taught.scores(torch.from_numpy(new.features)).numpy()
        asked = signs(new, overlaps.boxes(new.boxes, new.objects), CLASSES)
        assert (scores[asked > 0] > 0).all()
        assert (scores[asked < 0] < 0).all()


def test_a_known_shift_is_found_again(taught):
    new = image(np.random.default_rng(1))
    near = slice(len(new.objects), len(new.objects) + 12)
    kinds = new.features[near, :CLASSES].argmax(1)
    codes = taught.codes(torch.from_numpy(new.features[near])).numpy()[np.arange(12), kinds]
    np.testing.assert_allclose(codes, np.tile(SHIFT, (12, 1)), atol=1e-6)
    found = decoded(codes.astype(float), new.boxes[near])
    shares = overlaps.boxes(found, new.objects).max(axis=1)
    np.testing.assert_allclose(shares, 1, atol=1e-4)


def test_the_scale_of_features_is_that_of_the_first_image_with_regions():
    rng, teacher = np.random.default_rng(0), Teacher(CLASSES, DIMENSIONS, 0.01, 1000.0)
    first, longer = image(rng), image(rng)
    empty = first._replace(features=first.features[:0], boxes=first.boxes[:0], own=first.own[:0])
    for shown in (empty, first, longer._replace(features=5 * longer.features)):
        teacher.show(shown)
    lengths = np.linalg.norm(first.features, axis=1)
    assert teacher.taught().scale * lengths.mean() == pytest.approx(LENGTH)


def test_the_machines_have_a_bias(taught):
    nothing = taught.scores(torch.zeros(DIMENSIONS))
    np.testing.assert_allclose(nothing, BIAS * taught.weights[-1], rtol=1e-6)


def test_the_loss_is_the_squared_hinge_and_an_object_counts_once():
    from sklearn.svm import LinearSVC

    one, teacher = image(np.random.default_rng(3)), Teacher(CLASSES, DIMENSIONS, 0.01, 1000.0)
    teacher.show(one)
    found = teacher.taught()
    features = np.pad(one.features * found.scale, ((0, 0), (0, 1)), constant_values=BIAS)
    asked = signs(one, overlaps.boxes(one.boxes, one.objects), CLASSES)
    for kind in set(one.kinds.tolist()):
        rows = asked[:, kind] != 0
        known = LinearSVC(C=0.01, loss="squared_hinge", dual=False, fit_intercept=False, tol=1e-8)
        known.fit(features[rows], asked[rows, kind])
        np.testing.assert_allclose(found.weights[:, kind], known.coef_[0], atol=1e-3)


def test_easy_regions_are_forgotten(taught):
    assert 0 < taught.kept < 300 * 12


def test_a_region_is_an_object_none_or_neither():
    objects = np.array([[0, 0, 10, 10], [50, 0, 60, 10], [90, 0, 100, 10]], float)
    kinds, difficult = np.array([0, 1, 0]), np.array([False, True, False])
    half, far = [0, 0, 10, 5], [0, 0, 10, 2.9]
    boxes = np.array([*objects, half, far], float)
    own = np.array([True, True, True, False, False])
    one = Image(np.zeros((5, 2), np.float32), boxes, own, objects, kinds, difficult)
    found = signs(one, overlaps.boxes(boxes, objects), 3)
    assert found.tolist() == [[1, -1, -1], [-1, 0, -1], [1, -1, -1], [0, -1, -1], [-1, -1, -1]]


def test_only_regions_near_an_object_that_is_clear_say_how_to_move():
    objects = np.array([[0, 0, 10, 10], [50, 0, 60, 10]], float)
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 6], [50, 0, 60, 9]], float)
    own = np.array([True, False, False, False])
    one = Image(np.zeros((4, 2), np.float32), boxes, own, objects, np.array([2, 1]), np.array([False, True]))
    ((kind, rows, codes),) = moved(one, overlaps.boxes(boxes, objects))
    assert (kind, rows.tolist()) == (2, [1])
    np.testing.assert_allclose(decoded(codes, boxes[rows]), objects[:1])


def test_without_objects_every_region_is_none():
    boxes = np.array([[0, 0, 5, 5]], float)
    nothing = np.zeros((0, 4)), np.zeros(0, np.int64), np.zeros(0, bool)
    one = Image(np.ones((1, DIMENSIONS), np.float32), boxes, np.array([False]), *nothing)
    teacher = Teacher(CLASSES, DIMENSIONS, 1.0, 1.0)
    teacher.show(one)
    found = teacher.taught()
    assert (found.scores(torch.ones(DIMENSIONS)) < 0).all()
    assert not found.moves.any()  # nothing is moved


@pytest.mark.parametrize("penalty", [0.5, 1000.0])
def test_the_regression_is_that_of_scikit_learn(penalty):
    from sklearn.linear_model import Ridge as Known

    rng = np.random.default_rng(0)
    X, Y = rng.normal(1, 2, (50, 5)), rng.normal(3, 1, (50, 4))
    ours = Ridge(5, penalty)
    for part in (slice(0, 20), slice(20, 50)):
        ours.add(X[part], Y[part])
    known = Known(penalty).fit(X, Y)
    np.testing.assert_allclose(ours.solved(), np.vstack([known.coef_.T, known.intercept_]), rtol=1e-9)
