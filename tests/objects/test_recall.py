import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import boxes, real, truths
from revisit.objects import overlaps, recall

COUNTS = (1, 2, 5)
PROPOSALS = st.lists(st.lists(boxes(), max_size=7), min_size=4, max_size=4)


@settings(max_examples=200, deadline=None)
@given(PROPOSALS, real())
def test_each_object_has_the_best_of_its_images_first_boxes(proposals, objects):
    shown = truths(objects)
    best = recall.best_overlaps([np.array(some, np.float32).reshape(-1, 4) for some in proposals], shown, COUNTS)
    expected = np.full((len(objects), len(COUNTS)), np.nan)
    for row, (image, _, box, difficult) in enumerate(objects):
        for column, count in enumerate(COUNTS):
            first = proposals[image][:count]
            shares = [overlaps.boxes(np.array([box]), np.array([other]))[0, 0] for other in first]
            if not difficult:
                expected[row, column] = max(shares, default=0)
    np.testing.assert_allclose(best, expected)
    counted = expected[~np.isnan(expected).any(axis=1)]
    found = recall.recall(best, (0.5, 0.7))
    assert found.shape == (3, 2)
    if len(counted):
        np.testing.assert_allclose(found, [[(column >= t).mean() for t in (0.5, 0.7)] for column in counted.T])
        assert (np.diff(found, axis=0) >= 0).all()
    else:
        assert np.isnan(found).all()


def test_mean_best_overlap_weighs_classes_alike():
    best = np.array([[0.2], [0.4], [0.9], [np.nan]])
    np.testing.assert_allclose(recall.mean_best_overlap(best, np.array([0, 0, 1, 2])), [(0.3 + 0.9) / 2])
    assert np.isnan(recall.mean_best_overlap(best[3:], np.array([2]))).all()
