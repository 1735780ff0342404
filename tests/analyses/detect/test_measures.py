import dataclasses

import numpy as np
import pytest

from revisit.analyses.detect import measures
from revisit.objects import fates, matching
from revisit.objects.found import Detections, Truths

CLASSES = ["ant", "bee", "cat"]


@pytest.fixture
def truths():
    image, kind = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 0, 0, 1])
    box = np.array([[10.0 * row, 5, 10 * row + 8, 20] for row in range(5)])
    return Truths(image, kind, box, np.array([False, False, False, False, True]), 3, 3)


def detected(truths, rows, scores, kinds=None):
    rows = np.array(rows, np.int64)
    kinds = truths.kind[rows] if kinds is None else np.array(kinds)
    return Detections(truths.image[rows], kinds, np.array(scores, float), truths.box[rows])


def matched(found, truths):
    return matching.match(found, truths, matching.by_boxes(found, truths))


def test_what_finds_all_has_a_precision_of_one(truths):
    found = detected(truths, range(5), [0.9, 0.8, 0.7, 0.6, 0.5])
    summary, rows = measures.precisions(found, truths, matched(found, truths), matching.by_boxes(found, truths), 100, 0)
    for prefix, suffix in (("", ""), ("", "_11_point"), ("", "_coco"), ("mask_", "")):
        for end in ("", "_low", "_high"):
            assert summary[f"{prefix}mean_average_precision{suffix}{end}"] == pytest.approx(1)
            assert rows[0][f"{prefix}average_precision{suffix}{end}"] == pytest.approx(1)
    assert [row["objects"] for row in rows] == [3, 1, 0]
    assert rows[2]["average_precision"] is None


def test_the_matches_that_are_given_are_measured(truths):
    found = detected(truths, range(5), [0.9, 0.8, 0.7, 0.6, 0.5])
    wrong = dataclasses.replace(matched(found, truths), true=np.zeros((1, 5), bool))
    summary, _ = measures.precisions(found, truths, wrong, None, 10, 0)
    assert (summary["mean_average_precision"], summary["mean_average_precision_11_point"]) == (0, 0)
    assert summary["mean_average_precision_coco"] == pytest.approx(1)


def test_nothing_found_has_a_precision_of_zero(truths):
    found = detected(truths, [], [])
    summary, rows = measures.precisions(found, truths, matched(found, truths), None, 100, 0)
    assert (summary["mean_average_precision"], rows[2]["average_precision_coco"]) == (0, None)
    assert "mask_mean_average_precision" not in summary
    table = measures.thresholds(found, truths, matched(found, truths))
    assert set(table["false_negatives"]) == {4}
    assert measures.best_score(table) == 0.01
    row = measures.at(table, 0.5)
    assert (row["precision"], row["recall"], row["f1"]) == (None, 0, 0)
    assert set(measures.curves(found, truths, matched(found, truths), CLASSES)["kind"]) == {"point"}


def test_masks_where_a_class_comes_twice_count_for_themselves():
    box = np.array([[10.0 * row, 5, 10 * row + 8, 20] for row in range(4)])
    truths = Truths(np.array([0, 0, 1, 2]), np.array([0, 0, 0, 1]), box, np.zeros(4, bool), 3, 3)
    for rows, wanted in (([0, 1], 1), ([0], 0.5), ([2, 3], 0)):  # image 0 alone shows two of a class
        found = detected(truths, rows, [0.9] * len(rows))
        summary, _ = measures.precisions(found, truths, matched(found, truths), matching.by_boxes(found, truths), 10, 0)
        assert summary["mask_mean_average_precision_of_several"] == pytest.approx(wanted)
        assert 0 < summary["mask_mean_average_precision"] < 1


def test_thresholds_by_hand(truths):
    # Right at 0.9 and 0.4; a duplicate at 0.8; another class at 0.3; the difficult one, which does not count.
    found = detected(truths, [0, 0, 2, 1, 4], [0.9, 0.8, 0.4, 0.3, 0.95], [0, 0, 0, 2, 1])
    matches = matched(found, truths)
    table = measures.thresholds(found, truths, matches)
    counts = np.stack([table[key] for key in ("true_positives", "false_positives", "false_negatives")], 1)
    assert [counts[int(100 * score) - 1].tolist() for score in (0.2, 0.4, 0.5, 0.9, 0.91)] == [
        [2, 2, 2], [2, 1, 2], [1, 1, 3], [1, 0, 3], [0, 0, 4],
    ]  # fmt: skip
    assert measures.best_score(table) == pytest.approx(0.31)
    assert measures.at(table, 0.4) == {
        "score": 0.4, "true_positives": 2, "false_positives": 1, "false_negatives": 2, "precision": 2 / 3,
        "recall": 0.5, "f1": 4 / 7,
    }  # fmt: skip
    fate = fates.fates(found, truths, matches, matching.by_boxes(found, truths))
    rows = measures.of_classes(fate, found, truths, matches, CLASSES, 0.35)
    assert {(row["class"], row["fate"]): row["count"] for row in rows if row["count"]} == {
        ("ant", "true"): 2, ("ant", "duplicate"): 1, ("bee", "ignored"): 1, ("ant", "missed"): 1, ("bee", "missed"): 1,
    }  # fmt: skip
    assert len(rows) == 3 * 8


def test_curves_are_thinned_where_recall_rises():
    recall = np.repeat(np.arange(1, 201), 2) / 200
    precision = np.linspace(1, 0.2, 400)
    x, y = measures.thinned(recall, precision)
    assert len(x) == measures.MOST
    assert (x[0], x[-1]) == (1 / 200, 1)
    assert set(zip(x, y, strict=True)) <= set(zip(recall[::2], precision[::2], strict=True))


def test_the_eleven_points_are_those_of_the_average(truths):
    found = detected(truths, [0, 1, 2], [0.9, 0.8, 0.7], [0, 0, 0])
    columns = measures.curves(found, truths, matched(found, truths), CLASSES)
    points = [
        precision
        for name, kind, precision in zip(columns["class"], columns["kind"], columns["precision"], strict=True)
        if (name, kind) == ("ant", "point")
    ]
    assert points == pytest.approx([1] * 4 + [2 / 3] * 3 + [0] * 4)
    _, rows = measures.precisions(found, truths, matched(found, truths), None, 100, 0)
    assert rows[0]["average_precision_11_point"] == pytest.approx(np.mean(points))
