"""The input images in the events: as the network is given them, at five moments."""

import io

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from revisit.training import batches
from revisit.training.plan import moments
from revisit.training.randomness import Purpose, generator


def shown(folder) -> dict[int, np.ndarray]:
    """The grids of input images of an event file by step, as TensorBoard reads them."""
    events = EventAccumulator(str(folder), size_guidance={"images": 0}).Reload()
    return {
        event.step: np.asarray(Image.open(io.BytesIO(event.encoded_image_string))) for event in events.Images("inputs")
    }


def grid(images: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """Images (N, h, w, 3) row by row on one black picture."""
    h, w = images.shape[1:3]
    picture = np.zeros((rows * h, columns * w, 3))
    for number, image in enumerate(images):
        top, left = number // columns * h, number % columns * w
        picture[top : top + h, left : left + w] = image
    return picture


def by_hand(data, step: int, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """The minibatch of a step, before and after mixing: (10, 6, 6, 3) float64 each; from numpy and the draws alone."""
    images = np.load(data / "train_images.npy").astype(np.float64)
    epoch, place = divmod(step - 1, 4)
    own = images[batches.order(40, 0, epoch).numpy()[10 * place : 10 * place + 10]]
    draw = generator(Purpose.CROP_AND_FLIP, 0, step)
    corners, flips = draw.integers([3, 3], size=(10, 2)), draw.random(10) < 0.5
    cut = np.stack([image[y : y + 6, x : x + 6] for image, (y, x) in zip(own, corners, strict=True)])
    cut[flips] = cut[flips][:, :, ::-1]
    draw = generator(Purpose.MIXUP, 0, step)
    share = draw.beta(alpha, alpha)
    return cut, share * cut + (1 - share) * cut[draw.permutation(10)]


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_inputs_are_cropped_mirrored_and_mixed(run, change, prepared_colour, tmp_path, channels):
    run("a", change(crop=6, flip=True, mixup=2.0, channels=channels, evaluate_every=2), data=prepared_colour)
    found = shown(tmp_path / "a/model/events")
    assert list(found) == [1, 2, 4, 6, 8]
    for step, picture in found.items():
        alone, mixed = by_hand(prepared_colour, step, 2.0)
        assert np.abs(picture - grid(mixed, 4, 3)).max() <= 0.5 + 1e-3, step
        assert np.abs(picture - grid(alone, 4, 3)).max() > 5, step


def test_inputs_without_mixup_are_the_pixels_themselves(run, change, prepared, tmp_path):
    run("a", change(sampling="epoch"))
    images = np.load(prepared / "train_images.npy")
    first = images[batches.order(40, 0, 0).numpy()[:10]][..., 0]
    picture = shown(tmp_path / "a/model/events")[1]
    np.testing.assert_array_equal(picture, grid(np.repeat(first[..., None], 3, 3), 4, 3)[..., 0])


def test_a_run_that_diverges_shows_what_it_was_given_before(run, change, tmp_path):
    outcome = run("a", change(lr=1e9, momentum=0.0, epochs=30))
    assert outcome.findings["diverged"]
    assert list(shown(tmp_path / "a/model/events")) == [1]
    assert outcome.events["inputs.csv"]["step"].tolist() == [1]
    assert outcome.events["gradients.csv"].empty


@pytest.mark.parametrize(
    ("steps", "every", "also", "wanted"),
    [
        (15_000, 250, {15_000}, {1, 3750, 7500, 11_250, 15_000}),
        (1000, 100, {1000}, {1, 200, 500, 700, 1000}),
        (8, 3, {4, 8}, {1, 3, 4, 6, 8}),
        (8, 3, {0, 8}, {1, 3, 6, 8}),
        (8, 1, {8}, {1, 2, 4, 6, 8}),
        (8, 100, {8}, {1, 8}),
        (1, 100, {1}, {1}),
        (9, 100, {9, 20}, {1, 9}),
    ],
)
def test_five_moments_the_last_evaluation_among_them(steps, every, also, wanted):
    assert moments(steps, every, also) == wanted
