import math

import pytest
import torch

from revisit import files
from revisit.training.history import History

CPU = torch.device("cpu")
VALUES = {"train_loss": 0.5, "test_loss": 0.6, "train_accuracy": 0.75, "test_accuracy": 0.7}


def filled(losses: list[float], steps: int = 8) -> History:
    history = History(steps, 4, CPU, "accuracy", stepwise=True)
    for step, loss in enumerate(losses, start=1):
        history.record(0.1 / step, torch.tensor(loss), torch.tensor(step / 8))
    return history


def test_steps_table():
    table = filled([3.0, 2.0, 0.11]).steps_table()
    assert list(table.columns) == ["step", "epoch", "learning_rate", "loss", "accuracy"]
    assert table["step"].tolist() == [1, 2, 3]
    assert table["epoch"].tolist() == [0.25, 0.5, 0.75]
    assert table["learning_rate"].tolist() == [0.1, 0.05, 0.1 / 3]
    assert table["loss"].tolist() == [3.0, 2.0, 0.11]  # not 0.10999999940395355
    assert table["accuracy"].tolist() == [0.125, 0.25, 0.375]


def test_evaluations_table():
    history = filled([3.0, 2.0])
    history.evaluated(VALUES)
    table = history.evaluations_table()
    assert table.to_dict("records") == [{"step": 2, "epoch": 0.5, **VALUES}]
    assert list(table.columns) == ["step", "epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy"]


@pytest.mark.parametrize(
    ("metric", "steps", "evaluations"),
    [
        ("map", ["loss"], ["train_loss", "test_loss", "train_map", "test_map"]),
        (None, ["loss"], ["train_loss", "test_loss"]),
    ],
)
def test_columns_without_a_metric_of_each_step(metric, steps, evaluations):
    history = History(4, 2, CPU, metric, stepwise=False)
    history.record(0.1, torch.tensor(2.0))
    history.evaluated({"train_loss": 1, "test_loss": 2, "train_map": 0.1, "test_map": 0.2})
    assert list(history.steps_table().columns) == ["step", "epoch", "learning_rate", *steps]
    assert list(history.evaluations_table().columns) == ["step", "epoch", *evaluations]


def test_columns_of_what_is_measured_besides():
    history = History(4, 2, CPU, None, stepwise=False, beside=("loss_anchor", "loss_random"))
    assert history.columns == (
        "train_loss", "test_loss",
        "train_loss_anchor", "test_loss_anchor",
        "train_loss_random", "test_loss_random",
    )  # fmt: skip
    history.record(0.1, torch.tensor(2.0))
    values = {name: number / 8 for number, name in enumerate(history.columns)}
    history.evaluated(values)
    assert history.evaluations_table().to_dict("records") == [{"step": 1, "epoch": 0.5, **values}]
    assert list(history.steps_table().columns) == ["step", "epoch", "learning_rate", "loss"]


def test_csv(tmp_path):
    files.write_csv(tmp_path / "history.csv", filled([0.1, math.inf, math.nan]).steps_table())
    assert (tmp_path / "history.csv").read_text() == (
        "step,epoch,learning_rate,loss,accuracy\n1,0.25,0.1,0.1,0.125\n2,0.5,0.05,,0.25\n3,0.75,0.0333333333,,0.375\n"
    )


def test_tables_of_a_run_without_rows_have_their_columns():
    history = filled([])
    assert list(history.steps_table().columns) == ["step", "epoch", "learning_rate", "loss", "accuracy"]
    assert len(history.evaluations_table()) == 0
    assert history.evaluations_table()["test_loss"].dtype == float


def test_steps_since():
    assert list(filled([3.0, 2.0, 1.5]).steps_since(2)) == [
        (3, {"learning_rate": 0.1 / 3, "loss": 1.5, "accuracy": 0.375})
    ]


@pytest.mark.parametrize(("losses", "step"), [([1, 2], None), ([1, math.nan, math.nan], 2), ([math.inf], 1)])
def test_first_divergence(losses, step):
    assert filled([float(loss) for loss in losses]).first_divergence() == step


def test_cut_forgets_later_steps():
    history = filled([1.0, math.nan, math.nan])
    history.cut(2)
    assert history.step == 2
    assert len(history.steps_table()) == 2


def test_a_restored_history_goes_on_as_the_first_one():
    whole, half = filled([3.0, 2.0]), filled([3.0, 2.0])
    whole.evaluated(VALUES)
    half.evaluated(VALUES)
    restored = filled([])
    restored.load_state_dict(half.state_dict())
    for history in (whole, restored):
        history.record(0.5, torch.tensor(1.0), torch.tensor(1.0))
        history.evaluated(VALUES)
    assert restored.steps_table().equals(whole.steps_table())
    assert restored.evaluations_table().equals(whole.evaluations_table())


def test_a_saved_state_does_not_change_with_the_history():
    history = filled([3.0])
    history.evaluated(VALUES)
    saved = history.state_dict()
    history.record(0.5, torch.tensor(1.0), torch.tensor(1.0))
    history.evaluated(VALUES)
    assert len(saved["values"]) == len(saved["evaluations"]) == 1
