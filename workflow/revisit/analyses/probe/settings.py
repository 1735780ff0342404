"""Stage `probe` in `params.yaml`."""

from typing import Annotated, Literal, TypedDict

from pydantic import Field

from revisit.analyses.kinds import Kind
from revisit.params.fields import EACH_ONCE, Layers, Section

Cost = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]


class Probe(Section):
    """One-vs-rest linear support vector machines on features."""

    layers: Layers = Field(description="layers, among those extracted")
    protocols: Annotated[list[Literal["published", "split", "sound"]], Field(min_length=1), EACH_ONCE] = Field(
        ["published", "sound"],
        description="published: the report's (raw features, hinge loss, C = 1) on an 80/20 split of half the test set; "
        "split: the sound classifier (standardised, squared hinge) on that split; sound: that, fit on training rows, "
        "scored on all test rows",
    )
    C: Annotated[list[Cost], Field(min_length=1), EACH_ONCE] = Field(
        [0.001, 0.01, 0.1, 1.0], description="candidates of split and sound, chosen by cross-validation"
    )
    folds: int = Field(3, ge=2, le=20, description="folds of the cross-validation")
    seed: int = Field(0, ge=0, lt=2**31, description="of the splits")


class Settings(TypedDict):
    """What the stage `probe` gets."""

    experiment: str
    layers: list[str]
    protocols: list[Literal["published", "split", "sound"]]
    C: list[float]
    folds: int
    seed: int


KIND = Kind(Probe, reads="features")
