"""What `params.yaml` may say: every key with its type, range, default and meaning."""

from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from revisit.params.analyses import Analyses
from revisit.params.data import FORMATS, Dataset, Proposals, Raw, Source
from revisit.params.fields import EACH_ONCE, Name, Section
from revisit.params.trainings import Experiment, Finetuning, Graft, Pretrained, Scale


class Assumption(Section):
    """A choice that the source report leaves open, or that differs from it."""

    text: str = Field(min_length=1, description="what is chosen")
    status: Literal["confirmed", "contradicted", "open"] = Field(
        "open",
        description="confirmed: a source says so; contradicted: the source says otherwise, and the text why ours "
        "differs; open: no source says",
    )
    source: str | None = Field(None, min_length=1, description="which source says so")
    varied_by: Annotated[list[Name], EACH_ONCE] = Field([], description="the experiments that vary it")


class Study(Section):
    """A study of the report."""

    title: str = Field(min_length=1, description="heading of its section")
    label: str = Field("", description="its name in the pages' navigation (empty: its key, with a capital)")
    question: str = Field(min_length=1, description="what it asks")
    protocol: str = Field(min_length=1, description="what is done")
    assumptions: list[Assumption] = Field([], description="the register of what is chosen here, and who says so")
    cost: str = Field("", description="what it takes at paper scale, for readers: time, and on what")
    scale: Scale | None = Field(None, description="the scale of its experiments (null: as `scale` at the top)")


class Params(Section):
    """All of `params.yaml`, each entry at its scale."""

    scale: Scale = Field(
        "demo",
        description="demo: minutes on a laptop; laptop: the published networks in a night on a laptop; paper: as "
        "published. Studies and experiments may have their own",
    )
    source: Source = Field("embedded", description="where the data come from")
    mirror: str = Field("data/mirror", min_length=1, description="folder or http(s) address behind source: mirror")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where networks run; auto: a GPU if there is one"
    )
    raw: dict[Name, Raw] = Field(min_length=1, description="files as published, by name")
    datasets: dict[Name, Dataset] = Field(min_length=1, description="data sets by name")
    proposals: dict[Name, Proposals] = Field(
        description="regions that may hold an object, by name; trainings name them as their data set"
    )
    pretrained: dict[Name, Pretrained] = Field(description="weights trained elsewhere, by name")
    experiments: dict[Name, Experiment] = Field(min_length=1, description="trainings by name")
    grafts: dict[Name, Graft] = Field(description="networks put together of two others, by name")
    finetunings: dict[Name, Finetuning] = Field(description="trainings that start from other weights, by name")
    analyses: Analyses = Field(description="what is looked at")
    studies: dict[Name, Study] = Field(min_length=1, description="the studies of the report, in its order")

    _at: "dict[str, Params]" = PrivateAttr(default_factory=dict)

    def at(self, scale: str) -> "Params":
        """The same at one scale, with the publishers' data: at paper scale what the published protocols are."""
        return self._at.get(scale, self).model_copy(update={"source": "web"})

    @property
    def trainings(self) -> dict[str, Experiment]:
        """Experiments and finetunings: whatever leaves a network to analyse."""
        return {**self.experiments, **self.finetunings}

    def scale_of(self, name: str) -> str:
        """The scale of a training: its own, else its study's, else that of all."""
        training = self.trainings[name]
        study = self.studies.get(training.study)
        return training.scale or (study.scale if study else None) or self.scale

    def source_of(self, entry: Raw | Pretrained) -> Source:
        """Where raw files or pretrained weights come from: their own source, else that of all."""
        return entry.source or self.source

    def data_of(self, name: str) -> str:
        """The data set behind the `dataset` of a training: that itself, or the one whose images proposals are of."""
        return self.proposals[name].dataset if name in self.proposals else name

    def label_kind(self, dataset: str) -> str:
        """The kind of labels that the images of a data set have, one of `revisit.data.labels.KINDS`."""
        return FORMATS[self.raw[self.datasets[self.data_of(dataset)].raw].format].labels

    def objects_of(self, dataset: str) -> str | None:
        """What is prepared of the objects in the images of a data set, out of `revisit.data.objects.KINDS`, or None."""
        entry = self.datasets[self.data_of(dataset)]
        known = FORMATS[self.raw[entry.raw].format]
        return entry.objects or (known.objects[0] if known.objects and not known.image_sets else None)

    def classes_of(self, name: str) -> list[str] | None:
        """The classes of a training's images; None where only the files know them, or there is another mistake."""
        training = self.trainings.get(name)
        dataset = self.datasets.get(self.data_of(training.dataset)) if training else None
        return self.raw[dataset.raw].classes if dataset and dataset.raw in self.raw else None

    def network_of(self, name: str) -> tuple[str, dict[str, Any]]:
        """The model and the network settings behind `results/models/<name>`.

        A finetuning takes over the settings of the network that it starts from: those decide whether the weights fit.
        """
        if name in self.grafts:
            return self.network_of(self.grafts[name].trunk)
        if name in self.pretrained:
            pretrained = self.pretrained[name]
            drawn = self.source_of(pretrained) == "embedded"
            return pretrained.model, pretrained.network if drawn else {}  # published weights: the published network
        training = self.trainings[name]
        if not isinstance(training, Finetuning):
            return training.model, training.network
        model, network = self.network_of(training.weights)
        if model != training.model:  # a backbone below another head
            kept = {f"backbone_{key}": network[key] for key in ("width", "batch_norm") if key in network}
            network = {"backbone": model, **kept}
        return training.model, {**network, **training.network}
