import numpy as np
import pytest
import torch

from revisit.errors import ConfigError
from revisit.tasks.pairs import samplers
from revisit.training.randomness import Purpose
from revisit.training.samplers import Draw

CPU = torch.device("cpu")
LABELS = np.array([2, 0, 1, 0, 2, 2, 0, 2, 1, 2, 2, 2])  # three of 0, two of 1, seven of 2
PAIRS = pytest.mark.parametrize("sampler", [samplers.AnchorPairs, samplers.RandomPairs])


def pairs(draw: Draw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first and the second images, and which pairs are similar."""
    similar = draw.similar.numpy()
    first, second = draw.index[: -len(similar)].numpy(), draw.index[-len(similar) :].numpy()
    return np.broadcast_to(first, similar.shape), second, similar


@PAIRS
def test_similar_pairs_are_two_images_of_one_class(sampler):
    drawn = sampler(LABELS, 10, 0.3, 0, CPU)
    for step in range(1, 40):
        first, second, similar = pairs(drawn.draw(step))
        assert similar.sum() == 3
        assert ((LABELS[first] == LABELS[second]) == similar).all()
        assert (first != second).all()


@PAIRS
def test_pairs_depend_on_seed_and_step_only(sampler):
    one, other = sampler(LABELS, 10, 0.3, 1, CPU), sampler(LABELS, 10, 0.3, 1, CPU)
    one.draw(1)
    assert torch.equal(one.draw(7).index, other.draw(7).index)
    assert not torch.equal(one.draw(7).index, one.draw(8).index)
    assert not torch.equal(one.draw(7).index, sampler(LABELS, 10, 0.3, 2, CPU).draw(7).index)


def test_one_anchor_is_in_all_pairs_of_a_minibatch():
    drawn = samplers.AnchorPairs(LABELS, 10, 0.3, 0, CPU)
    anchors = {int(drawn.draw(step).index[0]) for step in range(1, 300)}
    assert len(drawn.draw(1).index) == 11
    assert anchors == set(range(12))  # any image can be one


def test_images_opposite_an_anchor_are_equally_likely():
    drawn = samplers.AnchorPairs(LABELS, 1000, 0.5, 0, CPU)
    step = next(step for step in range(1, 99) if LABELS[drawn.draw(step).index[0]] == 2)
    _, second, similar = pairs(drawn.draw(step))
    for chosen, images in ((similar == 1, 6), (similar == 0, 5)):
        _, counts = np.unique(second[chosen], return_counts=True)
        assert len(counts) == images
        assert (abs(counts - 500 / images) < 5 * np.sqrt(500 / images)).all()


def test_random_pairs_have_classes_uniform_in_expectation():
    first, second, similar = pairs(samplers.RandomPairs(LABELS, 60_000, 0.5, 0, CPU).draw(1))
    for images in (first, second):
        for kind in (0, 1):
            shares = np.bincount(LABELS[images[similar == kind]]) / 30_000
            np.testing.assert_allclose(shares, 1 / 3, atol=5 * np.sqrt(2 / 9 / 30_000))
    different = LABELS[first[similar == 0]] * 3 + LABELS[second[similar == 0]]
    np.testing.assert_allclose(
        np.bincount(different, minlength=9) / 30_000, [0, *[1 / 6] * 3, 0, *[1 / 6] * 3, 0], atol=0.011
    )


@PAIRS
def test_purposes_have_streams_of_their_own(sampler):
    purposes = Purpose.PAIRS, Purpose.TEST_PAIRS, Purpose.TEST_ANCHORS
    draws = [sampler(LABELS, 10, 0.3, 0, CPU, purpose).draw(0).index for purpose in purposes]
    assert torch.equal(draws[0], sampler(LABELS, 10, 0.3, 0, CPU).draw(0).index)
    assert len({tuple(index.tolist()) for index in draws}) == 3


@PAIRS
def test_a_class_of_one_image_is_in_no_similar_pair(sampler):
    labels = np.array([0, 1, 1, 1])
    drawn = sampler(labels, 20, 0.5, 0, CPU)
    for step in range(1, 20):
        first, second, similar = pairs(drawn.draw(step))
        assert ((labels[first] == labels[second]) == similar).all()
        assert (first != second).all()


@PAIRS
def test_without_similar_pairs(sampler):
    _, _, similar = pairs(sampler(np.array([0, 1]), 2, 0.2, 0, CPU).draw(1))
    assert similar.tolist() == [0, 0]


@PAIRS
def test_pairs_need_classes(sampler):
    with pytest.raises(ConfigError, match="two classes"):
        sampler(np.zeros(5, np.int64), 10, 0.3, 0, CPU)
    with pytest.raises(ConfigError, match="a class with two images"):
        sampler(np.arange(5), 10, 0.3, 0, CPU)
