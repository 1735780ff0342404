import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

import devkit
from revisit import resampling
from revisit.analyses import precision


def voc_2007(relevant, scores):
    """As the development kit has it; no ties."""
    ranked = sorted(range(len(scores)), key=lambda i: -scores[i])
    return devkit.average_precision([(i, "tp" if relevant[i] else "fp") for i in ranked], sum(relevant))[0]


def decisions(count=300, classes=4, seed=0, levels=None):
    """Which images are relevant and counted, and their scores, rounded to a few levels where there shall be ties."""
    rng = np.random.default_rng(seed)
    relevant = rng.random((count, classes)) < np.linspace(0.05, 0.5, classes)
    counted = relevant | (rng.random((count, classes)) < 0.9)
    scores = rng.normal(size=(count, classes)) + relevant
    return relevant, np.round(scores * levels) / levels if levels else scores, counted


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=30))
def test_area_is_that_of_scikit_learn_with_any_ties(rows):
    relevant, scores = (np.array(column) for column in zip(*rows, strict=True))
    found = precision.average_precision(relevant, scores)
    if relevant.any() and not relevant.all():
        assert found == pytest.approx(average_precision_score(relevant, scores), abs=1e-12)
    else:
        assert found is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_11_points_are_those_of_the_development_kit(relevant, random):
    scores = random.sample(range(1000), len(relevant))
    found = precision.average_precision_11_point(np.array(relevant), np.array(scores))
    if any(relevant) and not all(relevant):
        assert found == pytest.approx(voc_2007(relevant, scores), abs=1e-12)
    else:
        assert found is None


def test_11_point_average_precision_by_hand():
    # Ranked: hit, miss, hit, miss, miss, hit. Precision at recall 1/3, 2/3, 1 is 1, 2/3, 1/2.
    relevant = np.array([1, 0, 1, 0, 0, 1], bool)
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    # Recalls 0 to 0.3 get 1, 0.4 to 0.6 get 2/3, 0.7 to 1 get 1/2.
    assert precision.average_precision_11_point(relevant, scores) == pytest.approx((4 * 1 + 3 * 2 / 3 + 4 / 2) / 11)
    assert precision.average_precision(relevant, scores) == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)


@pytest.mark.parametrize(("first", "above"), [(2, 3), (3, 3), (5, 6), (6, 6), (7, 7), (8, 9)])
def test_11_point_average_precision_reaches_tenths_but_3_6_and_7(first, above):
    relevant = np.repeat([True, False, True], [first, 10, 10 - first])  # recall `first`/10 with precision 1, then a gap
    scores = np.arange(20, 0, -1.0)
    expected = (above * 1 + (11 - above) * 10 / 20) / 11
    assert precision.average_precision_11_point(relevant, scores) == pytest.approx(expected)
    assert voc_2007(relevant, scores) == pytest.approx(expected)


def test_11_point_average_precision_does_not_depend_on_the_order_of_ties():
    relevant = np.array([True, False, False, True])
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 2, 0, 3]):
        assert precision.average_precision_11_point(relevant[order], np.zeros(4)) == 0.5


def test_shifted_average_precision_by_hand():
    relevant = np.array([True, False, True, False, False])
    # Said clearly: hit, miss, hit. The shift moves nothing past anything else.
    clear = np.array([0.9, 0.8, 0.7, 0.3, 0.1])
    assert precision.average_precision_shifted(relevant, clear) == pytest.approx((1 + 2 / 3) / 2)
    # Nearly the same of all, though in the best order: 1e-5 puts the positives last, at ranks 4 and 5.
    alike = 0.4 + 1e-6 * np.array([5, 2, 4, 1, 0])
    assert precision.average_precision(relevant, alike) == 1
    assert precision.average_precision_shifted(relevant, alike) == pytest.approx((1 / 4 + 2 / 5) / 2)
    assert precision.average_precision_shifted(relevant, alike) == precision.lowest_average_precision(2, 5)
    # One positive is 2e-5 above the rest, the other is not: ranks 1 and 5.
    alike[0] += 2e-5
    assert precision.average_precision_shifted(relevant, alike) == pytest.approx((1 + 2 / 5) / 2)
    # Exactly the same of all: the positives are one tie in the last place, with 2 hits among 5.
    assert precision.average_precision_shifted(relevant, np.full(5, 0.4)) == pytest.approx(2 / 5)
    assert precision.average_precision_shifted(relevant | True, clear) is None
    np.testing.assert_array_equal(clear, [0.9, 0.8, 0.7, 0.3, 0.1])  # what it is given stays


def test_shifted_average_precision_is_what_the_course_computes():
    relevant, scores, _ = decisions(classes=1)
    probabilities = (0.5 + 1e-5 * scores).ravel()  # close enough for the shift to matter
    truth, said = relevant.ravel().astype("float32"), probabilities.astype("float32")
    expected = average_precision_score(truth, said - np.float32(1e-5) * truth)
    assert precision.average_precision_shifted(relevant.ravel(), probabilities) == pytest.approx(expected)
    assert expected < average_precision_score(truth, said) - 0.02


