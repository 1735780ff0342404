"""The metrics of every seed, and which seeds several trainings have in common."""

import math
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from revisit.report import seeds
from revisit.report.expressions import MissingMetricError, UndefinedError
from revisit.report.seeds import Seeds


def training(replicates, **metrics):
    """A training whose accuracy in the n-th replicate is n / 10, and whose loss at first is n."""
    return SimpleNamespace(
        replicates=replicates,
        metrics={"train": {"accuracy": -1}} | metrics,
        train_of=lambda number: {"accuracy": number / 10, "diverged": 0, "variants": {}},
        statistics_of=lambda number: {"early": {"loss": number}, "variants": {}},
        measured=nullcontext,
    )


def of(metrics, *expressions):
    values = Seeds(metrics).values(expressions)
    return [values(expression) for expression in expressions]


def test_every_seed_has_numbers_of_its_own():
    found = seeds.metrics_of(training(3))
    assert [seed["train"]["accuracy"] for seed in found] == [0.0, 0.1, 0.2]
    assert [seed["statistics"]["early"]["loss"] for seed in found] == [0, 1, 2]
    assert of({"a": found}, "a.train.accuracy * 10 + a.statistics.early.loss") == [[0, 2, 4]]


@pytest.mark.parametrize("kind", ["evaluate", "inspect", "probe"])
def test_analyses_of_every_replicate(kind):
    each = [{"part": {"x": 5}}, {"part": {"x": 6}}]
    found = seeds.metrics_of(training(2, **{kind: each[0] | {"replicates": each}}))
    assert of({"a": found}, f"a.{kind}.part.x") == [[5, 6]]


@pytest.mark.parametrize("kind", ["embed", "neighbours", "evaluate"])
def test_what_the_first_replicate_alone_was_looked_at_for_is_one_number_and_not_the_same_one_again(kind):
    found = seeds.metrics_of(training(3, **{kind: {"part": {"x": 5}}}))
    assert of({"a": found}, f"a.{kind}.part.x") == [[5]]
    assert of({"a": found}, f"a.{kind}.part.x", "a.train.accuracy") == [[5], [0.0]]
    assert of({"a": found}, "a.train.accuracy") == [[0.0, 0.1, 0.2]]


def test_filters_are_followed_in_the_first_replicate_alone():
    each = [{"filters": {"epoch_58": 0.3}, "first_layer": {"x": n}} for n in range(3)]
    for other in each[1:]:
        other["filters"] = None
    found = seeds.metrics_of(training(3, inspect=each[0] | {"replicates": each}))
    assert of({"a": found}, "a.inspect.filters.epoch_58") == [[0.3]]
    assert of({"a": found}, "a.inspect.first_layer.x") == [[0, 1, 2]]


def test_a_look_that_gave_nothing_in_any_replicate_is_null():
    each = [{"first_layer": None}, {"first_layer": None}]
    found = seeds.metrics_of(training(2, inspect=each[0] | {"replicates": each}))
    with pytest.raises(UndefinedError):
        of({"a": found}, "a.inspect.first_layer.x")


def test_a_number_that_is_null_for_one_seed_leaves_out_no_seed():
    """A run that diverged is a run."""
    metrics = {"a": [{"x": 1}, {"x": None}, {"x": 3}]}
    assert Seeds(metrics).common(["a.x"]) == 3
    with pytest.raises(UndefinedError):
        of(metrics, "a.x")
    metrics = {"a": [{"y": {"x": 1}}, {"y": None}]}
    with pytest.raises(UndefinedError):
        of(metrics, "a.y.x")


def test_the_late_losses_of_a_run_that_diverged_are_infinite():
    late = {"loss": None, "test_loss": 2.0, "test_accuracy": None}
    statistics = {"late": late, "early": {"loss": 3.0}, "variants": {"fast": {"late": late}, "slow": {"late": late}}}
    found = seeds.metrics_of(
        SimpleNamespace(
            replicates=1,
            metrics={},
            train_of=lambda _: {"diverged": 0, "variants": {"fast": {"diverged": 1}, "slow": {"diverged": 0}}},
            statistics_of=lambda _: statistics,
            measured=nullcontext,
        )
    )
    told = found[0]["statistics"]
    assert told["variants"]["fast"] == {"late": {"loss": math.inf, "test_loss": math.inf, "test_accuracy": None}}
    assert told == statistics | {"variants": {"fast": told["variants"]["fast"], "slow": {"late": late}}}
    assert of({"a": found}, "a.statistics.variants.fast.late.loss - 2") == [[math.inf]]
    with pytest.raises(UndefinedError):
        of({"a": found}, "a.statistics.variants.slow.late.loss")
    with pytest.raises(UndefinedError):  # of two losses that diverged none is the larger
        of({"a": found}, "a.statistics.variants.fast.late.loss - a.statistics.variants.fast.late.test_loss")


def test_trainings_are_paired_seed_by_seed():
    metrics = {"a": [{"x": 1}, {"x": 2}], "b": [{"x": 10}, {"x": 30}]}
    assert of(metrics, "b.x - a.x") == [[9, 28]]


def test_as_many_seeds_as_the_training_with_fewest_has():
    metrics = {"a": [{"x": 1}, {"x": 2}, {"x": 3}], "b": [{"x": 4}, {"x": 5}], "c": [{"x": 6}]}
    assert Seeds(metrics).common(["a.x"]) == 3
    assert of(metrics, "a.x", "b.x") == [[1, 2], [4, 5]]
    assert of(metrics, "a.x - c.x", "b.x") == [[-5], [4]]


def test_a_fixed_number_is_the_same_for_every_seed():
    metrics = {"a": [{"x": 1}, {"x": 2}]}
    assert Seeds(metrics).values(["a.x"])(0.5) == [0.5, 0.5]


@pytest.mark.parametrize("expression", ["b.x", "a.y", "a.x.z"])
def test_a_metric_that_is_missing_is_named(expression):
    with pytest.raises(MissingMetricError) as caught:
        of({"a": [{"x": 1}, {"x": 2}]}, expression)
    assert expression.startswith(caught.value.key)


def test_a_training_without_replicates_has_no_metric():
    with pytest.raises(MissingMetricError):
        of({"a": []}, "a.x")
