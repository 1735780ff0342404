"""The `analyses` of `params.yaml`: what is looked at, by experiment."""

from typing import Annotated, Literal

from pydantic import Field

from revisit.params.fields import Count, Name, Section


class Extract(Section):
    """Features to keep, for the analyses below."""

    layers: list[Name] = Field(min_length=1, description="layers whose outputs are kept")
    train: Count | None = Field(None, description="training images (null: all)")
    test: Count | None = Field(None, description="test images (null: all)")


class Evaluate(Section):
    """Scores of the test set, class by class."""

    top_k: list[Annotated[int, Field(ge=1, le=1000)]] = Field([1, 5], min_length=1, description="top-k accuracies")
    bootstrap: int = Field(1000, ge=100, le=1_000_000, description="resamples behind each interval")
    seed: int = Field(0, ge=0, lt=2**31, description="of the resampling")


class Inspect(Section):
    """A look inside the network."""

    images: Count = Field(500, description="test images behind the activation statistics")


class Probe(Section):
    """One-vs-rest linear support vector machines on features."""

    layers: list[Name] = Field(min_length=1, description="layers, among those extracted")
    protocols: list[Literal["published", "sound"]] = Field(
        ["published", "sound"],
        min_length=1,
        description="published: 80/20 of half the test set; sound: fit on training features, score the whole test set",
    )
    C: list[Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]] = Field(
        [0.001, 0.01, 0.1, 1.0], min_length=1, description="candidates, chosen by cross-validation"
    )
    folds: int = Field(3, ge=2, le=20, description="folds of the cross-validation")
    seed: int = Field(0, ge=0, lt=2**31, description="of the splits")


class Embed(Section):
    """A t-SNE map of features."""

    layer: Name = Field(description="a layer, among those extracted")
    points: int = Field(1000, ge=10, le=1_000_000, description="random test images on the map")
    pca: int = Field(50, ge=2, le=10_000, description="principal components before t-SNE")
    perplexity: float = Field(40.0, ge=2, le=10_000, allow_inf_nan=False, description="effective number of neighbours")
    iterations: list[Annotated[int, Field(ge=10, le=100_000)]] = Field(
        [300, 750], min_length=1, description="lengths of the optimisation, each shown"
    )
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice of images and of the start")


class Neighbours(Section):
    """Nearest neighbours in feature space."""

    layers: list[Name] = Field(min_length=1, description="layers, among those extracted")
    queries: int = Field(10, ge=1, le=1000, description="query images to show")
    k: int = Field(5, ge=1, le=1000, description="neighbours of each")
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice of queries")


class Analyses(Section):
    """What is looked at, by experiment."""

    extract: dict[Name, Extract] = Field({}, description="features to keep")
    evaluate: dict[Name, Evaluate] = Field({}, description="scores of the test set")
    inspect: dict[Name, Inspect] = Field({}, description="parameters, filters and activations")
    probe: dict[Name, Probe] = Field({}, description="linear probes")
    embed: dict[Name, Embed] = Field({}, description="t-SNE maps")
    neighbours: dict[Name, Neighbours] = Field({}, description="nearest neighbours")
