"""Stage `extract` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from pydantic import BeforeValidator, Field, WithJsonSchema

from revisit.analyses.kinds import Kind
from revisit.params.fields import Count, Layer, Section, each_once

if TYPE_CHECKING:
    from revisit.params.schema import Params


def _named(layers: Any) -> Any:
    if isinstance(layers, list) and all(isinstance(layer, str) for layer in layers):
        return {layer: layer for layer in each_once(layers)}
    if not isinstance(layers, dict):
        raise ValueError("it must be a list like [a, b], or name: layer")
    return layers


NamedLayers = Annotated[
    dict[Layer, Layer],
    BeforeValidator(_named),
    WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]}),
]


class Extract(Section):
    """Features of chosen layers, for the analyses that read them."""

    layers: NamedLayers = Field(min_length=1, description="layers whose outputs are kept; or name: layer")
    train: Count | None = Field(None, description="training images (null: all)")
    test: Count | None = Field(None, description="test images (null: all)")


class Settings(TypedDict):
    """What the stage `extract` gets."""

    experiment: str
    layers: dict[str, str]  # name -> layer
    train: int | None
    test: int | None
    dataset: str
    model: str
    device: str


def rows(params: "Params", experiment: str) -> int | None:
    """How many test images an experiment has features of, at most; None where only the files know."""
    training, extract = params.trainings.get(experiment), params.analyses.extract.get(experiment)
    dataset = params.datasets.get(params.data_of(training.dataset)) if training else None
    counts = [section.test for section in (dataset, extract) if section is not None and section.test is not None]
    return min(counts, default=None)


KIND = Kind(Extract, reads="network", findings=False)
