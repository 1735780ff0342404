"""The `analyses` of `params.yaml`: what is looked at, by experiment."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from revisit.params.fields import EACH_ONCE, Count, Name, Section, each_once
from revisit.params.inside import Inspect, Layer, Layers


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
Cost = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Iterations = Annotated[int, Field(ge=10, le=100_000)]


class Extract(Section):
    """Features to keep, for the analyses below."""

    layers: NamedLayers = Field(min_length=1, description="layers whose outputs are kept; or name: layer")
    train: Count | None = Field(None, description="training images (null: all)")
    test: Count | None = Field(None, description="test images (null: all)")


class Evaluate(Section):
    """Scores of the test set, class by class."""

    top_k: Annotated[list[Annotated[int, Field(ge=1, le=1000)]], EACH_ONCE] = Field(
        [1, 5], description="top-k accuracies; of one label"
    )
    bootstrap: int = Field(1000, ge=100, le=1_000_000, description="resamples behind each interval")
    seed: int = Field(0, ge=0, lt=2**31, description="of the resampling")


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


class Embed(Section):
    """t-SNE maps of features."""

    layers: Layers = Field(description="layers, among those extracted")
    points: int = Field(1000, ge=10, le=1_000_000, description="random test images on the map")
    pca: int = Field(50, ge=2, le=10_000, description="principal components before t-SNE")
    perplexity: float = Field(40.0, ge=2, le=10_000, allow_inf_nan=False, description="effective number of neighbours")
    iterations: Annotated[list[Iterations], Field(min_length=1), EACH_ONCE] = Field(
        [300, 750], description="lengths of the optimisation, each shown"
    )
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice of images and of the start")


class Neighbours(Section):
    """Nearest neighbours in feature space."""

    layers: Layers = Field(description="layers, among those extracted")
    queries: int = Field(10, ge=1, le=1000, description="query images to show, spread over the classes")
    classes: list[str] | None = Field(None, min_length=1, description="instead: the class of each query image")
    k: int = Field(5, ge=1, le=1000, description="neighbours of each")
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice of queries")


class Analyses(Section):
    """What is looked at, by experiment."""

    extract: dict[Name, Extract] = Field({}, description="features to keep")
    evaluate: dict[Name, Evaluate] = Field({}, description="scores of the test set")
    inspect: dict[Name, Inspect] = Field({}, description="inside the networks")
    probe: dict[Name, Probe] = Field({}, description="linear probes")
    embed: dict[Name, Embed] = Field({}, description="t-SNE maps")
    neighbours: dict[Name, Neighbours] = Field({}, description="nearest neighbours")
