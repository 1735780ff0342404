"""Objectives by name: what is minimised, and what is reported."""

from typing import Any

from revisit.errors import ConfigError
from revisit.training.objectives.base import Evaluation, Objective
from revisit.training.objectives.classification import Classification
from revisit.training.objectives.multilabel import MultiLabel
from revisit.training.objectives.pairs import Pairs
from revisit.training.objectives.reconstruction import Reconstruction

__all__ = ["Evaluation", "Objective", "build"]

_CLASSES: dict[str, type[Objective]] = {
    "classification": Classification,
    "multilabel": MultiLabel,
    "pairs": Pairs,
    "reconstruction": Reconstruction,
}


def build(settings: dict[str, Any], multi_label: bool, dataset: str) -> Objective:
    """The objective that `settings` describe, for data with several labels per image or with one.

    Args:
        settings: `{"name": "classification", "loss": None, ...}`, `objective` of a protocol.
        multi_label: whether an image can have several labels.
        dataset: the name of the data set, for messages.

    Raises:
        ConfigError: the objective is not known, does not fit the labels, or does not have this loss.
    """
    name, loss = settings["name"], settings.get("loss")
    if name not in _CLASSES:
        raise ConfigError(f"objective.name: {name!r} is not known; use one of {', '.join(_CLASSES)}")
    objective = _CLASSES[name]
    if objective.labels == "single" and multi_label:
        raise ConfigError(
            f"objective.name: {name} needs one label per image, but the images of {dataset} have several; "
            "use multilabel"
        )
    if objective.labels == "multi" and not multi_label:
        raise ConfigError(
            f"objective.name: {name} needs several labels per image, but the images of {dataset} have one; "
            "use classification"
        )
    if loss is not None and loss not in objective.losses:
        allowed = f"use one of {', '.join(objective.losses)}" if objective.losses else "leave it out"
        raise ConfigError(f"objective.loss: {loss!r} is not one of {name}; {allowed}")
    return objective(settings)
