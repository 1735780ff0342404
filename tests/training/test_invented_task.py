"""A new task is a folder: one that is invented here, with the brightness of an image as its target, trains."""

import json
import shutil
import sys

import pytest

import revisit.tasks
from revisit.tasks import registry
from revisit.tasks.base import Task

FACTS = """
from revisit.tasks.facts import Facts, Setting

FACTS = Facts("brightness of the image", labels="any", settings={"ceiling": Setting(1.0, "of it", limits={"gt": 0})})
"""
TASK = """
import torch

from revisit.tasks.base import Evaluation, Task, outputs
from revisit.tasks.brightness.facts import FACTS


class Brightness(Task):
    facts = FACTS

    def fits(self, output, image, classes):
        return None if len(output) == 1 else "one row of numbers"

    def targets(self, loader, draw, seen, pixels):
        return (pixels.float().mean((1, 2, 3)) / 255,)

    def loss(self, output, brightness):
        return (output.mean(1) - brightness).square().mean()

    def evaluate(self, network, loader, index, size):
        (brightness,) = self.targets(loader, None, None, loader.evaluation(index))
        return Evaluation(self.loss(outputs(network, loader, index, size), brightness.cpu()).item(), None, None)


TASK = Brightness
"""


@pytest.fixture
def invented(tmp_path, monkeypatch):
    """A folder of tasks with one more, `brightness`."""
    folder = tmp_path / "tasks"
    shutil.copytree(registry._FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "brightness").mkdir()
    for module, source in {"__init__": "", "facts": FACTS, "task": TASK}.items():
        (folder / "brightness" / f"{module}.py").write_text(source)
    monkeypatch.setattr(registry, "_FOLDER", folder)
    monkeypatch.setattr(revisit.tasks, "__path__", [*revisit.tasks.__path__, str(folder)])
    yield
    for module in [name for name in sys.modules if name.startswith("revisit.tasks.brightness")]:
        del sys.modules[module]


@pytest.mark.usefixtures("invented")
def test_a_folder_is_a_task():
    assert "brightness" in registry.available()
    assert "brightness" in registry.fitting("single")
    assert registry.facts("brightness").settings["ceiling"].default == 1.0
    task = registry.build({"name": "brightness", "ceiling": 0.5}, "multi", "bands")
    assert isinstance(task, Task)
    assert task.settings["ceiling"] == 0.5


@pytest.mark.usefixtures("invented")
def test_it_trains(run, change, digests, tmp_path):
    settings = change(objective={"name": "brightness", "loss": None, "auxiliary": 0.3}, flip=True, epochs=6, lr=0.2)
    outcome = run("a", settings)
    assert outcome.findings["objective"] == "brightness"
    assert outcome.findings["metric"] is None
    losses = outcome.evaluations["test_loss"]
    assert losses.iloc[-1] < losses.iloc[0]
    assert "scores.npy" not in digests("a/model")  # it is not scored
    assert json.loads((tmp_path / "a/model/network.json").read_text())["objective"] == "brightness"
