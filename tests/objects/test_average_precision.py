import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import devkit
from drawn import CLASSES, detections, real, reported, scattered, truths
from revisit import resampling
from revisit.errors import ArtifactError
from revisit.objects import average_precision as ap
from revisit.objects import overlaps
from revisit.objects.matching import by_boxes, match

VERDICTS = {"tp": (True, False), "fp": (False, False), "ignored": (False, True)}


def printed(found, boxes, side=10):
    """Of the worked example: whether each detection is right, by confidence, and how many objects there are."""
    hits = [i for i, letter in enumerate(found) if letter == "T"]
    objects = [(i, 0, [0, 0, side, side], False) for i in range(boxes)]
    found = [
        (hits.index(i) if i in hits else boxes - 1, 0, -i, [0, 0, side, side] if i in hits else [50, 50, 60, 60])
        for i in range(len(found))
    ]
    return detections(found), truths(objects, images=boxes, classes=1)


@settings(max_examples=300, deadline=None)
@given(reported(), real(), st.sampled_from([0.3, 0.5, 1.0]), st.booleans())
def test_every_verdict_and_number_is_that_of_the_development_kit(found, objects, threshold, pixels):
    flat, shown = detections(found), truths(objects)
    matches = match(flat, shown, by_boxes(flat, shown, pixels), [threshold])
    values = {measure: ap.by_class(flat, shown, matches, measure) for measure in ("eleven", "area")}
    for kind in range(CLASSES):
        said, npos = devkit.assign(found, objects, kind, threshold, plus=int(pixels))
        for row, verdict in said:
            assert (matches.true[0, row], matches.ignored[0, row]) == VERDICTS[verdict]
        eleven, area = devkit.average_precision(said, npos)
        assert values["eleven"][kind] == (None if eleven is None else pytest.approx(eleven, abs=1e-14))
        assert values["area"][kind] == (None if area is None else pytest.approx(area, abs=1e-14))


@settings(max_examples=100, deadline=None)
@given(reported(), real())
def test_masks_of_boxes_match_as_the_boxes(found, objects):
    def painted(boxes):
        masks = np.zeros((len(boxes), 12, 12), bool)
        for mask, (x0, y0, x1, y1) in zip(masks, boxes, strict=True):
            mask[y0:y1, x0:x1] = True
        return masks

    flat, shown = detections(found), truths(objects)
    shares = overlaps.masks(painted([box for *_, box in found]), painted([box for *_, box, _ in objects]))
    for rule in ("voc", "coco"):
        masks = match(flat, shown, lambda of_found, of_real: shares[of_found, of_real], rule=rule)
        boxes = match(flat, shown, by_boxes(flat, shown), rule=rule)
        np.testing.assert_array_equal(masks.truth, boxes.truth)
        np.testing.assert_array_equal(masks.wrong, boxes.wrong)


def test_the_worked_example_of_padilla_netto_and_da_silva():
    # "A Survey on Performance Metrics for Object-Detection Algorithms" (2020): 24 detections, 15 objects; printed as
    # 26.84% with 11 points, and 24.56% of summands cut to four digits.
    flat, shown = printed("TFTFFFFFFTFTTTFFFFFFFFTF", 15)
    matches = match(flat, shown, by_boxes(flat, shown))
    recall, precision = ap.curve(flat, shown, matches, 0)
    np.testing.assert_allclose(precision[[0, 2, 9, 11, 12, 13, 22]], [1, 2 / 3, 0.3, 1 / 3, 5 / 13, 3 / 7, 7 / 23])
    np.testing.assert_allclose(recall[[0, 2, 13, -1]], [1 / 15, 2 / 15, 0.4, 7 / 15])
    assert round(100 * ap.by_class(flat, shown, matches, "eleven")[0], 2) == 26.84
    assert ap.by_class(flat, shown, matches, "area")[0] == pytest.approx(0.2456, abs=1e-4)


def test_recall_of_three_in_ten_does_not_reach_the_fourth_point():
    flat, shown = printed("TTT", 10)
    matches = match(flat, shown, by_boxes(flat, shown))
    assert ap.by_class(flat, shown, matches, "eleven")[0] == pytest.approx(3 / 11)
    assert ap.by_class(flat, shown, matches, "area")[0] == pytest.approx(0.3)


def test_a_second_detection_is_wrong_and_a_difficult_object_is_neither():
    box, other = [0, 0, 10, 10], [50, 50, 60, 60]
    flat = detections([(0, 0, 0.8, box), (0, 0, 0.9, box), (0, 0, 0.7, other), (0, 0, 0.6, other), (0, 0, 0.1, box)])
    shown = truths([(0, 0, box, False), (0, 0, other, True)])
    matches = match(flat, shown, by_boxes(flat, shown))
    np.testing.assert_array_equal(matches.true[0], [False, True, False, False, False])
    np.testing.assert_array_equal(matches.ignored[0], [False, False, True, True, False])
    np.testing.assert_array_equal(matches.truth[0], [0, 0, 1, 1, 0])
    recall, precision = ap.curve(flat, shown, matches, 0)
    np.testing.assert_allclose(recall, [1, 1, 1])
    np.testing.assert_allclose(precision, [1, 1 / 2, 1 / 3])
    assert ap.by_class(flat, shown, matches) == [pytest.approx(1), None, None]
    assert ap.mean(ap.by_class(flat, shown, matches)) == pytest.approx(1)
    assert ap.mean([None, None]) is None


