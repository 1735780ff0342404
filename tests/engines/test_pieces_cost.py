"""Estimates of what a training costs on a GPU: counts that are known, and what they must grow with."""

import pytest

from revisit_engines.pieces import cost

IMAGES = {"shape": [32, 32, 3], "classes": 10, "train": 1000, "test": 100}


def protocol(**changes):
    return {
        "model": "cifar_convnet",
        "network": {},
        "objective": {"name": "classification", "sampler": "anchor"},
        "batch_size": 100,
        "steps": 50,
        "epochs": None,
        "crop": None,
        "evaluate_every": 25,
        "read_at": [],
    } | changes


def seconds(replicates=1, runs=1, **changes):
    protocols = {f"variant_{number}": protocol(**changes) for number in range(runs)}
    return cost.training({"replicates": replicates, "runs": protocols}, IMAGES) - cost.START


def test_the_arithmetic_of_vgg16_is_the_published_one():
    forward, step = cost._passes("vgg16", (224, 224, 3), 1000, "{}", 1)
    assert forward.computed == pytest.approx(2 * 15.47e9, rel=0.01)  # multiplications and additions
    assert step.computed == 3 * forward.computed


def test_operations_are_launched_once_a_layer_at_least():
    forward, step = cost._passes("vgg16", (224, 224, 3), 1000, "{}", 1)
    assert 40 < forward.launched < 120
    assert forward.launched < step.launched < 400


def test_more_runs_and_longer_ones_cost_more():
    one = seconds()
    assert one > 0
    assert seconds(replicates=3) == pytest.approx(3 * one)
    assert seconds(runs=2) == pytest.approx(2 * one)
    assert seconds(steps=100) == pytest.approx(2 * one)
    assert seconds(steps=None, epochs=5) == pytest.approx(one)  # of ten steps each
    assert seconds(evaluate_every=5) > one


def test_what_launching_hides_and_what_it_does_not():
    narrow, wide = seconds(network={"width": 0.125}), seconds()
    assert narrow == pytest.approx(wide)  # both as long as their launches
    assert seconds(batch_size=1000, model="vgg16", network={}) > seconds(batch_size=100, model="vgg16", network={})


def test_random_pairs_are_twice_as_many_images():
    def of(sampler):
        objective = {"name": "pairs", "sampler": sampler}
        return seconds(model="vgg16", batch_size=500, objective=objective, evaluate_every=1000)

    assert of("random") > 1.8 * of("anchor")
