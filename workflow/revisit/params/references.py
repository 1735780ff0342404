"""What no single value of `params.yaml` shows: names that must exist elsewhere, numbers that must fit each other."""

import math
from collections import Counter
from typing import Any

from pydantic import ValidationError

from revisit.data.labels import KINDS
from revisit.models.registry import arguments, available, exists
from revisit.params.analyses import check_analyses
from revisit.params.data import DRAWINGS, FORMATS
from revisit.params.mistakes import Mistakes
from revisit.params.proposals import check_proposals
from revisit.params.schema import Params
from revisit.params.trainings import TASKS, Experiment, Finetuning, Optimizer, Pretrained, Protocol
from revisit.params.words import unknown
from revisit.tasks.registry import fitting

# The pages of the report beside those of studies, its folder of tables, what every page calls its own.
TAKEN = ("index", "search", "stages", "data", "theme")
RESERVED = "the report calls a part of its own so; give the study another name"
MODELS = ("pretrained", "experiments", "grafts", "finetunings")  # sections whose items leave results/models/<name>


def check(params: Params, mistakes: Mistakes) -> None:
    """Record every mistake of `params` that lies between its values."""
    if "://" in params.mirror and not params.mirror.lower().startswith(("http://", "https://")):
        mistakes.add(("mirror",), f"{params.mirror!r} is not allowed; it must be a folder, or an http or https address")
    _check_raw(params, mistakes)
    _check_datasets(params, mistakes)
    check_proposals(params, mistakes)
    _check_names(params, mistakes)
    if not _check_starts(params, mistakes):
        return  # no network can be told for a training that starts nowhere
    _check_grafts(params, mistakes)
    for name, pretrained in params.pretrained.items():
        place = ("pretrained", name)
        if params.source_of(pretrained) == "mirror" and pretrained.mirror is None:
            mistakes.add((*place, "mirror"), "missing; its source is mirror")
        _check_known(params, place, pretrained, mistakes)
        _check_protocol(params, place, pretrained, pretrained, mistakes)
    for name, training in params.trainings.items():
        place = ("finetunings" if name in params.finetunings else "experiments", name)
        if training.study not in params.studies:
            mistakes.add((*place, "study"), unknown(training.study, "study", params.studies))
        _check_known(params, place, training, mistakes)
        if isinstance(training, Finetuning) and (problem := _misfit(params, training)):
            mistakes.add((*place, "weights"), problem)
        _check_sweep(params, place, training, mistakes)
    _check_studies(params, mistakes)
    check_analyses(params, mistakes)


def _check_studies(params: Params, mistakes: Mistakes) -> None:
    for name, study in params.studies.items():
        if name in TAKEN:
            mistakes.add(("studies", name), RESERVED)
        elif not any(training.study == name for training in params.trainings.values()):
            mistakes.add(("studies", name), "no experiment belongs to it; add one or remove the study")
        for number, assumption in enumerate(study.assumptions):
            for word in assumption.varied_by:
                if word not in params.trainings:
                    place = ("studies", name, "assumptions", number, "varied_by")
                    mistakes.add(place, unknown(word, "experiment", params.trainings))


def _check_raw(params: Params, mistakes: Mistakes) -> None:
    for name, raw in params.raw.items():
        place, source = ("raw", name), params.source_of(raw)
        if getattr(raw, source) is None:
            mistakes.add((*place, source), f"missing; its source is {source}")
        if source == "web" and not raw.files and not FORMATS[raw.format].files:
            mistakes.add((*place, "files"), "missing; its source is web: name the files to download")
        if raw.embedded and DRAWINGS[raw.embedded] != raw.format:
            fitting = [drawing for drawing, drawn in DRAWINGS.items() if drawn == raw.format]
            mistakes.add(
                (*place, "embedded"), f"{raw.embedded} is not drawn as {raw.format}; allowed: {', '.join(fitting)}"
            )
        if raw.classes is None and not FORMATS[raw.format].names_classes:
            mistakes.add((*place, "classes"), "missing; only a folder names its classes itself")