def test_without_detections_it_is_0_and_without_objects_none():
    nothing, shown = detections([]), truths([(0, 1, [0, 0, 5, 5], False), (1, 2, [0, 0, 5, 5], True)])
    matches = match(nothing, shown, by_boxes(nothing, shown))
    assert ap.by_class(nothing, shown, matches) == [None, 0, None]
    flat = detections([(0, 0, 1.0, [0, 0, 5, 5])])
    matches = match(flat, truths([]), by_boxes(flat, truths([])))
    assert ap.by_class(flat, truths([]), matches, "area") == [None] * CLASSES
    recall, precision = ap.curve(flat, truths([]), matches, 0)
    assert np.isnan(recall).all()
    np.testing.assert_array_equal(precision, [0])


def test_only_the_order_of_scores_counts():
    flat, shown = scattered(1)
    warped = type(flat)(flat.image, flat.kind, np.exp(3 * flat.score), flat.box)
    for measure in ("eleven", "area", "coco"):
        values = [
            ap.by_class(some, shown, match(some, shown, by_boxes(some, shown)), measure) for some in (flat, warped)
        ]
        assert values[0] == values[1]
        assert 0.1 < ap.mean(values[0]) < 0.9


@pytest.mark.parametrize("measure", ["eleven", "area", "coco"])
@pytest.mark.parametrize("rule", ["voc", "coco"])
def test_bootstrap_is_that_of_images_copied_out_and_matched_anew(measure, rule):
    flat, shown = scattered(2, images=12)
    thresholds = [0.5, 0.75]
    matches = match(flat, shown, by_boxes(flat, shown), thresholds, rule)
    samples, means = ap.bootstrap(flat, shown, matches, measure, 70, 5)
    assert (samples.shape, means.shape) == ((70, 3), (70,))
    weights = np.concatenate(list(resampling.resamples(12, 70, 5)))
    for r in range(70):
        # copy c of image i becomes an image of its own; copies of a detection stand beside each other
        first = np.cumsum(weights[r]) - weights[r]
        copied = []
        for some in (flat, shown):
            times = weights[r][some.image]
            rows = np.repeat(np.arange(len(some)), times)
            copy = np.concatenate([np.arange(n) for n in times])
            copied.append((rows, first[some.image[rows]] + copy))
        (rows, image), (objects, of) = copied
        some = type(flat)(image, flat.kind[rows], flat.score[rows], flat.box[rows])
        real = type(shown)(of, shown.kind[objects], shown.box[objects], shown.difficult[objects], 12, 3)
        expected = ap.by_class(some, real, match(some, real, by_boxes(some, real), thresholds, rule), measure)
        np.testing.assert_allclose(samples[r], np.array(expected, float), rtol=1e-12)
        assert means[r] == pytest.approx(ap.mean(expected))


@pytest.mark.parametrize("measure", ["eleven", "area"])
def test_some_images_are_a_split_of_their_own(measure):
    found, shown = scattered(3, images=12)
    chosen = shown.several()
    counted = [tuple(pair) for pair in np.stack([shown.image, shown.kind], axis=1)[~shown.difficult].tolist()]
    assert set(np.flatnonzero(chosen)) == {image for image, _ in {pair for pair in counted if counted.count(pair) > 1}}
    assert 0 < chosen.sum() < 12
    rows, objects = (np.flatnonzero(chosen[of]) for of in (found.image, shown.image))
    some = type(found)(*(getattr(found, key)[rows] for key in ("image", "kind", "score", "box")))
    real = type(shown)(*(getattr(shown, key)[objects] for key in ("image", "kind", "box", "difficult")), 12, 3)
    expected = ap.by_class(some, real, match(some, real, by_boxes(some, real)), measure)
    assert ap.by_class(found, shown, match(found, shown, by_boxes(found, shown)), measure, chosen) == expected


def test_resamples_without_an_object_of_a_class_are_left_out():
    flat = detections([(i, 0, 1.0, [0, 0, 5, 5]) for i in range(8)] + [(0, 1, 1.0, [0, 0, 5, 5])])
    shown = truths([(i, i == 0, [0, 0, 5, 5], False) for i in range(8)], images=8, classes=2)
    matches = match(flat, shown, by_boxes(flat, shown))
    samples, means = ap.bootstrap(flat, shown, matches, "area", 100, 0)
    assert 0.2 < np.isnan(samples[:, 1]).mean() < 0.5
    assert not np.isnan(means).any()
    np.testing.assert_allclose(means, np.nanmean(samples, axis=1))
    low, high = resampling.interval(means)
    assert 0 < low < ap.mean(ap.by_class(flat, shown, matches, "area")) < high <= 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([(0, 0, np.nan, [0, 0, 1, 1])], "diverged"),
        ([(0, 0, 1.0, [0, 0, np.inf, 1])], "not finite"),
    ],
)
def test_scores_that_are_no_numbers_are_refused(rows, says):
    with pytest.raises(ArtifactError, match=says):
        detections(rows)


def test_arrays_that_do_not_fit_are_refused():
    flat, shown = scattered(3, images=3)
    with pytest.raises(ArtifactError, match="do not fit"):
        type(flat)(flat.image[1:], flat.kind, flat.score, flat.box)
    with pytest.raises(ArtifactError, match="not int64"):
        type(flat)(flat.image.astype(np.uint8), flat.kind, flat.score, flat.box)
    with pytest.raises(ArtifactError, match="class 0 to 2 where there are 2"):
        type(shown)(shown.image, shown.kind, shown.box, shown.difficult, 3, 2)
    with pytest.raises(ArtifactError, match="flags"):
        type(shown)(shown.image, shown.kind, shown.box, shown.difficult.astype(int), 3, 3)
    beyond = type(flat)(flat.image + 3, flat.kind, flat.score, flat.box)
    with pytest.raises(ArtifactError, match="detections: image"):
        match(beyond, shown, by_boxes(beyond, shown))
