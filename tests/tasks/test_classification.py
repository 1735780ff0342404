import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss

from revisit.training.samplers import Fresh

LABELS = np.array([0, 2, 1, 1, 2, 0, 0], dtype=np.int64)


def test_loss_is_softmax_cross_entropy(make):
    logits = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    loss = make("classification").loss(logits, torch.from_numpy(LABELS))
    assert loss.item() == pytest.approx(log_loss(LABELS, logits.double().softmax(1).numpy()), rel=1e-5)


def test_evaluation_is_that_of_all_images_together(make, make_loader, network):
    index = torch.tensor([6, 5, 4, 3, 1])
    found = make("classification").evaluate(network, make_loader(LABELS), index, size=2)
    logits = network(make_loader(LABELS).evaluation(index).permute(0, 3, 1, 2).float() / 255)
    torch.testing.assert_close(found.scores, logits)
    assert found.metric == accuracy_score(LABELS[index], logits.argmax(1))
    assert found.loss == pytest.approx(log_loss(LABELS[index], logits.double().softmax(1).numpy(), labels=[0, 1, 2]))


def test_accuracy_of_a_minibatch(make):
    logits = torch.tensor([[1.0, 0.0], [0.0, 1.0], [3.0, 2.0], [0.0, 4.0]])
    assert make("classification").accuracy(logits, torch.tensor([0, 1, 1, 1])).item() == 0.75


def test_minibatches_are_shuffled_epochs(make, make_loader):
    loader = make_loader(LABELS)
    task = make("classification")
    draws = [task.sampler(loader, 3, 0).draw(step) for step in (1, 2)]
    drawn = torch.cat([draw.index for draw in draws])
    assert len(set(drawn.tolist())) == 6
    seen = loader.augmentation(1, 3)
    (labels,) = task.targets(loader, draws[0], seen, loader.training(draws[0].index, seen))
    assert labels.tolist() == LABELS[draws[0].index].tolist()


@pytest.mark.parametrize("name", ["classification", "reconstruction"])
def test_minibatches_can_be_drawn_anew_at_every_step(make, make_loader, name):
    task = make(name)
    assert "step" in task.facts.samplings
    sampler = task.sampler(make_loader(LABELS), 3, 4, "step")
    assert sampler.draw(5).index.tolist() == Fresh(7, 3, 4, torch.device("cpu")).draw(5).index.tolist()
