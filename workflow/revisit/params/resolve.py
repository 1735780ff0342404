"""What each stage gets of `params.yaml`: its settings, and nothing that it does not use.

A stage is stale when its settings change, so a value stands only where it matters: the perplexity of a
map with the map, the address of a mirror with `fetch` and only while the source is `mirror`.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from revisit.analyses.kinds import kinds
from revisit.params.data import FORMATS, Splits
from revisit.params.graph import findings, graph, trainings_of
from revisit.params.schema import Params
from revisit.params.trainings import BASE, Protocol
from revisit.scales import REAL

if TYPE_CHECKING:
    from revisit.data.settings import Propose, SelectiveSearch
    from revisit.reference.settings import Asked
    from revisit.report.settings import Study, Training
    from revisit.training import settings as shapes

Settings = dict[str, Any]
DRAWN_SIZE = 64  # pixels, where no data set says
NOTES = {
    "embedded": "{model}, trained here on {dataset}",
    "mirror": "ImageNet weights of {model}, from a file",
    "web": "ImageNet weights of {model}, from torchvision",
}


def resolve(params: Params, kept: Collection[str] = ()) -> dict[tuple[str, str | None], Any]:
    """The settings of every stage: `(stage, item)` -> settings; the item is None for a stage without items.

    A TypedDict in the `settings.py` of the stage's home says their shape; the caller names it.

    `kept`: the experiments that have reference results, of which their study has to know what is asked at each scale.
    """
    stages: dict[tuple[str, str | None], Any] = {}
    for name in params.raw:
        stages["fetch", name] = _fetch(params, name)
    for name in params.datasets:
        stages["prepare", name] = _prepare(params, name)
    for name in params.proposals:
        stages["propose", name] = _propose(params, name)
    for name in params.pretrained:
        stages["pretrain", name] = _pretrain(params, name)
    for name, graft in params.grafts.items():
        stages["graft", name] = {"graft": name, **graft.model_dump(), "model": params.network_of(name)[0], "seed": 0}
    for name in params.experiments:
        stages["train", name] = _train(params, name)
    for name in params.finetunings:
        stages["finetune", name] = _train(params, name)
    for kind in kinds():
        for name in getattr(params.analyses, kind):
            stages[kind, name] = _analysis(params, kind, name)
    stages["collect", None] = {
        "studies": {study: findings(params, study) for study in params.studies},
        "stages": {name: stage_of(params, name) for name in (*params.trainings, *params.proposals)},
    }
    for name, study in params.studies.items():
        stages["study", name] = {
            "study": name,
            **study.model_dump(),
            "scale": study.scale or params.scale,
            "scales": {x: params.scale_of(x) for x in trainings_of(params, name)},
            "sources": _sources(params, name),
            "pretrained": _weights(params, name),
            "experiments": {x: _described(params, x) for x in trainings_of(params, name)},
            "asked": {
                x: {scale: asked(params, x, scale) for scale in REAL} for x in trainings_of(params, name) if x in kept
            },
        }
    stages["report", None] = {"studies": list(params.studies), "stages": graph(params)}
    return stages


def studies(params: Params, kept: Collection[str]) -> dict[str, "Study"]:
    """The settings of every stage `study` by the study's name; `kept` as in `resolve`."""
    return {str(name): settings for (stage, name), settings in resolve(params, kept).items() if stage == "study"}


def settings_of(params: Params, stage: str, name: str) -> Settings:
    """The settings of one stage that makes data or a network, out of `resolve`."""
    if stage in ("train", "finetune"):
        return cast("Settings", _train(params, name))
    return _pretrain(params, name) if stage == "pretrain" else _prepare(params, name)


def asked(params: Params, name: str, scale: str) -> "Asked":
    """The settings of a training by stage at a scale: `train`, `prepare` and the kinds of analysis.

    Also `propose`, where it has proposals.
    """
    whole = params.at(scale)
    dataset = whole.trainings[name].dataset
    settings: Settings = {"train": _train(whole, name), "prepare": _prepare(whole, whole.data_of(dataset))}
    if dataset in whole.proposals:
        settings["propose"] = _propose(whole, dataset)
    for kind, described in kinds().items():
        if described.findings and name in getattr(whole.analyses, kind):
            settings[kind] = _analysis(whole, kind, name)
    return cast("Asked", settings)


def _analysis(params: Params, kind: str, name: str) -> Settings:
    described, training = kinds()[kind], params.trainings[name]
    settings = {"experiment": name, **described.resolved(params, name, getattr(params.analyses, kind)[name])}
    if described.reads == "network":
        settings |= {"dataset": training.dataset, "model": training.model, "device": params.device}
    return settings


def stage_of(params: Params, name: str) -> str:
    """The stage that trains the experiment or finetuning `name`, or makes the proposals `name`."""
    if name in params.proposals:
        return "propose"
    return "finetune" if name in params.finetunings else "train"