def _check_datasets(params: Params, mistakes: Mistakes) -> None:
    for name, dataset in params.datasets.items():
        place, raw = ("datasets", name), params.raw.get(dataset.raw)
        if raw is None:
            mistakes.add((*place, "raw"), unknown(dataset.raw, "raw files", params.raw))
            continue
        for key in ("train", "test"):
            if params.source_of(raw) == "embedded" and getattr(dataset, key) is None:
                mistakes.add((*place, key), "embedded data need a number: how many images to draw")
        if dataset.test_from_train and (dataset.test or 0) > (dataset.train or math.inf):
            mistakes.add(
                (*place, "test"),
                f"{dataset.test} is more than the {dataset.train} training images that it is taken from",
            )
        if not FORMATS[raw.format].one_size and dataset.size is None:
            mistakes.add((*place, "size"), f"missing; the images of a {raw.format} differ in size: say what all become")
        if not FORMATS[raw.format].image_sets and "splits" in dataset.model_fields_set:
            mistakes.add((*place, "splits"), f"only voc has image sets, not {raw.format}")
        if dataset.objects and dataset.objects not in FORMATS[raw.format].objects:
            having = [name for name, known in FORMATS.items() if dataset.objects in known.objects]
            problem = f"{raw.format} has no {dataset.objects}; they come with {', '.join(having)}"
            mistakes.add((*place, "objects"), problem)


def _check_names(params: Params, mistakes: Mistakes) -> None:
    counts = Counter(name for section in MODELS for name in getattr(params, section))
    for section in MODELS:
        for name in getattr(params, section):
            if counts[name] > 1:
                homes = [s for s in MODELS if name in getattr(params, s)]
                mistakes.add(
                    (section, name), f"one name for several networks, in {' and '.join(homes)}; rename all but one"
                )


def _check_starts(params: Params, mistakes: Mistakes) -> bool:
    """Whether every chain of starting weights ends in weights that start from none."""
    starts: dict[str, list[str]] = {name: [] for name in (*params.pretrained, *params.experiments)}
    starts |= {name: [graft.trunk, graft.head] for name, graft in params.grafts.items()}
    starts |= {name: [finetuning.weights] for name, finetuning in params.finetunings.items()}
    for name, graft in params.grafts.items():
        for key in ("trunk", "head"):
            if (word := getattr(graft, key)) not in starts:
                mistakes.add(("grafts", name, key), unknown(word, "network", starts))
        if graft.trunk == graft.head:
            mistakes.add(("grafts", name, "head"), f"{graft.head!r} is the trunk already; graft another network's head")
    for name, finetuning in params.finetunings.items():
        if finetuning.weights not in starts:
            mistakes.add(("finetunings", name, "weights"), unknown(finetuning.weights, "network", starts))
    if any(start not in starts for wanted in starts.values() for start in wanted):
        return False
    ready: set[str] = set()
    while more := {name for name, wanted in starts.items() if name not in ready and ready.issuperset(wanted)}:
        ready |= more
    for name in starts.keys() - ready:
        section = "grafts" if name in params.grafts else "finetunings"
        mistakes.add((section, name), "starts from itself, through the networks that it starts from")
    return ready == starts.keys()


def _check_grafts(params: Params, mistakes: Mistakes) -> None:
    for name, graft in params.grafts.items():
        trunk, head = (params.network_of(part)[0] for part in (graft.trunk, graft.head))
        if trunk != head:
            problem = f"{graft.head} is a network of {head}, its trunk one of {trunk}; graft two of one model"
            mistakes.add(("grafts", name, "head"), problem)


def _check_known(params: Params, place: tuple[str, str], training: Any, mistakes: Mistakes) -> None:
    datasets = {**params.datasets, **params.proposals}
    if training.dataset not in datasets:
        mistakes.add((*place, "dataset"), unknown(training.dataset, "data set", datasets))
    if not exists(training.model):
        mistakes.add((*place, "model"), unknown(training.model, "model", available()))


def _misfit(params: Params, training: Finetuning) -> str | None:
    """Why the weights that a finetuning starts from cannot fit its model, if they are those of another one."""
    start, model = params.network_of(training.weights)[0], training.model
    if start == model or not (exists(start) and exists(model)):
        return None
    backbone = arguments(model).get("backbone")
    fitting = sorted({model, *(backbone.choices if backbone else ())})
    if start in fitting:
        return None
    return (
        f"{training.weights} is a network of {start}, which cannot start {model}; name weights of {', '.join(fitting)}"
    )


def _check_sweep(params: Params, place: tuple[str, str], training: Experiment, mistakes: Mistakes) -> None:
    if training.keep is not None and not training.variants:
        mistakes.add((*place, "keep"), "there are no variants; leave keep out")
    elif training.keep is not None and training.keep not in training.variants:
        mistakes.add((*place, "keep"), unknown(training.keep, "variant", training.variants))
    if training.keep_all and not training.variants:
        mistakes.add((*place, "keep_all"), "there are no variants; leave keep_all out")
    try:
        protocols = training.protocols()
    except ValidationError as error:
        mistakes.add_variants(place, error)
        return
    for variant, protocol in protocols.items():
        within = (*place, "variants", variant) if training.variants else place
        _check_protocol(params, within, training, protocol, mistakes)


