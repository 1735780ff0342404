import numpy as np
import pytest
import torch

from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError
from revisit.training import batches

CPU = torch.device("cpu")
MEAN, STD = [0.5, 0.25, 0.1], [0.2, 0.1, 0.3]
LIMITS = pytest.mark.parametrize("limit", [batches.RESIDENT_LIMIT, 0], ids=["resident", "mapped"])


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (7, 8, 9, 3), dtype=np.uint8), np.arange(7, dtype=np.int64)


def make_loader(arrays, crop=None, flip=False, seed=0, limit=batches.RESIDENT_LIMIT) -> batches.BatchLoader:
    images, preprocessing = batches.Images(*arrays, CPU, limit), Preprocessing(MEAN, STD, CPU, crop)
    return batches.BatchLoader(images, preprocessing, crop, flip, seed)


def test_order_is_a_permutation_that_depends_on_seed_and_epoch_only():
    first = batches.order(50, seed=1, epoch=0)
    assert sorted(first.tolist()) == list(range(50))
    torch.manual_seed(99)
    assert torch.equal(first, batches.order(50, seed=1, epoch=0))
    assert not torch.equal(first, batches.order(50, seed=1, epoch=1))
    assert not torch.equal(first, batches.order(50, seed=2, epoch=0))


def test_only_whole_batches_count():
    assert batches.steps_per_epoch(25, 10) == 2
    assert batches.steps_per_epoch(20, 10) == 2


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(ConfigError, match="batch_size: 30 is more than the 25 training images"):
        batches.steps_per_epoch(25, 30)


@LIMITS
def test_pixels_are_gathered_as_stored(arrays, limit):
    images = batches.Images(*arrays, CPU, limit=limit)
    index = torch.tensor([6, 0, 6])
    assert torch.equal(images.pixels(index), torch.from_numpy(arrays[0][index.numpy()]))
    assert images.labels.tolist() == list(range(7))
    assert len(images) == 7


def test_a_memory_map_larger_than_the_limit_stays_in_its_file(arrays, tmp_path):
    np.save(tmp_path / "images.npy", arrays[0])
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    index, corners = torch.tensor([2, 5]), np.array([[0, 1], [2, 0]])
    small = batches.Images(mapped, arrays[1], CPU, limit=mapped.nbytes)
    large = batches.Images(mapped, arrays[1], CPU, limit=mapped.nbytes - 1)
    assert isinstance(small._images, torch.Tensor)
    assert isinstance(large._images, np.ndarray)
    assert torch.equal(small.pixels(index), large.pixels(index))
    for copy in (large.pixels(index), large.windows(index, corners, (3, 3))):
        copy.fill_(0)  # must not reach the read-only file
    assert np.array_equal(mapped, arrays[0])


@LIMITS
def test_windows_are_cut_out_at_their_corners(arrays, limit):
    index, corners = torch.tensor([3, 0, 3, 6]), np.array([[0, 0], [4, 3], [1, 2], [3, 5]])
    expected = np.stack([arrays[0][i, y : y + 4, x : x + 4] for i, (y, x) in zip(index, corners, strict=True)])
    images = batches.Images(*arrays, CPU, limit)
    np.testing.assert_array_equal(images.windows(index, corners, (4, 4)).numpy(), expected)
    on_a_gpu = batches.gather_windows(torch.from_numpy(arrays[0]), index, torch.from_numpy(corners), (4, 4))
    np.testing.assert_array_equal(on_a_gpu.numpy(), expected)


@LIMITS
def test_training_crops_and_mirrors_each_image_anew(arrays, limit):
    loader = make_loader(arrays, crop=5, flip=True, limit=limit)
    index = torch.arange(7).repeat(3)
    corners, flips = augmentation = loader.augmentation(4, 21)
    seen = loader.training(index, augmentation).numpy()
    for image, i, (top, left), flip in zip(seen, index, corners, flips, strict=True):
        part = arrays[0][i, top : top + 5, left : left + 5]
        np.testing.assert_array_equal(image, part[:, ::-1] if flip else part)
    assert 0 < flips.sum() < 21
    assert len({tuple(corner) for corner in corners}) > 5


def test_flips_without_crops(arrays):
    loader = make_loader(arrays, flip=True)
    augmentation = loader.augmentation(1, 7)
    seen, flips = loader.training(torch.arange(7), augmentation).numpy(), augmentation.flips
    np.testing.assert_array_equal(seen, np.where(flips[:, None, None, None], arrays[0][:, :, ::-1], arrays[0]))


def test_augmentation_depends_on_seed_and_step_only(arrays):
    first = make_loader(arrays, crop=5, flip=True).augmentation(3, 100)
    np.random.default_rng(0).random(5)
    again, later = (make_loader(arrays, crop=5, flip=True).augmentation(step, 100) for step in (3, 4))
    other = make_loader(arrays, crop=5, flip=True, seed=1).augmentation(3, 100)
    np.testing.assert_array_equal(first.corners, again.corners)
    np.testing.assert_array_equal(first.flips, again.flips)
    for changed in (later, other):
        assert not np.array_equal(first.corners, changed.corners)
        assert not np.array_equal(first.flips, changed.flips)


def test_every_crop_is_equally_likely_and_half_of_the_images_are_mirrored(arrays):
    corners, flips = make_loader(arrays, crop=6, flip=True).augmentation(1, 24_000)
    places, counts = np.unique(corners, axis=0, return_counts=True)
    assert len(places) == 3 * 4
    assert (abs(counts - 2000) < 5 * np.sqrt(2000)).all()  # five standard deviations
    assert abs(flips.mean() - 0.5) < 5 * 0.5 / np.sqrt(24_000)


def test_evaluation_takes_the_centre(arrays):
    np.testing.assert_array_equal(
        make_loader(arrays, crop=4, flip=True).evaluation(torch.tensor([2])), arrays[0][2:3, 2:6, 2:6]
    )
    np.testing.assert_array_equal(make_loader(arrays).evaluation(torch.tensor([2])), arrays[0][2:3])


def test_a_crop_larger_than_the_images_is_refused(arrays):
    with pytest.raises(ConfigError, match="crop: 9 is more than the 8x9 pixels"):
        make_loader(arrays, crop=9)