def _fetch(params: Params, name: str) -> Settings:
    raw = params.raw[name]
    source = params.source_of(raw)
    common = {"raw": name, "format": raw.format, "source": source, "classes": raw.classes}
    if source == "embedded":
        return {**common, "embedded": {"drawing": raw.embedded, **_drawn(params, name)}, "seed": 0}
    named = raw.files or dict.fromkeys(FORMATS[raw.format].files)
    files = {file: {"checksum": checksum} for file, checksum in named.items()}
    if source == "mirror":
        return {**common, "mirror": f"{params.mirror.rstrip('/')}/{raw.mirror}", "files": files}
    return {**common, "web": raw.web, "files": files}


def _drawn(params: Params, name: str) -> Settings:
    """How much is drawn: enough for every data set that is made of it."""
    users = [dataset for dataset in params.datasets.values() if dataset.raw == name]
    drawn: Settings = {
        "train": max((dataset.train or 1 for dataset in users), default=1),
        "test": max((dataset.test or 1 for dataset in users), default=1),
    }
    if not FORMATS[params.raw[name].format].one_size:
        drawn["size"] = max((dataset.size or 0 for dataset in users), default=0) or DRAWN_SIZE
    if FORMATS[params.raw[name].format].image_sets:
        drawn["splits"] = (users[0].splits if users else Splits(train="train", test="test")).model_dump()
    return drawn


def _prepare(params: Params, name: str) -> Settings:
    dataset = params.datasets[name]
    raw = params.raw[dataset.raw]
    kind = params.objects_of(name)
    special: Settings = {"objects": kind} if kind else {}
    special |= {"binary": True} if dataset.binary else {}
    return {
        "dataset": name,
        **dataset.model_dump(exclude={"objects", "binary"}),
        **special,
        "format": raw.format,
        "classes": raw.classes,
        "seed": 0,
        "source": params.source_of(raw),
    }


def _propose(params: Params, name: str) -> "Propose":
    entry = params.proposals[name]
    if entry.method == "sliding_windows":
        return {"proposals": name, "dataset": entry.dataset, "method": entry.method, "count": entry.count}
    return {"proposals": name, **cast("SelectiveSearch", entry.model_dump())}


def _protocol(model: str, network: dict[str, Any], protocol: Protocol) -> "shapes.Protocol":
    values = cast("shapes.Recipe", protocol.model_dump(include=set(Protocol.model_fields)))
    return {"model": model, **values, "network": {**network, **protocol.network}}


def _train(params: Params, name: str) -> "shapes.Train":
    training = params.trainings[name]
    model, network = params.network_of(name)
    settings: shapes.Train = {
        "experiment": name,
        "dataset": training.dataset,
        "model": model,
        "weights": getattr(training, "weights", None),
        "replicates": training.replicates,
        "keep": training.kept,
        "runs": {variant: _protocol(model, network, p) for variant, p in training.protocols().items()},
        "device": params.device,
    }
    if training.keep_all:  # not resolved elsewhere: no other training is stale for it
        settings["keep_all"] = True
    return settings


def _pretrain(params: Params, name: str) -> Settings:
    pretrained = params.pretrained[name]
    source = params.source_of(pretrained)
    settings = {"pretrained": name, "source": source, "model": pretrained.model}
    if source == "mirror":
        return {**settings, "file": f"{params.mirror.rstrip('/')}/{pretrained.mirror}"}
    if source == "web":
        return settings
    runs = {BASE: _protocol(pretrained.model, {}, pretrained)}
    training = {"experiment": name, "dataset": pretrained.dataset, "weights": None, "replicates": 1, "keep": BASE}
    return {**settings, "training": {**training, "model": pretrained.model, "runs": runs, "device": params.device}}


def _described(params: Params, name: str) -> "Training":
    """What the report must know of a training: the protocol of the kept variant, and those of all."""
    settings = _train(params, name)
    return {**settings["runs"][settings["keep"]], **settings, "addition": params.trainings[name].addition}


def _sources(params: Params, study: str) -> dict[str, str]:
    """The source of each data set of a study."""
    datasets = dict.fromkeys(params.trainings[name].dataset for name in trainings_of(params, study))
    return {name: params.source_of(params.raw[params.datasets[params.data_of(name)].raw]) for name in datasets}


def _weights(params: Params, study: str) -> dict[str, dict[str, str]]:
    """The weights from elsewhere that a study's trainings start from, and what they really are."""
    weights: dict[str, dict[str, str]] = {}
    queue = [getattr(params.trainings[name], "weights", None) for name in trainings_of(params, study)]
    while queue:
        name = queue.pop(0)
        if name in params.grafts:
            queue += [params.grafts[name].trunk, params.grafts[name].head]
        elif name in params.finetunings:
            queue.append(params.finetunings[name].weights)
        elif name in params.pretrained:
            pretrained = params.pretrained[name]
            source = params.source_of(pretrained)
            note = NOTES[source].format(model=pretrained.model, dataset=pretrained.dataset)
            weights[name] = {"source": source, "note": note}
    return weights
