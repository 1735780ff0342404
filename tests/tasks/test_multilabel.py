import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, log_loss

from revisit.tasks.multilabel.task import mean_average_precision

CODES = np.array([[1, -1, 0], [-1, 0, 1], [1, 1, -1], [-1, -1, -1], [0, 1, 0]], dtype=np.int8)
LOGITS = torch.randn(5, 3, generator=torch.Generator().manual_seed(3))


def test_loss_is_the_mean_over_the_labels_that_count(make):
    counts = CODES != 0
    expected = log_loss(CODES[counts] == 1, LOGITS.sigmoid().double().numpy()[counts])
    loss = make("multilabel", labels="multi").loss(LOGITS, torch.from_numpy(CODES))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_an_excluded_label_has_no_gradient(make):
    logits = LOGITS.clone().requires_grad_()
    make("multilabel", labels="multi").loss(logits, torch.from_numpy(CODES)).backward()
    assert ((logits.grad == 0).numpy() == (CODES == 0)).all()


def test_nothing_counts(make):
    loss = make("multilabel", labels="multi").loss(LOGITS, torch.zeros(5, 3, dtype=torch.int8))
    assert loss.item() == 0


def test_mean_average_precision_leaves_out_what_is_excluded():
    scores = LOGITS.numpy()
    expected = [
        average_precision_score(CODES[rows, k] == 1, scores[rows, k]) for k in range(3) for rows in [CODES[:, k] != 0]
    ]
    assert mean_average_precision(scores, CODES) == pytest.approx(np.mean(expected))
    changed = np.where(CODES == 0, 99, scores)
    assert mean_average_precision(changed, CODES) == mean_average_precision(scores, CODES)


def test_average_precision_by_hand():
    # ranked: hit, miss, hit: precision 1 at recall 1/2, then 2/3 at recall 1
    found = mean_average_precision(np.array([[3.0], [2.0], [1.0]]), np.array([[1], [-1], [1]], dtype=np.int8))
    assert found == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_a_class_without_positives_is_left_out():
    codes = CODES.copy()
    codes[:, 1] = [-1, 0, -1, -1, 0]
    kept = mean_average_precision(LOGITS[:, [0, 2]].numpy(), codes[:, [0, 2]])
    assert mean_average_precision(LOGITS.numpy(), codes) == kept


def test_where_it_is_not_defined():
    assert np.isnan(mean_average_precision(LOGITS.numpy(), np.full((5, 3), -1, np.int8)))
    assert np.isnan(mean_average_precision(np.full((5, 3), np.nan), CODES))


def test_evaluation_is_that_of_all_images_together(make, make_loader, network):
    task, loader, index = make("multilabel", labels="multi"), make_loader(CODES), torch.arange(5)
    found = task.evaluate(network, loader, index, size=2)
    logits = network(loader.preprocessing(loader.evaluation(index)))
    torch.testing.assert_close(found.scores, logits)
    assert found.loss == pytest.approx(task.loss(logits, torch.from_numpy(CODES)).item())
    assert found.metric == mean_average_precision(logits.numpy(), CODES)
