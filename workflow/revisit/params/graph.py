"""Which stages `params.yaml` asks for, and which others each of them needs: the DAG of `dvc.yaml`, without an engine.

A test holds it against `dvc.yaml`, whose stages both engines run.
"""

from revisit.analyses.kinds import kinds
from revisit.params.schema import Params

TRAINING_FINDINGS = ["train.json", "history.csv", "evaluations.csv", "runs"]
PROPOSALS_FINDINGS = ["proposals.json", "proposals"]
Graph = dict[str, list[str]]


def graph(params: Params) -> Graph:
    """The name of every stage but `configure`, such as `train@lenet_clean` -> those whose outputs it reads.

    In the order in which they can run.
    """
    stages: Graph = {f"fetch@{name}": [] for name in params.raw}
    stages |= {f"prepare@{name}": [f"fetch@{dataset.raw}"] for name, dataset in params.datasets.items()}
    stages |= {f"propose@{name}": [f"prepare@{entry.dataset}"] for name, entry in params.proposals.items()}
    stages |= {f"pretrain@{name}": [f"prepare@{entry.dataset}"] for name, entry in params.pretrained.items()}
    for name, entry in params.experiments.items():
        stages[f"train@{name}"] = [_images(params, entry.dataset)]
    later = {f"graft@{name}": [model(params, part) for part in (x.trunk, x.head)] for name, x in params.grafts.items()}
    for name, tuned in params.finetunings.items():
        later[f"finetune@{name}"] = [_images(params, tuned.dataset), model(params, tuned.weights)]
    while later:  # grafts and finetunings start from each other
        ready = {name: needs for name, needs in later.items() if not later.keys() & set(needs)}
        stages |= ready
        later = {name: needs for name, needs in later.items() if name not in ready}
    described = kinds()
    for kind in sorted(described, key=lambda kind: described[kind].findings):  # features before what reads them
        for name in getattr(params.analyses, kind):
            features = described[kind].reads == "features"
            stages[f"{kind}@{name}"] = [f"extract@{name}" if features else model(params, name)]
    found = {stage for study in params.studies for stage in left(params, study)}
    found |= {f"propose@{name}" for name in params.proposals}
    stages["collect"] = [stage for stage in stages if stage in found]
    stages |= {f"study@{name}": ["collect"] for name in params.studies}
    return stages | {"report": [f"study@{name}" for name in params.studies]}


def left(params: Params, study: str) -> list[str]:
    """The stages whose findings a study is drawn from."""
    found = []
    for name, files in findings(params, study).items():
        if name in params.proposals:
            found.append(f"propose@{name}")
            continue
        made = [kind for kind, about in kinds().items() if about.findings and f"{kind}.json" in files]
        found += [model(params, name), *(f"{kind}@{name}" for kind in made)]
    return found


def model(params: Params, name: str) -> str:
    """The stage that makes the network `name`."""
    if name in params.pretrained:
        return f"pretrain@{name}"
    if name in params.grafts:
        return f"graft@{name}"
    return f"train@{name}" if name in params.experiments else f"finetune@{name}"


def _images(params: Params, name: str) -> str:
    """The stage that makes the images of a training: a data set, or proposals with its arrays."""
    return f"propose@{name}" if name in params.proposals else f"prepare@{name}"


def trainings_of(params: Params, study: str) -> list[str]:
    """The experiments and finetunings of a study."""
    return [name for name, training in params.trainings.items() if training.study == study]


def findings(params: Params, study: str) -> dict[str, list[str]]:
    """The names under `results/findings/<experiment>/` of each experiment of a study, and of the proposals it uses."""
    names = {}
    for name in trainings_of(params, study):
        made = [kind for kind, about in kinds().items() if about.findings and name in getattr(params.analyses, kind)]
        names[name] = TRAINING_FINDINGS + [item for kind in made for item in (f"{kind}.json", kind)]
    used = (params.trainings[name].dataset for name in trainings_of(params, study))
    return names | {name: PROPOSALS_FINDINGS for name in used if name in params.proposals}


def all_findings(params: Params) -> dict[str, list[str]]:
    """The names under `results/findings/<name>/` of everything that leaves some, used by a study or not."""
    names = dict.fromkeys(params.proposals, PROPOSALS_FINDINGS)
    for study in params.studies:
        names |= findings(params, study)
    return names
