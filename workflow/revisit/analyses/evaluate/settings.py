"""Stage `evaluate` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from pydantic import Field

from revisit.analyses.evaluate.usual import top_k
from revisit.analyses.kinds import Kind
from revisit.params.fields import EACH_ONCE, Section
from revisit.params.trainings import TASKS

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class Evaluate(Section):
    """Scores of the test set, class by class."""

    top_k: Annotated[list[Annotated[int, Field(ge=1, le=1000)]], EACH_ONCE] | None = Field(
        None, description="top-k accuracies; of one label (null: 1, and 5 where there are five classes)"
    )
    bootstrap: int = Field(1000, ge=100, le=1_000_000, description="resamples behind each interval")
    seed: int = Field(0, ge=0, lt=2**31, description="of the resampling")


class Settings(TypedDict):
    """What the stage `evaluate` gets."""

    experiment: str
    top_k: list[int] | None
    bootstrap: int
    seed: int


def check(params: "Params", name: str, evaluate: Evaluate, found: "Mistakes") -> None:
    """Record what does not fit the training: its objective, its labels, its classes."""
    objective, place = params.trainings[name].objective.name, ("analyses", "evaluate", name)
    if not TASKS[objective].scored:
        found.add(place, f"scores classes; {name} is trained for {objective}")
    if evaluate.top_k is None:
        return
    if TASKS[objective].labels == "multi":
        found.add((*place, "top_k"), "counts images of one label; those here may have several: leave it out")
    elif (classes := params.classes_of(name)) and max(evaluate.top_k, default=1) > len(classes):
        found.add((*place, "top_k"), f"{max(evaluate.top_k)} is more than the {len(classes)} classes")


def resolved(params: "Params", name: str, evaluate: Evaluate) -> dict[str, Any]:
    """Of several labels per image there is no top-k accuracy; where only the files know the classes, it stays open."""
    asked, classes = evaluate.top_k, params.classes_of(name)
    if params.label_kind(params.trainings[name].dataset) == "multi":
        asked = []
    elif asked is None and classes:
        asked = top_k(len(classes))
    return evaluate.model_dump() | {"top_k": asked}


KIND = Kind(Evaluate, reads="scores", check=check, resolved=resolved)
