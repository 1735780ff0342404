import io
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from revisit.training import tensorboard


def read(folder: Path):
    """The events as TensorBoard itself reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "histograms": 0})
    return accumulator.Reload()


def write(folder: Path) -> None:
    with tensorboard.EventFile(folder) as log:
        log.images(0, "inputs", np.arange(5 * 2 * 3, dtype=np.uint8).reshape(5, 2, 3, 1))
        log.scalars(1, {"train/loss": 2.5, "train/learning_rate": 0.01})
        log.scalars(2, {"train/loss": 1.5, "train/learning_rate": 0.01})
        log.histogram(2, "gradients/fc", torch.linspace(-1, 1, 129))


def test_scalars_read_back(tmp_path):
    write(tmp_path)
    found = read(tmp_path)
    assert [(e.wall_time, e.step, e.value) for e in found.Scalars("train/loss")] == [(1, 1, 2.5), (2, 2, 1.5)]
    assert found.Scalars("train/learning_rate")[0].value == pytest.approx(0.01)


def test_image_grid_reads_back(tmp_path):
    write(tmp_path)
    event = read(tmp_path).Images("inputs")[0]
    grid = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
    assert (event.step, event.height, event.width) == (0, 4, 9)  # five images on a grid of two by three
    images = np.arange(30, dtype=np.uint8).reshape(5, 2, 3)
    np.testing.assert_array_equal(grid[:2], np.hstack(images[:3]))
    np.testing.assert_array_equal(grid[2:], np.hstack([*images[3:], np.zeros((2, 3), np.uint8)]))


def test_colour_images_read_back(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (1, 4, 5, 3), dtype=np.uint8)
    with tensorboard.EventFile(tmp_path) as log:
        log.images(0, "inputs", image)
    png = read(tmp_path).Images("inputs")[0].encoded_image_string
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), image[0])


def test_histogram_reads_back(tmp_path):
    values = torch.randn(4, 50, generator=torch.Generator().manual_seed(0))
    with tensorboard.EventFile(tmp_path) as log:
        log.histogram(7, "weights", values)
    histogram = read(tmp_path).Histograms("weights")[0].histogram_value
    counts, edges = np.histogram(values.numpy(), bins=tensorboard.BUCKETS)
    assert histogram.num == 200
    assert (histogram.min, histogram.max) == (values.min().item(), values.max().item())
    assert histogram.sum == pytest.approx(values.sum().item(), rel=1e-5)
    assert histogram.sum_squares == pytest.approx(values.square().sum().item(), rel=1e-5)
    np.testing.assert_allclose(histogram.bucket_limit, edges, atol=1e-6)
    np.testing.assert_array_equal(histogram.bucket, [0, *counts])


def test_equal_values_fall_into_one_bucket(tmp_path):
    with tensorboard.EventFile(tmp_path) as log:
        log.histogram(1, "zeros", torch.zeros(9))
    histogram = read(tmp_path).Histograms("zeros")[0].histogram_value
    assert sum(histogram.bucket) == max(histogram.bucket) == 9
    assert histogram.bucket_limit == sorted(histogram.bucket_limit)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_histogram_of_values_that_are_no_numbers(tmp_path, value):
    with tensorboard.EventFile(tmp_path) as log:
        log.histogram(1, "weights", torch.tensor([1.0, value]))
    assert read(tmp_path).Tags()["histograms"] == []


def test_two_runs_write_the_same_bytes(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b")
    assert (tmp_path / "a" / tensorboard.NAME).read_bytes() == (tmp_path / "b" / tensorboard.NAME).read_bytes()


def test_going_on_at_a_length_drops_what_came_later(tmp_path):
    with tensorboard.EventFile(tmp_path / "a") as log:
        log.scalars(1, {"loss": 2.0})
        length = log.length()
        log.scalars(2, {"loss": 99.0})
    assert length < (tmp_path / "a" / tensorboard.NAME).stat().st_size
    with tensorboard.EventFile(tmp_path / "a", length) as log:
        log.scalars(2, {"loss": 1.0})
    with tensorboard.EventFile(tmp_path / "b") as log:
        log.scalars(1, {"loss": 2.0})
        log.scalars(2, {"loss": 1.0})
    assert (tmp_path / "a" / tensorboard.NAME).read_bytes() == (tmp_path / "b" / tensorboard.NAME).read_bytes()