def _check_protocol(
    params: Params, place: tuple[str, ...], training: Any, protocol: Protocol, mistakes: Mistakes
) -> None:
    """Whether one protocol is consistent in itself and with the data set and the model of its training."""
    network = protocol.network
    if isinstance(training, Finetuning):
        network = {**params.network_of(place[1])[1], **network}
    if exists(training.model) and not (isinstance(training, Finetuning) and _misfit(params, training)):
        _check_network(training.model, network, (*place, "network"), mistakes)
    if (protocol.epochs is None) == (protocol.steps is None):
        mistakes.add((*place, "epochs"), "give the length of the training as epochs or as steps, one of the two")
    else:
        unit = "epochs" if protocol.epochs else "steps"
        length = protocol.epochs or protocol.steps
        for key in ("read_at", "snapshots"):
            if late := [moment for moment in getattr(protocol, key) if moment > length]:
                mistakes.add((*place, key), f"{late[0]} is after the last of {length} {unit}")
    _check_optimizer((*place, "optimizer"), protocol.optimizer, mistakes)
    _check_objective(place, protocol, mistakes)
    objective, dataset = protocol.objective, params.datasets.get(params.data_of(training.dataset))
    if dataset is None or dataset.raw not in params.raw:
        return
    trained = not isinstance(training, Pretrained) or params.source_of(training) == "embedded"
    if trained and dataset.train and protocol.batch_size > dataset.train:
        problem = f"{protocol.batch_size} is more than the {dataset.train} training images of {training.dataset}"
        mistakes.add((*place, "batch_size"), problem)
    kind = params.label_kind(training.dataset)
    objects = params.objects_of(training.dataset)
    if TASKS[objective.name].objects and not TASKS[objective.name].fits(TASKS[objective.name].labels, objects):
        needed = TASKS[objective.name].objects
        problem = f"{objective.name} needs {needed} of objects; set `objects: {needed}` of {training.dataset}"
        mistakes.add((*place, "objective", "name"), problem)
    elif not TASKS[objective.name].fits(kind, objects):
        problem = f"{objective.name} does not fit {training.dataset}, whose images have {KINDS[kind]}"
        mistakes.add((*place, "objective", "name"), f"{problem}; allowed: {', '.join(fitting(kind, objects))}")
    if protocol.crop and dataset.size and protocol.crop > dataset.size:
        mistakes.add((*place, "crop"), f"{protocol.crop} is more than the {dataset.size} pixels of {training.dataset}")


def _check_optimizer(place: tuple[str, ...], optimizer: Optimizer, mistakes: Mistakes) -> None:
    if optimizer.momentum and optimizer.name != "sgd":
        mistakes.add((*place, "momentum"), f"only sgd has momentum, not {optimizer.name}")
    if optimizer.initial_accumulator and optimizer.name != "adagrad":
        mistakes.add((*place, "initial_accumulator"), f"only adagrad has an accumulator, not {optimizer.name}")
    if optimizer.decay_layers and not optimizer.weight_decay:
        mistakes.add((*place, "decay_layers"), "without weight_decay nothing is penalised; set both")


def _check_objective(place: tuple[str, ...], protocol: Protocol, mistakes: Mistakes) -> None:
    """Whether a protocol sets what its objective has no use for."""
    objective, name = protocol.objective, protocol.objective.name
    known = TASKS[name]
    if objective.loss is not None and objective.loss not in known.losses:
        choice = f"allowed: {', '.join(known.losses)}" if known.losses else f"{name} has one loss only: leave it out"
        mistakes.add((*place, "objective", "loss"), f"{objective.loss} is not allowed with {name}; {choice}")
    for owner, facts in TASKS.items():
        for key, setting in facts.settings.items():
            if key not in known.settings and getattr(objective, key) != setting.default:
                problem = f"belongs to {owner}; {name} has no use for it: leave it out"
                mistakes.add((*place, "objective", key), problem)
    if protocol.sampling not in known.samplings:
        mistakes.add((*place, "sampling"), f"{name} draws its batches anew at every step anyway; leave it out")
    if protocol.channels == "bgr" and not known.reorders:
        mistakes.add((*place, "channels"), f"{name} compares with the image in its own order; leave it out")
    if protocol.mixup and not known.mixes:
        mistakes.add((*place, "mixup"), f"mixes labels; {name} has none")


def _check_network(model: str, network: dict[str, Any], place: tuple[str, ...], mistakes: Mistakes) -> None:
    known = arguments(model)
    for key, value in network.items():
        if key not in known:
            problem = unknown(key, f"setting of {model}", known) if known else f"{model} has no settings"
            mistakes.add((*place, key), problem)
        elif not known[key].fits(value):
            mistakes.add((*place, key), f"{value!r} is not allowed; allowed: {known[key].allowed}")
