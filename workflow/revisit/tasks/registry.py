"""Tasks by name: the folder `revisit/tasks/<name>` is the task `<name>`, and nothing needs to be registered.

A task has two modules. `facts.py` holds `FACTS`, a `revisit.tasks.facts.Facts`: what can be known without PyTorch,
with which `params.yaml` is checked. `task.py` holds `TASK`, a subclass of `revisit.tasks.base.Task`: targets, sampler,
loss and evaluation. A script that trains loads the tasks of its runs by name and no others, so that an edit of one
task reruns no training with another.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from revisit.data.labels import KINDS
from revisit.errors import ConfigError
from revisit.tasks.facts import Facts

if TYPE_CHECKING:
    from revisit.tasks.base import Task
    from revisit.tasks.settings import Objective

_FOLDER = Path(__file__).parent


def available() -> list[str]:
    """The names of all tasks, sorted, found without importing any of them."""
    return sorted(path.parent.name for path in _FOLDER.glob("*/facts.py"))


def modules(name: str) -> tuple[str, str]:
    """The modules of the task `name`."""
    return f"revisit.tasks.{name}.facts", f"revisit.tasks.{name}.task"


def facts(name: str) -> Facts:
    """What the task `name`, one of `available()`, is; PyTorch is not imported."""
    return importlib.import_module(modules(name)[0]).FACTS


def fitting(kind: str, objects: str | None = None) -> list[str]:
    """The names of the tasks that labels of this kind, and this knowledge of objects, do for."""
    return [name for name in available() if facts(name).fits(kind, objects)]


def build(settings: "Objective", kind: str, dataset: str, objects: str | None = None) -> "Task":
    """The task that `settings` describe.

    Args:
        settings: `{"name": "classification", "loss": None, ...}`, `objective` of a protocol.
        kind: of the labels of the images, one of `KINDS`.
        dataset: the name of the data set, for messages.
        objects: what is known of the objects in the images, "boxes" or "masks"; None: nothing.

    Raises:
        ConfigError: the task is not known, does not fit the labels or objects, or does not have this loss.
    """
    name, loss = settings["name"], settings.get("loss")
    if name not in available():
        raise ConfigError(f"objective.name: {name!r} is not known; use one of {', '.join(available())}")
    known = facts(name)
    if known.objects and not known.fits(known.labels, objects):
        raise ConfigError(
            f"objective.name: {name} needs {known.objects} of the objects in the images, but {dataset} was prepared "
            f"{'with boxes alone' if objects else 'without'}; set `objects: {known.objects}` of the data set"
        )
    if not known.fits(kind, objects):
        raise ConfigError(
            f"objective.name: {name} needs {KINDS[known.labels]} per image, but the images of {dataset} have "
            f"{KINDS[kind]}; use {' or '.join(fitting(kind, objects))}"
        )
    if loss is not None and loss not in known.losses:
        allowed = f"use one of {', '.join(known.losses)}" if known.losses else "leave it out"
        raise ConfigError(f"objective.loss: {loss!r} is not one of {name}; {allowed}")
    return importlib.import_module(modules(name)[1]).TASK(settings)
