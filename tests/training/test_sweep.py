import math

import numpy as np
import pytest
import torch
from scipy import stats

from revisit.training import sweep
from revisit.training.history import History
from revisit.training.results import Result

CPU = torch.device("cpu")


def result(
    variant: str, replicate: int, accuracies: list[float], diverged: bool = False, epochs: int | None = 2
) -> Result:
    """A run that was evaluated after every second of its steps; each epoch has two."""
    history = History(20, 2, CPU, "accuracy", stepwise=False)
    for accuracy in accuracies:
        for _ in range(2):
            history.record(0.1, torch.tensor(1.0))
        history.evaluated(
            {"train_loss": 1 - accuracy, "test_loss": 2 - accuracy, "train_accuracy": 1, "test_accuracy": accuracy}
        )
    protocol = {"seed": 5 + replicate, "epochs": epochs, "read_at": [1, 2, 9]}
    return Result(variant, replicate, protocol, history, "accuracy", 2, {"diverged": diverged}, None, None)


def test_numbers_of_a_run():
    run = result("a", 0, [0.25, 0.75, 0.75, 0.5])
    assert run.numbers() == {
        "train_loss": 0.5,
        "test_loss": 1.5,
        "train_accuracy": 1,
        "test_accuracy": 0.5,
        "best_test_accuracy": 0.75,
    }
    assert run.best_step() == 4
    assert run.read() == {"epoch_1": 0.25, "epoch_2": 0.75, "epoch_9": None}


def test_moments_can_be_steps():
    assert result("a", 0, [0.25, 0.75], epochs=None).read() == {"step_1": None, "step_2": 0.25, "step_9": None}


def test_a_diverged_run_has_no_last_numbers_but_a_best_one():
    run = result("a", 0, [0.25, 0.75], diverged=True)
    assert run.numbers()["test_accuracy"] is None
    assert run.numbers()["train_loss"] is None
    assert run.numbers()["best_test_accuracy"] == 0.75
    assert run.read()["epoch_1"] == 0.25


def test_a_run_that_diverged_before_its_first_evaluation():
    run = result("a", 0, [], diverged=True)
    assert set(run.numbers().values()) == {None}
    assert run.best_step() is None


def test_without_a_metric_the_lowest_loss_is_the_best():
    history = History(4, 2, CPU, None, stepwise=False)
    for loss in (0.5, 0.25, math.inf):
        history.record(0.1, torch.tensor(1.0))
        history.evaluated({"train_loss": loss, "test_loss": loss})
    run = Result("a", 0, {"epochs": None, "read_at": [1, 3]}, history, None, 2, {"diverged": False}, None, None)
    assert run.numbers() == {"train_loss": None, "test_loss": None, "best_test_loss": 0.25}
    assert run.best_step() == 2
    assert run.read() == {"step_1": 0.5, "step_3": None}


def test_variants_have_means_with_students_intervals():
    accuracies = [0.5, 0.6, 0.9]
    found = sweep.variants([result("a", i, [value]) for i, value in enumerate(accuracies)] + [result("b", 0, [0.3])])
    assert list(found) == ["a", "b"]
    assert (found["a"]["runs"], found["a"]["diverged"]) == (3, 0)
    assert found["a"]["test_accuracy"] == pytest.approx(np.mean(accuracies))
    low, high = stats.t.interval(0.95, 2, np.mean(accuracies), stats.sem(accuracies))
    assert (found["a"]["test_accuracy_low"], found["a"]["test_accuracy_high"]) == pytest.approx((low, high))
    assert found["a"]["train_accuracy_low"] == found["a"]["train_accuracy_high"] == 1
    assert found["b"]["best_test_accuracy"] == 0.3
    assert found["b"]["best_test_accuracy_low"] is found["b"]["best_test_accuracy_high"] is None


def test_no_mean_where_a_replicate_diverged():
    found = sweep.variants([result("a", 0, [0.5]), result("a", 1, [0.4], diverged=True)])["a"]
    assert (found["runs"], found["diverged"]) == (2, 1)
    assert found["test_accuracy"] is found["test_accuracy_low"] is None
    assert found["best_test_accuracy"] == pytest.approx(0.45)


def test_tables_name_the_runs():
    runs = [result("a", 0, [0.25, 0.75]), result("a", 1, [0.5, 0.5]), result("b", 0, [], diverged=True)]
    tables = sweep.tables(runs)
    summary = tables["summary"]
    assert list(summary.columns[:5]) == ["variant", "replicate", "seed", "steps", "diverged"]
    assert summary[["variant", "replicate", "seed", "steps", "diverged"]].to_numpy().tolist() == [
        ["a", 0, 5, 4, False],
        ["a", 1, 6, 4, False],
        ["b", 0, 5, 0, True],
    ]
    assert summary["best_step"].tolist()[:2] == [4, 2]
    assert summary["test_accuracy"].isna().tolist() == [False, False, True]
    assert list(tables["evaluations"].columns[:4]) == ["variant", "replicate", "step", "epoch"]
    assert tables["evaluations"]["test_accuracy"].tolist() == [0.25, 0.75, 0.5, 0.5]
    assert runs[0].history.evaluations_table().columns[0] == "step"  # the tables are copies
