import numpy as np
import pytest
import torch

from revisit.errors import ConfigError
from revisit.tasks.pairs.samplers import AnchorPairs, RandomPairs
from revisit.training.randomness import Purpose

LABELS = np.arange(12, dtype=np.int64) % 3
# distances 0.5, 2 (beyond the margin of 1), 0.6 and 0
FIRST = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 0.6], [0.3, 0.3]])
SECOND = torch.tensor([[0.3, 0.4], [0.0, 0.0], [0.0, 0.0], [0.3, 0.3]])


@pytest.mark.parametrize(("loss", "factor"), [(None, 0.5), ("contrastive_1", 0.5), ("contrastive_2", 1.0)])
def test_losses_by_hand(make, loss, factor):
    task = make("pairs", loss=loss)
    both = torch.cat([FIRST, SECOND])
    similar = task.loss(both, torch.ones(4))
    assert similar.item() == pytest.approx(factor * (0.25 + 4 + 0.36 + 0) / 4)
    dissimilar = task.loss(both, torch.zeros(4))
    assert dissimilar.item() == pytest.approx((0.75 + 0 + 0.64 + 1) / 4)
    mixed = task.loss(both, torch.tensor([1.0, 0, 0, 1]))
    assert mixed.item() == pytest.approx((factor * 0.25 + 0 + 0.64 + 0) / 4)


def test_the_margin(make):
    assert make("pairs", margin=5.0).loss(torch.cat([FIRST, SECOND]), torch.zeros(4)).item() == pytest.approx(
        (4.75 + 1 + 4.64 + 5) / 4
    )


def test_one_anchor_against_all_is_the_anchor_repeated(make):
    task, similar = make("pairs"), torch.tensor([1.0, 0, 0, 1])
    repeated = task.loss(torch.cat([FIRST[:1].expand(4, 2), SECOND]), similar)
    assert torch.equal(task.loss(torch.cat([FIRST[:1], SECOND]), similar), repeated)


def test_the_gradient_is_finite_where_features_are_equal(make):
    features = torch.ones(4, 3, requires_grad=True)
    make("pairs").loss(features, torch.tensor([1.0, 0.0])).backward()
    assert features.grad.abs().sum() == 0


def test_the_gradient_is_that_of_the_loss(make):
    features = torch.cat([FIRST, SECOND]).double().requires_grad_()
    similar = torch.tensor([1.0, 0, 0, 1]).double()
    assert torch.autograd.gradcheck(lambda values: make("pairs").loss(values, similar), features)


@pytest.mark.parametrize(("name", "kind"), [("anchor", AnchorPairs), ("random", RandomPairs)])
def test_samplers_by_name(make, make_loader, name, kind):
    loader, task = make_loader(LABELS), make("pairs", sampler=name)
    sampler = task.sampler(loader, 8, 3)
    assert isinstance(sampler, kind)
    draw = sampler.draw(1)
    seen = loader.augmentation(1, len(draw.index))
    (similar,) = task.targets(loader, draw, seen, loader.training(draw.index, seen))
    assert similar.sum() == 4


@pytest.mark.parametrize("name", ["anchor", "random"])
@pytest.mark.parametrize(("pool", "images"), [(0.5, 50), (0.29, 29), (0.006, 1), (1.0, 100)])
def test_training_draws_from_the_first_images(make, make_loader, name, pool, images):
    labels = np.arange(100, dtype=np.int64) % 3
    task = make("pairs", sampler=name, pool=pool)
    assert task.drawn_from(100) == images
    if images == 1:
        with pytest.raises(ConfigError, match="pairs need images of two classes"):
            task.sampler(make_loader(labels), 8, 0)
        return
    sampler = task.sampler(make_loader(labels), 8, 0)
    seen = set(torch.cat([sampler.draw(step).index for step in range(1, 300)]).tolist())
    assert seen == set(range(images))


def loss_by_loop(features: np.ndarray, labels: np.ndarray, pairs: list[tuple[int, int]], factor: float) -> float:
    """The mean over pairs of places, with a margin of 1; whether two are similar is up to their labels."""
    total = 0.0
    for first, second in pairs:
        square = sum((a - b) ** 2 for a, b in zip(features[first], features[second], strict=True))
        total += factor * square if labels[first] == labels[second] else max(1 - square, 0)
    return total / len(pairs)


@pytest.mark.parametrize(("loss", "factor"), [("contrastive_1", 0.5), ("contrastive_2", 1.0)])
@pytest.mark.parametrize(("size", "batches"), [(5, 2), (4, 3), (12, 1), (50, 1)])
def test_evaluation_of_both_kinds_of_pairs(make, make_loader, network, loss, factor, size, batches):
    """Images at other places than their features: a mistake in the places would show."""
    labels = np.array([0, 1, 2, 0, 0, 1, 2, 2, 1, 0, 1, 2, 0, 2, 1], dtype=np.int64)
    index = torch.tensor([13, 2, 7, 1, 0, 5, 14, 9, 4, 11, 3, 8])
    loader, cpu = make_loader(labels), torch.device("cpu")
    features, own = network(loader.preprocessing(loader.evaluation(index))).double().numpy(), labels[index.numpy()]
    anchors = AnchorPairs(own, min(size, 12), 0.5, 0, cpu, Purpose.TEST_ANCHORS)
    drawn = [anchors.draw(number).index.tolist() for number in range(batches)]
    by_anchor = [(anchor, other) for anchor, *others in drawn for other in others]
    assert len({anchor for anchor, *_ in drawn}) == batches  # these draws happen to have different ones
    chosen = RandomPairs(own, 12, 0.5, 0, cpu, Purpose.TEST_PAIRS).draw(0).index.tolist()
    at_random = list(zip(chosen[:12], chosen[12:], strict=True))
    expected = [loss_by_loop(features, own, pairs, factor) for pairs in (by_anchor, at_random)]
    for kind, wanted in zip(("anchor", "random"), expected, strict=True):
        task = make("pairs", loss=loss, test_pairs=kind)
        found = task.evaluate(network, loader, index, size)
        assert dict(zip(task.facts.beside, found.beside, strict=True)) == pytest.approx(
            {"loss_anchor": expected[0], "loss_random": expected[1]}
        )
        assert found.loss == pytest.approx(wanted)


def test_evaluation_uses_the_same_pairs_every_time(make, make_loader, network):
    index = torch.arange(12)
    found = [
        make("pairs", sampler=s).evaluate(network, make_loader(LABELS), index, size=n)
        for s, n in (("random", 5), ("anchor", 12))
    ]
    assert found[0].loss == pytest.approx(found[1].loss)
    assert found[0].metric is None
    assert found[0].scores is None


def test_evaluation_of_features_that_are_the_classes(make, make_loader):
    """Similar pairs then lie together and the others beyond the margin: the loss is 0."""
    loader = make_loader(LABELS)
    features = iter(torch.eye(3)[LABELS].split(5))
    assert make("pairs").evaluate(lambda inputs: next(features), loader, torch.arange(12), size=5).loss == 0
