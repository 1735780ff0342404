import numpy as np
import pytest

from revisit.analyses import thumbnails as module
from revisit.analyses.thumbnails import thumbnails, write_thumbnails


@pytest.mark.parametrize(
    ("shape", "small"), [((64, 48, 3), (32, 24, 3)), ((256, 4, 1), (32, 1, 1)), ((33, 33, 1), (32, 32, 1))]
)
def test_thumbnails_fit_into_32_pixels(shape, small):
    images = np.full((3, *shape), 200, np.uint8)
    images[1] = 10
    found = thumbnails(images)
    assert found.shape == (3, *small)
    assert found[:, 0, 0, 0].tolist() == [200, 10, 200]


@pytest.mark.parametrize("side", [8, 40])
def test_thumbnails_are_written_a_few_at_a_time(tmp_path, monkeypatch, side):
    images = np.random.default_rng(0).integers(0, 256, (11, side, side, 3), dtype=np.uint8)
    whole, seen = thumbnails(images), []
    monkeypatch.setattr(module, "_IMAGES", 4)
    monkeypatch.setattr(module, "thumbnails", lambda part: (seen.append(len(part)), thumbnails(part))[1])
    write_thumbnails(tmp_path / "t.npy", images)
    np.testing.assert_array_equal(np.load(tmp_path / "t.npy"), whole)
    assert max(seen) == 4
