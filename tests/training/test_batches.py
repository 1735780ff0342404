import numpy as np
import pytest
import torch

from revisit.errors import ConfigError
from revisit.training import batches

CPU = torch.device("cpu")
MEAN, STD = [0.5, 0.25, 0.1], [0.2, 0.1, 0.3]


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (7, 4, 5, 3), dtype=np.uint8), np.arange(7, dtype=np.int64)


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


@pytest.mark.parametrize("limit", [batches.RESIDENT_LIMIT, 0])
def test_batch_is_gathered_and_normalised_channel_by_channel(arrays, limit):
    images = batches.Images(*arrays, MEAN, STD, CPU, limit=limit)
    index = torch.tensor([6, 0, 6])
    gathered, labels = images.batch(index)
    expected = (arrays[0][index.numpy()] / 255 - MEAN) / STD
    np.testing.assert_allclose(gathered.numpy(), expected.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-6)
    assert gathered.dtype == torch.float32
    assert gathered.is_contiguous()
    assert labels.tolist() == [6, 0, 6]
    assert torch.equal(images.pixels(index), torch.from_numpy(arrays[0][index.numpy()]))
    assert len(images) == 7


def test_a_memory_map_larger_than_the_limit_stays_in_its_file(arrays, tmp_path):
    np.save(tmp_path / "images.npy", arrays[0])
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    index = torch.tensor([2, 5])
    small = batches.Images(mapped, arrays[1], MEAN, STD, CPU, limit=mapped.nbytes)
    large = batches.Images(mapped, arrays[1], MEAN, STD, CPU, limit=mapped.nbytes - 1)
    assert small._resident is not None
    assert large._resident is None
    assert torch.equal(small.batch(index)[0], large.batch(index)[0])
    large.batch(index)[0].fill_(0)  # must not reach the read-only file
    assert np.array_equal(mapped, arrays[0])
