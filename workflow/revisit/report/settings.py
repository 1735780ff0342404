"""What the stages of the report get of `params.yaml`: types alone, imported where types are checked."""

from typing import Literal, TypedDict

from revisit.reference.settings import Asked
from revisit.training.settings import Recipe, Train

Scale = Literal["demo", "laptop", "paper"]


class Collect(TypedDict):
    """Stage `collect`."""

    studies: dict[str, dict[str, list[str]]]  # study -> experiment, or proposals -> names of findings
    stages: dict[str, str]  # experiment, or proposals -> the stage that makes it


class Training(Recipe, Train):
    """A training as the report knows it: the protocol of the kept variant, and those of all."""

    addition: str | None  # why it is run although no claim asks for it


class Weights(TypedDict):
    """Weights from elsewhere."""

    source: str
    note: str  # what they really are


class Assumption(TypedDict):
    """What is chosen, and who says so."""

    text: str
    status: Literal["confirmed", "contradicted", "open"]
    source: str | None
    varied_by: list[str]


class Study(TypedDict):
    """Stage `study`."""

    study: str
    title: str
    label: str
    question: str
    protocol: str
    assumptions: list[Assumption]
    cost: str
    scale: Scale
    scales: dict[str, Scale]  # of experiments
    sources: dict[str, str]  # of data sets
    pretrained: dict[str, Weights]
    experiments: dict[str, Training]
    asked: dict[str, dict[Scale, Asked]]  # of experiments that have a reference result


class Report(TypedDict):
    """Stage `report`."""

    studies: list[str]
    stages: dict[str, list[str]]  # every stage -> those that it needs, in the order of a run
