import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
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
    facts = {"diverged": diverged, "parameters": {"a": 100, "b": 7}[variant]}
    return Result(variant, replicate, protocol, history, "accuracy", 2, facts, {}, "rgb", None, None)


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
    run = Result(
        "a", 0, {"epochs": None, "read_at": [1, 3]}, history, None, 2, {"diverged": False}, {}, "rgb", None, None
    )
    assert run.numbers() == {"train_loss": None, "test_loss": None, "best_test_loss": 0.25}
    assert run.best_step() == 2
    assert run.read() == {"step_1": 0.5, "step_3": None}


def test_variants_have_means_with_students_intervals():
    accuracies = [0.5, 0.6, 0.9]
    found = sweep.variants([result("a", i, [value]) for i, value in enumerate(accuracies)] + [result("b", 0, [0.3])])
    assert list(found) == ["a", "b"]
    assert (found["a"]["runs"], found["a"]["diverged"]) == (3, 0)
    assert (found["a"]["parameters"], found["b"]["parameters"]) == (100, 7)
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


def steps(losses: list[float]) -> pd.DataFrame:
    """A table of steps as histories give it."""
    numbers = np.arange(1, len(losses) + 1)
    return pd.DataFrame({"step": numbers, "epoch": numbers / 4, "learning_rate": 0.1, "loss": losses, "accuracy": 0.5})


def test_the_history_of_all_runs_names_them():
    history = sweep.tables([result("a", 1, [0.5]), result("b", 0, [0.5, 0.5])])["history"]
    assert history.to_dict("list") == {
        "variant": ["a"] * 2 + ["b"] * 4,
        "replicate": [1] * 2 + [0] * 4,
        "step": [1, 2, 1, 2, 3, 4],
        "loss": [1.0] * 6,
    }
    assert history["step"].dtype == np.int64


def test_a_long_history_is_thinned_in_the_table_of_all_runs():
    run = result("a", 0, [])
    losses = torch.arange(12_001.0)[:, None]
    long = History(12_001, 2, CPU, None, stepwise=False)
    long.load_state_dict({"values": losses, "rates": torch.zeros(12_001), "evaluations": []})
    history = sweep.tables([dataclasses.replace(run, history=long)])["history"]
    assert len(history) == 4000  # of three steps each; two would give more than 6,000
    assert history["step"].tolist() == list(range(3, 12_001, 3))
    assert history["loss"].tolist() == list(range(1, 12_000, 3))


def test_thinned_by_hand():
    table = sweep.thinned(steps([1.0, 2.0, 6.0, 4.0, 5.0, math.nan, 7.0]), rows=3)
    assert list(table.columns) == ["step", "loss", "accuracy"]
    assert table["step"].tolist() == [3, 6]  # the seventh step fills no row
    assert table["loss"].iloc[0] == 3
    assert np.isnan(table["loss"].iloc[1])
    assert table["accuracy"].tolist() == [0.5, 0.5]


def test_a_short_history_is_as_it_was():
    table = sweep.thinned(steps([3.0, 1.0, math.nan]), rows=3)
    pd.testing.assert_frame_equal(table, steps([3.0, 1.0, math.nan])[["step", "loss", "accuracy"]])
    assert len(sweep.thinned(steps([]), rows=3)) == 0


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=40), st.integers(1, 12))
def test_thinned_rows_are_the_means_of_as_few_steps_as_possible(losses, rows):
    each = next(each for each in range(1, 41) if each * rows >= len(losses))
    table = sweep.thinned(steps([float(loss) for loss in losses]), rows)
    parts = [losses[start : start + each] for start in range(0, len(losses) - each + 1, each)]
    assert table["loss"].tolist() == pytest.approx([sum(part) / each for part in parts])
    assert table["step"].tolist() == [each * (row + 1) for row in range(len(parts))]
    assert 1 <= len(table) <= rows
