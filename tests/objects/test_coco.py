"""Average precision over ten thresholds as pycocotools has it."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from drawn import detections, real, reported, scattered, truths
from revisit.objects import average_precision as ap
from revisit.objects.found import Truths
from revisit.objects.matching import COCO_THRESHOLDS, by_boxes, match


def reference(flat, shown):
    """pycocotools' precision (thresholds, recalls, classes), -1 where a class has no object."""

    def sized(box):
        return [float(x) for x in (*box[:2], *(box[2:] - box[:2]))]

    objects = [
        {"id": i + 1, "image_id": int(image), "category_id": int(kind), "bbox": sized(box), "area": 1, "iscrowd": 0}
        for i, (image, kind, box) in enumerate(zip(shown.image, shown.kind, shown.box, strict=True))
    ]
    found = [
        {"image_id": int(image), "category_id": int(kind), "bbox": sized(box), "score": float(score)}
        for image, kind, score, box in zip(flat.image, flat.kind, flat.score, flat.box, strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = {
            "images": [{"id": i} for i in range(shown.images)],
            "categories": [{"id": k} for k in range(shown.classes)],
            "annotations": objects,
        }
        known.createIndex()
        evaluation = COCOeval(known, known.loadRes(found), "bbox")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, -1]


def compared(flat, shown):
    """Ours and theirs, class by class."""
    # pycocotools ranks equal scores image by image; so do we where the rows come so
    order = np.argsort(flat.image, kind="stable")
    flat = type(flat)(flat.image[order], flat.kind[order], flat.score[order], flat.box[order])
    matches = match(flat, shown, by_boxes(flat, shown), COCO_THRESHOLDS, "coco")
    theirs = reference(flat, shown).mean(axis=(0, 1))
    return ap.by_class(flat, shown, matches, "coco"), [None if value < 0 else value for value in theirs]


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_pycocotools(seed):
    ours, theirs = compared(*scattered(seed, difficult=0))
    assert ours == pytest.approx(theirs, abs=1e-12)
    assert 0.05 < ap.mean(ours) < 0.9


@settings(max_examples=50, deadline=None)
@given(reported().filter(len), real())
def test_so_it_is_with_ties_of_every_kind(found, objects):
    ours, theirs = compared(detections(found), truths([(*row[:3], False) for row in objects]))
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == (None if other is None else pytest.approx(other, abs=1e-12))


def test_of_objects_equally_overlapped_the_last_is_taken():
    upper, lower, both = [0, 0, 10, 6], [0, 4, 10, 10], [0, 0, 10, 10]
    flat = detections([(0, 0, 0.9, both), (0, 0, 0.8, upper)])
    ours, theirs = compared(flat, truths([(0, 0, upper, False), (0, 0, lower, False)]))
    assert ours[0] == pytest.approx(theirs[0], abs=1e-12)
    assert ours[0] > 0.4  # 0.33, were the first one gone for the second detection


def test_a_difficult_object_is_taken_once_and_only_if_no_other_can_be():
    box, beside = [0, 0, 10, 10], [0, 0, 10, 9]
    shown = truths([(0, 0, box, True), (0, 0, beside, False)])
    flat = detections([(0, 0, 0.9, box), (0, 0, 0.8, box), (0, 0, 0.7, box)])
    matches = match(flat, shown, by_boxes(flat, shown), rule="coco")
    np.testing.assert_array_equal(matches.truth[0], [1, 0, -1])
    np.testing.assert_array_equal(matches.true[0], [True, False, False])
    np.testing.assert_array_equal(matches.ignored[0], [False, True, False])
    np.testing.assert_array_equal(matches.wrong[0], [False, False, True])


def test_a_stricter_threshold_finds_no_more():
    flat, shown = scattered(8)
    easy = Truths(shown.image, shown.kind, shown.box, np.zeros(len(shown), bool), shown.images, shown.classes)
    matches = match(flat, easy, by_boxes(flat, easy), COCO_THRESHOLDS, "coco")
    assert (np.diff(matches.true.sum(axis=1)) <= 0).all()
    assert matches.true[0].sum() > 2 * matches.true[-1].sum()
