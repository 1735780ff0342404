"""What each stage gets of `params.yaml`: its settings, and nothing that it does not use.

A stage is stale when its settings change, so a value stands only where it matters: the perplexity of a
map with the map, the address of a mirror with `fetch` and only while the source is `mirror`.
"""

from typing import Any

from revisit.params.schema import Params

Settings = dict[str, Any]
FINDINGS = ("evaluate", "inspect", "probe", "embed", "neighbours")
NETWORK = ("dataset", "model", "dropout")


def resolve(params: Params) -> dict[tuple[str, str | None], Settings]:
    """The settings of every stage: `(stage, item)` -> settings; the item is None for a stage without items."""
    stages: dict[tuple[str, str | None], Settings] = {}
    for name in params.datasets:
        stages["fetch", name] = _fetch(params, name)
        stages["prepare", name] = _prepare(params, name)
    for name in params.experiments:
        stages["train", name] = _train(params, name)
    for kind in type(params.analyses).model_fields:
        for name, analysis in getattr(params.analyses, kind).items():
            settings = {"experiment": name, **analysis.model_dump()}
            if kind in ("extract", "inspect"):  # these run the network
                experiment = params.experiments[name].model_dump()
                settings |= {key: experiment[key] for key in NETWORK} | {"device": params.device}
            stages[kind, name] = settings
    stages["collect", None] = {"studies": {study: findings(params, study) for study in params.studies}}
    for name, study in params.studies.items():
        stages["study", name] = {
            "study": name,
            **study.model_dump(),
            "scale": params.scale,
            "source": _source_of(params, name),
            "experiments": {x: _train(params, x) for x in _experiments(params, name)},
        }
    stages["report", None] = {"scale": params.scale, "source": params.source, "studies": list(params.studies)}
    return stages


def _fetch(params: Params, name: str) -> Settings:
    dataset = params.datasets[name]
    source = dataset.source or params.source
    common = {"dataset": name, "format": dataset.format, "source": source}
    if source == "embedded":
        drawn = {"drawing": dataset.embedded, "train": dataset.train, "test": dataset.test}
        return {**common, "embedded": drawn, "classes": dataset.classes, "seed": 0}
    files = {file: {"sha256": digest} for file, digest in dataset.files.items()}
    if source == "mirror":
        return {**common, "mirror": f"{params.mirror.rstrip('/')}/{dataset.mirror}", "files": files}
    return {**common, "web": dataset.web, "files": files}


def _prepare(params: Params, name: str) -> Settings:
    dataset = params.datasets[name]
    return {
        "dataset": name,
        **dataset.model_dump(include={"format", "classes", "train", "test"}),
        "seed": 0,
        "source": dataset.source or params.source,
    }


def _train(params: Params, name: str) -> Settings:
    return {"experiment": name, **params.experiments[name].model_dump(), "device": params.device}


def _experiments(params: Params, study: str) -> list[str]:
    return [name for name, experiment in params.experiments.items() if experiment.study == study]


def _source_of(params: Params, study: str) -> str:
    """Where a study's data come from: embedded as soon as one of its data sets does."""
    datasets = [params.datasets[params.experiments[name].dataset] for name in _experiments(params, study)]
    sources = {dataset.source or params.source for dataset in datasets}
    return "embedded" if "embedded" in sources else sorted(sources)[0]


def findings(params: Params, study: str) -> dict[str, list[str]]:
    """The names under `results/findings/<experiment>/` of each experiment of a study."""
    found = {}
    for name in _experiments(params, study):
        kinds = [kind for kind in FINDINGS if name in getattr(params.analyses, kind)]
        found[name] = ["train.json", "history.csv", "evaluations.csv"]
        found[name] += [item for kind in kinds for item in (f"{kind}.json", kind)]
    return found
