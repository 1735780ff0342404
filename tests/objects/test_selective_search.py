import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from revisit.errors import DataError
from revisit.objects import grouping, overlaps, recall, selective_search
from revisit.objects.found import Truths
from revisit.objects.windows import sliding_windows
from revisit_drawing import scenes

IMAGES = st.tuples(st.integers(1, 24), st.integers(1, 24)).flatmap(
    lambda sides: arrays(np.uint8, (*sides, 3), elements=st.sampled_from([0, 40, 255]))
)


def search(*asked, **settings):
    return selective_search.search(*asked, **settings).proposals


@pytest.fixture
def drawn(monkeypatch):
    """Fifty drawn scenes, and the boxes around what is seen of each of their objects, specks left out."""
    owners, taken = [], scenes.taken

    def kept(canvas, dice):
        owners.append(canvas.owners.copy())
        return taken(canvas, dice)

    monkeypatch.setattr(scenes, "taken", kept)
    images = [scene.image for scene in scenes.pictures(50, 0, 1, 80)]
    rows = []
    for i, numbers in enumerate(owners):
        for number in np.unique(numbers[numbers > 0]):
            y, x = np.nonzero(numbers == number)
            if len(y) > 30:
                rows.append((i, x.min(), y.min(), x.max() + 1, y.max() + 1))
    table = np.array(rows)
    assert len(table) > 40
    none = np.zeros(len(table), np.int64)
    return images, Truths(table[:, 0], none, table[:, 1:].astype(float), none.astype(bool), 50, 1)


def slow_hierarchy(regions, *codes):
    """Equations 2 to 6 of the paper from the pixels of each region, every likeness anew for every merger."""
    masks = [regions == number for number in range(regions.max() + 1)]
    alive, every = set(range(len(masks))), list(masks)

    def box(mask):
        y, x = np.nonzero(mask)
        return [x.min(), y.min(), x.max() + 1, y.max() + 1]

    def touch(a, b):
        grown = a.copy()
        grown[1:] |= a[:-1]
        grown[:-1] |= a[1:]
        grown[:, 1:] |= a[:, :-1]
        grown[:, :-1] |= a[:, 1:]
        return (grown & b).any()

    def likeness(a, b):
        x0, y0, x1, y1 = box(a | b)
        size = 1 - (a.sum() + b.sum()) / regions.size
        fill = 1 - ((x1 - x0) * (y1 - y0) - a.sum() - b.sum()) / regions.size
        shares = [[np.bincount(code[mask].ravel(), minlength=20) for mask in (a, b)] for code in codes]
        return size + fill + sum(np.minimum(x / x.sum(), y / y.sum()).sum() for x, y in shares)

    while len(alive) > 1:
        pairs = [(i, j) for i in alive for j in alive if i < j and touch(every[i], every[j])]
        i, j = max(pairs, key=lambda pair: likeness(every[pair[0]], every[pair[1]]))
        alive -= {i, j}
        alive.add(len(every))
        every.append(every[i] | every[j])
    return np.array([box(mask) for mask in every])


