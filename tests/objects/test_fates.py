import numpy as np
import pytest
from hypothesis import given, settings

import devkit
from drawn import CLASSES, detections, real, reported, scattered, truths
from revisit.objects import fates as fa
from revisit.objects.fates import Fate
from revisit.objects.matching import by_boxes, match


def fate_of_all(flat, shown, level=0.5, near=0.1):
    overlap = by_boxes(flat, shown)
    matches = match(flat, shown, overlap, [level])
    return fa.fates(flat, shown, matches, overlap, level, near), matches


def judged(found, objects, row, verdict):
    """The fate of a detection in words of the docstring, from loops."""
    image, kind, _, box = found[row]
    own = other = 0.0
    for of, k, bbgt, _ in objects:
        if of == image and k == kind:
            own = max(own, devkit.overlap(box, bbgt, 0))
        elif of == image:
            other = max(other, devkit.overlap(box, bbgt, 0))
    if verdict != "fp":
        return Fate.TRUE if verdict == "tp" else Fate.IGNORED
    if own >= 0.5:
        return Fate.DUPLICATE
    if own >= 0.1:
        return Fate.LOCALISATION
    if other >= 0.5:
        return Fate.CONFUSION
    return Fate.BOTH if other >= 0.1 else Fate.BACKGROUND


@settings(max_examples=200, deadline=None)
@given(reported(), real())
def test_every_fate_is_as_described(found, objects):
    flat, shown = detections(found), truths(objects)
    fate, _ = fate_of_all(flat, shown)
    for kind in range(CLASSES):
        for row, verdict in devkit.assign(found, objects, kind)[0]:
            assert fate[row] == judged(found, objects, row, verdict)


def test_one_of_each():
    box, half, quarter, away = [0, 0, 10, 10], [0, 0, 10, 4], [0, 6, 10, 10], [50, 50, 60, 60]
    shown = truths([(0, 0, box, False), (0, 1, away, True), (1, 2, box, False), (1, 0, away, False)], 2)
    rows = [
        (0, 0, 0.9, box, Fate.TRUE),
        (0, 0, 0.8, box, Fate.DUPLICATE),
        (0, 1, 0.7, away, Fate.IGNORED),
        (0, 0, 0.6, half, Fate.LOCALISATION),
        (1, 1, 0.5, box, Fate.CONFUSION),
        (1, 1, 0.4, quarter, Fate.BOTH),
        (0, 2, 0.3, [80, 80, 90, 90], Fate.BACKGROUND),
        (0, 0, 0.2, away, Fate.CONFUSION),  # with a difficult object
    ]
    flat = detections([row[:4] for row in rows])
    fate, matches = fate_of_all(flat, shown)
    np.testing.assert_array_equal(fate, [row[4] for row in rows])
    everything = fa.counts(fate, flat, CLASSES, 0)
    assert everything.shape == (CLASSES, len(Fate))
    assert everything.sum() == len(rows)
    np.testing.assert_array_equal(everything[0], [1, 0, 1, 1, 1, 0, 0])
    np.testing.assert_array_equal(fa.counts(fate, flat, CLASSES, 0.7).sum(axis=0), [1, 1, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(fa.missed(flat, shown, matches, 0), [False, False, True, True])
    np.testing.assert_array_equal(fa.missed(flat, shown, matches, 0.95), [True, False, True, True])


def test_an_overlap_of_just_so_much_is_enough():
    box, tenth, half = [0, 0, 10, 10], [0, 0, 10, 1], [0, 0, 10, 5]
    flat = detections([(i, kind, 1.0, b) for i, (kind, b) in enumerate([(0, tenth), (1, tenth), (0, half), (1, half)])])
    fate, _ = fate_of_all(flat, truths([(i, 0, box, False) for i in range(4)]))
    np.testing.assert_array_equal(fate, [Fate.LOCALISATION, Fate.BOTH, Fate.TRUE, Fate.CONFUSION])


@pytest.mark.parametrize("seed", range(3))
def test_fates_add_up_to_the_outcomes(seed):
    flat, shown = scattered(seed)
    fate, matches = fate_of_all(flat, shown)
    assert set(fate) == set(Fate)
    scores = np.array([-np.inf, -0.5, 0, 0.3, 1.2, np.inf])
    outcomes = fa.outcomes(flat, shown, matches, scores)
    assert outcomes.shape == (6, 3, 3)
    for score, (right, wrong, left) in zip(scores, outcomes.transpose(0, 2, 1), strict=True):
        counts = fa.counts(fate, flat, 3, score)
        np.testing.assert_array_equal(counts[:, Fate.TRUE], right)
        np.testing.assert_array_equal(counts[:, Fate.DUPLICATE :].sum(axis=1), wrong)
        missed = fa.missed(flat, shown, matches, score)
        np.testing.assert_array_equal(np.bincount(shown.kind[missed], minlength=3), left)
        np.testing.assert_array_equal(right + left, shown.counted())


def test_leaving_unsure_detections_out_changes_no_fate():
    flat, shown = scattered(4)
    fate, _ = fate_of_all(flat, shown)
    sure = flat.score >= 0.5
    assert 20 < sure.sum() < len(flat) - 20
    some = type(flat)(flat.image[sure], flat.kind[sure], flat.score[sure], flat.box[sure])
    np.testing.assert_array_equal(fate_of_all(some, shown)[0], fate[sure])
