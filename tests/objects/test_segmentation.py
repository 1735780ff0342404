import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from revisit import resampling
from revisit.errors import ArtifactError
from revisit.objects import segmentation

CLASSES = 5
MAPS = arrays(np.uint8, (6, 7), elements=st.sampled_from([*range(CLASSES), segmentation.VOID]))
PREDICTED = arrays(np.uint8, (6, 7), elements=st.integers(0, CLASSES - 1))


def patches(seed, images=10, size=24):
    """Real and predicted maps of (N, H, W) uint8 in which most is right, one in ten pixels void."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, CLASSES, (images, size // 8, size // 8))
    real = coarse.repeat(8, 1).repeat(8, 2).astype(np.uint8)
    predicted = np.where(rng.random(real.shape) < 0.7, real, rng.integers(0, CLASSES, real.shape)).astype(np.uint8)
    real[rng.random(real.shape) < 0.1] = segmentation.VOID
    return real, predicted


@settings(max_examples=200, deadline=None)
@given(MAPS, PREDICTED)
def test_all_measures_are_those_of_scikit_learn(real, predicted):
    matrix = segmentation.confusion(real, predicted, CLASSES)
    told = real != segmentation.VOID
    y, z = real[told], predicted[told]
    if not len(y):
        assert np.isnan([measure(matrix) for measure in segmentation.MEASURES.values()]).all()
        return
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(y, z, labels=range(CLASSES)))
    shown, seen = np.unique(y), np.union1d(y, z)
    expected = np.full(CLASSES, np.nan)
    expected[seen] = metrics.jaccard_score(y, z, labels=seen, average=None, zero_division=0)
    np.testing.assert_allclose(segmentation.ious(matrix), expected)
    assert segmentation.mean_iou(matrix) == pytest.approx(np.nanmean(expected))
    weighted = metrics.jaccard_score(y, z, labels=shown, average="weighted", zero_division=0)
    assert segmentation.weighted_iou(matrix) == pytest.approx(weighted)
    assert segmentation.pixel_accuracy(matrix) == pytest.approx(metrics.accuracy_score(y, z))
    recalls = metrics.recall_score(y, z, labels=shown, average="macro", zero_division=0)
    assert segmentation.mean_accuracy(matrix) == pytest.approx(recalls)


def test_matrices_of_images_add_up_to_that_of_all():
    real, predicted = patches(0)
    single = [segmentation.confusion(*pair, CLASSES) for pair in zip(real, predicted, strict=True)]
    np.testing.assert_array_equal(sum(single), segmentation.confusion(real, predicted, CLASSES))
    np.testing.assert_allclose(
        segmentation.mean_iou(np.stack(single)), [segmentation.mean_iou(matrix) for matrix in single]
    )


def test_by_hand():
    matrix = np.array([[50, 10, 0], [20, 20, 0], [0, 0, 0]])
    np.testing.assert_allclose(segmentation.ious(matrix), [50 / 80, 20 / 50, np.nan])
    assert segmentation.mean_iou(matrix) == pytest.approx((5 / 8 + 2 / 5) / 2)
    assert segmentation.pixel_accuracy(matrix) == pytest.approx(0.7)
    assert segmentation.mean_accuracy(matrix) == pytest.approx((5 / 6 + 1 / 2) / 2)
    assert segmentation.weighted_iou(matrix) == pytest.approx(0.6 * 5 / 8 + 0.4 * 2 / 5)


def test_one_class_for_all_pixels():
    matrix = np.array([[6, 1, 0], [2, 0, 1], [0, 0, 0]])  # seven pixels of class 0, three of class 1
    assert segmentation.constant_iou(matrix) == pytest.approx(0.7 / 2)
    assert np.isnan(segmentation.constant_iou(np.zeros((2, 2), np.int64)))


def test_a_class_that_is_only_predicted_has_an_iou_of_0_and_no_accuracy():
    matrix = segmentation.confusion(np.zeros((2, 2), np.uint8), np.array([[0, 0], [0, 1]], np.uint8), 3)
    np.testing.assert_allclose(segmentation.ious(matrix), [0.75, 0, np.nan])
    assert segmentation.mean_accuracy(matrix) == pytest.approx(0.75)


def test_void_counts_for_nothing_and_must_not_be_predicted():
    real = np.array([[1, 255]], np.uint8)
    assert segmentation.confusion(real, np.array([[1, 0]], np.uint8), 2).tolist() == [[0, 0], [0, 1]]
    assert segmentation.confusion(real, np.array([[1, 255]], np.uint8), 2).sum() == 1
    with pytest.raises(ArtifactError, match="predicted classes 255 to 255"):
        segmentation.confusion(real, np.array([[255, 1]], np.uint8), 2)
    with pytest.raises(ArtifactError, match="real classes 7 to 7"):
        segmentation.confusion(np.array([7]), np.array([0]), 2)
    with pytest.raises(ArtifactError, match="stored images"):
        segmentation.confusion(real, real[0], 2)


def test_bootstrap_is_that_of_images_copied_out():
    real, predicted = patches(1, images=8)
    real[3:] = np.where(real[3:] == 4, 0, real[3:])
    predicted[3:] = np.where(predicted[3:] == 4, 0, predicted[3:])  # not in every resample
    matrices = np.stack([segmentation.confusion(*pair, CLASSES) for pair in zip(real, predicted, strict=True)])
    samples = segmentation.bootstrap(matrices, 70, 3)
    assert samples.keys() == {"iou", *segmentation.MEASURES}
    weights = np.concatenate(list(resampling.resamples(8, 70, 3)))
    for r in range(70):
        rows = np.repeat(np.arange(8), weights[r])
        matrix = segmentation.confusion(real[rows], predicted[rows], CLASSES)
        np.testing.assert_allclose(samples["iou"][r], segmentation.ious(matrix))
        for name, measure in segmentation.MEASURES.items():
            assert samples[name][r] == pytest.approx(measure(matrix))
    assert 0 < np.isnan(samples["iou"][:, 4]).sum() < 20
    low, high = resampling.interval(samples["mean_iou"])
    assert low < segmentation.mean_iou(matrices.sum(axis=0)) < high


def flooded(classes):
    """Regions by flooding from every pixel: [(class, pixels)] in the order of their first pixels."""
    left = {place: int(kind) for place, kind in np.ndenumerate(classes) if kind not in (0, segmentation.VOID)}
    regions = []
    while left:
        start, kind = next(iter(left.items()))
        open_, region = [start], set()
        while open_:
            row, column = open_.pop()
            if left.get((row, column)) == kind:
                del left[row, column]
                region.add((row, column))
                open_ += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        regions.append((kind, region))
    return sorted(regions, key=lambda region: region[0])


@settings(max_examples=100, deadline=None)
@given(arrays(np.uint8, (6, 6), elements=st.sampled_from([0, 0, 1, 1, 2, 255])), st.integers(1, 4))
def test_instances_are_connected_regions(classes, smallest):
    masks, kinds, scores = segmentation.instances(classes, smallest=smallest)
    expected = [(kind, region) for kind, region in flooded(classes) if len(region) >= smallest]
    found = [
        (int(kind), {(int(y), int(x)) for y, x in np.argwhere(mask)}) for kind, mask in zip(kinds, masks, strict=True)
    ]
    assert found == expected
    np.testing.assert_allclose(scores, [len(region) / 36 for _, region in expected])
    assert masks.shape[1:] == (6, 6)


def test_sure_regions_have_high_scores():
    classes = np.array([[1, 1, 0, 1]], np.uint8)
    masks, kinds, scores = segmentation.instances(classes, np.array([[0.5, 0.7, 0.1, 0.9]]))
    np.testing.assert_array_equal(masks, [[[True, True, False, False]], [[False, False, False, True]]])
    np.testing.assert_array_equal(kinds, [1, 1])
    np.testing.assert_allclose(scores, [0.6, 0.9])