@pytest.mark.parametrize("stripes", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_the_hierarchy_is_that_of_the_papers_equations(seed, stripes):
    rng = np.random.default_rng(seed)
    seeds = rng.integers(0, 20, (9, 2)) * (1, not stripes)
    places = np.stack(np.indices((20, 20)), axis=-1)
    nearest = ((places[:, :, None] - seeds) ** 2).sum(axis=-1).argmin(axis=-1)  # cells, each of one piece
    regions = np.unique(nearest, return_inverse=True)[1].reshape(20, 20)
    colour, texture = rng.integers(0, 20, (2, 20, 20, 2)) * rng.integers(1, 3, (20, 20, 1)) // 2
    features = [grouping.histograms(regions, code, 20) for code in (colour, texture)]
    found = grouping.hierarchy(regions, *features)
    np.testing.assert_array_equal(found, slow_hierarchy(regions, colour, texture))
    np.testing.assert_array_equal(found[-1], [0, 0, 20, 20])


def test_histograms_are_shares_of_what_a_region_shows():
    regions, codes = np.array([[0, 0, 1]]), np.array([[[0, 2], [1, 2], [3, 3]]])
    np.testing.assert_allclose(grouping.histograms(regions, codes, 4), [[0.25, 0.25, 0.5, 0], [0, 0, 0, 1]])


@settings(max_examples=60, deadline=None)
@given(IMAGES, st.integers(1, 30), st.sampled_from([0.0, 0.12, 0.5]))
def test_boxes_lie_in_the_image_once_each_and_are_long_enough(image, count, shortest):
    height, width = image.shape[:2]
    boxes = search(image, count, shortest=shortest)
    assert boxes.dtype == np.float32
    assert 1 <= len(boxes) <= count
    assert len(np.unique(boxes, axis=0)) == len(boxes)
    assert (boxes >= 0).all()
    assert (boxes[:, 2:] <= (width, height)).all()
    assert (boxes[:, 2:] - boxes[:, :2] >= max(1, shortest * min(height, width))).all()
    every = search(image, shortest=shortest)
    np.testing.assert_array_equal(every[:count], boxes)  # fewer are the best of more
    assert [0, 0, width, height] in every.tolist()


def test_the_same_image_has_the_same_boxes_and_another_seed_another_order():
    image = next(scenes.pictures(1, 0, 0, 80)).image
    boxes = search(image)
    np.testing.assert_array_equal(search(image.copy()), boxes)
    np.testing.assert_array_equal(search(np.asfortranarray(image)), boxes)
    other = search(image, seed=1)
    assert (other[: len(boxes)] != boxes[: len(other)]).any()
    assert sorted(other.tolist()) == sorted(boxes.tolist())


def test_a_plain_object_on_a_plain_ground_is_found_exactly():
    image = np.full((60, 80, 3), 200, np.uint8)
    image[20:45, 10:50] = (30, 90, 160)
    for space in ("hsv", "lab", "rgb"):
        boxes = search(image, spaces=[space])
        assert overlaps.boxes(boxes, np.array([[10.0, 20, 50, 45]])).max() > 0.9


def test_large_regions_tend_to_come_first():
    image = next(scenes.pictures(1, 3, 0, 80)).image
    sizes = overlaps.areas(search(image).astype(float))
    half = len(sizes) // 2
    assert sizes[:half].mean() > 1.3 * sizes[half:].mean()
    assert (np.diff(sizes[:half]) > 0).any()


def test_other_arrays_are_refused():
    for image in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(DataError, match="uint8"):
            search(image)


def test_it_recalls_more_than_as_many_sliding_windows(drawn):
    images, truths = drawn
    counts = (20, 50, 100)
    found = [search(image, 100) for image in images]
    assert min(map(len, found)) > 30
    assert np.mean([len(boxes) for boxes in found]) > 80
    ours = recall.best_overlaps(found, truths, counts)
    # as many windows as there are proposals, where these are fewer
    windows = [sliding_windows(*image.shape[:2], len(boxes)) for image, boxes in zip(images, found, strict=True)]
    theirs = recall.best_overlaps(windows, truths, counts)
    assert (recall.recall(ours) > recall.recall(theirs)).all()
    assert (recall.recall(ours)[:, 1] > recall.recall(theirs)[:, 1] + 0.1).all()
    assert (recall.mean_best_overlap(ours, truths.kind) > recall.mean_best_overlap(theirs, truths.kind) + 0.05).all()
    assert recall.recall(ours)[-1, 0] > 0.85


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 700))
def test_sliding_windows_are_as_many_as_asked_for_and_lie_in_the_image(height, width, count):
    windows = sliding_windows(height, width, count)
    assert windows.shape == (count, 4)
    assert windows.dtype == np.float32
    assert len(np.unique(windows, axis=0)) == count
    assert (windows >= 0).all()
    assert (windows[:, 2:] <= np.array([width, height]) * (1 + 1e-6)).all()
    assert (windows[:, 2:] > windows[:, :2]).all()
    np.testing.assert_array_equal(windows[0], [0, 0, width, height])
    sizes = overlaps.areas(windows.astype(float))
    assert (np.diff(sizes) < 1e-3 * sizes[:-1]).all()


def test_sliding_windows_leave_no_large_object_out():
    windows = sliding_windows(80, 100, 400).astype(float)
    rng = np.random.default_rng(0)
    sides = rng.uniform(25, 60, (300, 2))
    corners = rng.uniform(0, 1, (300, 2)) * ((100, 80) - sides)
    best = overlaps.boxes(np.concatenate([corners, corners + sides], axis=1), windows).max(axis=1)
    assert (best >= 0.5).mean() > 0.9


def test_first_regions_are_those_of_the_segmentation_and_among_all_that_there_ever_are():
    image = np.full((40, 40, 3), 30, np.uint8)
    image[8:24, 10:30] = (200, 60, 40)
    image[24:32, 10:30] = (40, 60, 200)  # below it, of another colour
    found, first = selective_search.search(image)
    assert {tuple(box) for box in first.tolist()} < {tuple(box) for box in found.tolist()}
    parts = np.array([[10, 8, 30, 24], [10, 24, 30, 32], [10, 8, 30, 32]], float)  # the last one is the two together
    assert (overlaps.boxes(parts, first.astype(float)).max(axis=1) > 0.8).tolist() == [True, True, False]
    assert (overlaps.boxes(parts, found.astype(float)).max(axis=1) > 0.8).all()
