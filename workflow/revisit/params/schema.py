"""What `params.yaml` may say: every key with its type, range, default and meaning."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

NAME = r"[a-z0-9_]+"  # names become folder names and command arguments: nothing that a shell could read otherwise
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", max_length=64)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=128)]
IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
Count = Annotated[int, Field(ge=1, le=100_000_000)]


class Section(BaseModel):
    """A mapping of `params.yaml`: unknown keys and silently converted types are mistakes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Dataset(Section):
    """A data set: where its files come from, in which format, and how much of it is used."""

    source: Literal["embedded", "mirror", "web"] | None = Field(
        None, description="where this data set comes from (null: as `source` at the top)"
    )
    format: Literal["idx"] = Field(description="file format: the reader that prepares it")
    classes: list[str] = Field(min_length=2, max_length=10_000, description="class names, in the order of the labels")
    embedded: Literal["garments"] | None = Field(None, description="what is drawn here when its source is embedded")
    mirror: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$",
        description="its folder inside the mirror, relative",
    )
    web: list[Url] | None = Field(
        None, min_length=1, description="the publisher's address and its mirrors, tried in this order"
    )
    files: dict[FileName, Sha256 | None] = Field(
        dict.fromkeys(IDX_FILES),
        min_length=1,
        description="the files, each with the SHA-256 of its uncompressed content (null: not checked)",
    )
    train: Count | None = Field(None, description="training images to use, stratified by class (null: all)")
    test: Count | None = Field(None, description="test images to use, stratified by class (null: all)")

    @field_validator("classes")
    @classmethod
    def _distinct(cls, classes: list[str]) -> list[str]:
        if len(set(classes)) < len(classes):
            raise ValueError("every class once")
        return classes


class Optimizer(Section):
    """The update rule."""

    name: Literal["sgd", "adagrad", "adam"] = Field(description="stochastic gradient descent, Adagrad or Adam")
    lr: float = Field(gt=0, le=10, allow_inf_nan=False, description="learning rate")
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum; with sgd only")


class Experiment(Section):
    """One training: a network, a data set and the protocol."""

    study: Name = Field(description="the study that it belongs to")
    dataset: Name = Field(description="the data set that it is trained on")
    model: Name = Field(description="the network: a module of workflow/revisit/models")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the units dropped in training")
    graph: Literal["dynamic", "static"] = Field("dynamic", description="dynamic: eager; static: captured once")
    backend: Literal["auto", "inductor", "aot_eager"] = Field(
        "auto", description="what runs a static graph; auto: generated code where there is a compiler"
    )
    optimizer: Optimizer = Field(description="the update rule")
    batch_size: int = Field(ge=1, le=65_536, description="images per step")
    epochs: int = Field(ge=1, le=10_000, description="passes over the training set")
    read_at: list[Annotated[int, Field(ge=1)]] = Field([], description="epochs after which test accuracy is recorded")
    evaluate_every: int = Field(ge=1, le=1_000_000, description="steps between two evaluations")
    snapshots: list[Annotated[int, Field(ge=0)]] = Field([], description="epochs after which the weights are kept")
    seed: int = Field(0, ge=0, lt=2**31, description="of the weights, the batches and the dropout")


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


class Study(Section):
    """A study of the report."""

    title: str = Field(min_length=1, description="heading of its section")
    question: str = Field(min_length=1, description="what it asks")
    protocol: str = Field(min_length=1, description="what is done")
    assumptions: list[str] = Field([], description="what the source report leaves open and is chosen here")


class Params(Section):
    """All of `params.yaml`, at one scale."""

    scale: Literal["demo", "paper"] = Field("demo", description="demo: minutes on a laptop; paper: as published")
    source: Literal["embedded", "mirror", "web"] = Field("embedded", description="where the data come from")
    mirror: str = Field("data/mirror", min_length=1, description="folder or http(s) address behind source: mirror")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where networks run; auto: a GPU if there is one"
    )
    datasets: dict[Name, Dataset] = Field(min_length=1, description="data sets by name")
    experiments: dict[Name, Experiment] = Field(min_length=1, description="trainings by name")
    analyses: Analyses = Field(description="what is looked at")
    studies: dict[Name, Study] = Field(min_length=1, description="the studies of the report, in its order")