def test_lowest_average_precision_of_persons_in_voc_2007():
    """The report says .20138, which no ranking of 2,007 among 4,952 images can give."""
    assert precision.lowest_average_precision(2007, 4952) == pytest.approx(0.2375, abs=5e-5)
    assert [precision.lowest_average_precision(*none) for none in ((0, 5), (5, 5), (0, 0))] == [None] * 3


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.randoms(use_true_random=False))
def test_no_ranking_is_worse_than_the_lowest(positives, negatives, random):
    relevant = np.repeat([True, False], [positives, negatives])
    lowest = precision.lowest_average_precision(positives, positives + negatives)
    worst_first = np.arange(positives + negatives)  # as a score: every negative above every positive
    assert lowest == pytest.approx(average_precision_score(relevant, worst_first))
    scores = [random.randrange(5) for _ in relevant]
    assert precision.average_precision(relevant, np.array(scores)) >= lowest - 1e-12


def test_by_class_leaves_out_what_does_not_count():
    relevant, scores, counted = decisions(levels=5)
    relevant[:, 2] = False
    counted[:, 3] = relevant[:, 3]  # nothing to tell its images from
    found = precision.by_class(relevant, scores, counted)
    assert found[2:] == [None, None]
    for k in (0, 1):
        rows = [i for i in range(300) if counted[i, k]]
        assert 200 < len(rows) < 300
        assert found[k] == pytest.approx(average_precision_score(relevant[rows, k], scores[rows, k]))


@pytest.mark.parametrize("levels", [None, 2])
def test_bootstrap_is_that_of_images_copied_out_and_scored_anew(levels):
    relevant, scores, counted = decisions(levels=levels)
    samples, means = precision.bootstrap(relevant, scores, counted, 70, 3)
    assert (samples.shape, means.shape) == ((70, 4), (70,))
    weights = np.concatenate(list(resampling.resamples(300, 70, 3)))
    for r in range(70):
        rows = np.repeat(np.arange(300), weights[r])
        assert len(rows) == 300
        expected = []
        for k in range(4):
            kept = rows[counted[rows, k]]
            expected.append(average_precision_score(relevant[kept, k], scores[kept, k]))
        np.testing.assert_allclose(samples[r], expected, rtol=1e-12)
        assert means[r] == pytest.approx(np.mean(expected))


def test_weightings_without_both_kinds_of_images_have_no_ranking():
    weights = np.array([[1, 1, 1], [2, 1, 0], [0, 0, 3], [0, 2, 1]])
    found = precision.areas(np.array([True, True, False]), np.array([1.0, 3.0, 2.0]), weights)
    np.testing.assert_allclose(found, [(1 + 2 / 3) / 2, np.nan, np.nan, 1])


def test_resamples_are_seeded_and_do_not_depend_on_the_blocks(monkeypatch):
    whole = np.concatenate(list(resampling.resamples(50, 130, 0)))
    assert whole.shape == (130, 50)
    assert (whole.sum(axis=1) == 50).all()
    assert whole.max() > 2
    assert (whole != np.concatenate(list(resampling.resamples(50, 130, 1)))).any()
    monkeypatch.setattr(resampling, "_RESAMPLES", 7)
    np.testing.assert_array_equal(np.concatenate(list(resampling.resamples(50, 130, 0))), whole)


def test_resamples_without_a_ranking_are_left_out():
    relevant, scores, counted = decisions(40)
    relevant[:, 0] = np.arange(40) == 5  # every third resample lacks it
    relevant[:, 1] = False
    samples, means = precision.bootstrap(relevant, scores, counted, 200, 0)
    assert 0.2 < np.isnan(samples[:, 0]).mean() < 0.5
    assert np.isnan(samples[:, 1]).all()
    np.testing.assert_allclose(means, np.nanmean(samples, axis=1))
    low, high = resampling.interval(samples[:, 0])
    np.testing.assert_allclose([low, high], np.nanpercentile(samples[:, 0], [2.5, 97.5]))
    assert resampling.interval(samples[:, 1]) == (None, None)
    _, nothing = precision.bootstrap(relevant & False, scores, counted, 5, 0)
    assert np.isnan(nothing).all()


def test_the_interval_holds_what_other_test_sets_give():
    def score(seed, count=400):
        rng = np.random.default_rng(seed)
        relevant = rng.random((count, 1)) < 0.3
        return relevant, rng.normal(size=(count, 1)) + 1.5 * relevant, np.ones((count, 1), bool)

    truth = precision.by_class(*score(0, 200_000))[0]
    found = [resampling.interval(precision.bootstrap(*score(seed), 200, 0)[1]) for seed in range(1, 41)]
    assert sum(low < truth < high for low, high in found) >= 34
    assert 0.05 < np.mean([high - low for low, high in found]) < 0.2
