"""All trainings at laptop scale fit into a night on two cores, by the count of benchmarks/scale_hours.py."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = {"train": 1000, "test": 200, "size": None, "format": "cifar", "classes": ["a"] * 10}
PROTOCOL = {
    "model": "lenet",
    "network": {},
    "objective": {"name": "classification"},
    "batch_size": 50,
    "steps": 100,
    "epochs": None,
    "evaluate_every": 40,
    "crop": 28,
    "freeze": None,
}
IMAGE = 2 * (28 * 28 * 75 * 32 + 14 * 14 * 800 * 64 + 3136 * 1024 + 1024 * 10)  # LeNet's operations
WEIGHTS = 76 * 32 + 801 * 64 + 3137 * 1024 + 1025 * 10


@pytest.fixture(scope="module")
def counting():
    """benchmarks/scale_hours.py."""
    path, sys.path[:0] = list(sys.path), [str(ROOT / "benchmarks")]
    spec = importlib.util.spec_from_file_location("scale_hours", ROOT / "benchmarks" / "scale_hours.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = path
    sys.modules.pop("timing", None)


def test_laptop_scale_is_a_night_on_two_cores(counting):
    found = counting.by_study(counting.hours("laptop"))
    allowed = counting.CORES * counting.NIGHT * counting.SHARE
    assert sum(hours for _, hours in found.values()) <= allowed == pytest.approx(14.4)
    assert all(hours > 0.1 for _, hours in found.values())


def test_the_page_has_this_table(counting, tmp_path):
    page = tmp_path / "scales.md"
    text = (ROOT / "docs/scales.md").read_text(encoding="utf-8")
    page.write_text(text.replace("| fashion | 6 |", "| fashion | 7 |"), encoding="utf-8")
    counting.write(page)
    assert page.read_text(encoding="utf-8") == text  # else: python benchmarks/scale_hours.py --write


def test_a_training_is_its_steps_its_evaluations_and_its_weights(counting):
    images = 3 * 100 * 50 + 3 * (200 + 200)  # forward and twice that backward; after steps 40, 80 and 100
    weights = 100 * WEIGHTS * counting.UPDATE
    assert counting.seconds(PROTOCOL, DATA) == pytest.approx(images * IMAGE / counting.RATE + weights)
    in_epochs = PROTOCOL | {"steps": None, "epochs": 5}
    assert counting.seconds(in_epochs, DATA) == counting.seconds(PROTOCOL, DATA)


def test_nothing_goes_backward_through_frozen_layers(counting):
    frozen = PROTOCOL | {"freeze": {"layers": ["conv1"], "steps": None}}
    thawed = PROTOCOL | {"freeze": {"layers": ["conv1"], "steps": 40}}
    images = 100 * 50 + 3 * 400
    assert counting.seconds(frozen, DATA) == pytest.approx(images * IMAGE / counting.RATE)
    saved = 40 * 2 * 50 * IMAGE / counting.RATE
    assert counting.seconds(thawed, DATA) == pytest.approx(counting.seconds(PROTOCOL, DATA) - saved)


def test_networks_that_wait_for_something_else_are_as_slow_as_measured(counting):
    recurrent = PROTOCOL | {"model": "recurrent", "batch_size": 128, "steps": 260, "evaluate_every": 260}
    assert counting.seconds(recurrent, DATA | {"test": 192}) == pytest.approx(20 + 1 / 13)
