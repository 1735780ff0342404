"""What the `analyses` of `params.yaml` name elsewhere: experiments, extracted layers, classes, snapshots."""

from collections.abc import Iterable

from revisit.params.analyses import Embed
from revisit.params.mistakes import Mistakes, unknown
from revisit.params.schema import Params
from revisit.params.trainings import TASKS


def check_analyses(params: Params, found: Mistakes) -> None:
    """Record every mistake between the analyses and what they analyse."""
    analyses, trainings = params.analyses, params.trainings
    for kind in type(analyses).model_fields:
        for name in getattr(analyses, kind):
            if name not in trainings:
                found.add(("analyses", kind, name), unknown(name, "experiment", trainings))
    for kind in ("probe", "embed", "neighbours"):
        for name, analysis in getattr(analyses, kind).items():
            _check_layers(params, ("analyses", kind, name), analysis.layers, found)
    for name, embed in analyses.embed.items():
        _check_perplexity(params, name, embed, found)
    for name, neighbours in analyses.neighbours.items():
        if (rows := _rows(params, name)) and neighbours.k >= rows:
            problem = f"{neighbours.k} is too many for features of {rows} test images; at most {rows - 1}"
            found.add(("analyses", "neighbours", name, "k"), problem)
        _check_classes(params, ("analyses", "neighbours", name, "classes"), name, neighbours.classes or [], found)
    for name in analyses.evaluate:
        _check_evaluate(params, name, found)
    for name in analyses.inspect:
        _check_inspect(params, name, found)


def _check_layers(params: Params, place: tuple[str, ...], layers: list[str], found: Mistakes) -> None:
    extracted = params.analyses.extract.get(place[-1])
    for layer in layers:
        if extracted is None:
            found.add(place, f"needs features: add analyses.extract.{place[-1]}")
        elif layer not in extracted.layers:
            found.add((*place, "layers"), unknown(layer, "extracted layer", extracted.layers))


def _rows(params: Params, experiment: str) -> int | None:
    """How many test images an experiment has features of, at most; None where only the files know."""
    training, extract = params.trainings.get(experiment), params.analyses.extract.get(experiment)
    dataset = params.datasets.get(training.dataset) if training else None
    counts = [section.test for section in (dataset, extract) if section is not None and section.test is not None]
    return min(counts, default=None)


def _check_perplexity(params: Params, name: str, embed: Embed, found: Mistakes) -> None:
    """t-SNE looks at 3 * perplexity neighbours of each point; the points are all images where there are fewer."""
    rows = _rows(params, name)
    fewer = rows is not None and rows < embed.points
    count = rows if fewer else embed.points
    if 3 * embed.perplexity > count - 1:
        what, limit = ("test images with features" if fewer else "points"), (count - 1) // 3
        remedy = f"at most {limit}" if limit >= 2 else "it takes 7 at least"
        problem = f"{embed.perplexity} is too large for {count} {what}; {remedy}"
        found.add(("analyses", "embed", name, "perplexity"), problem)


def _check_classes(
    params: Params, place: tuple[str, ...], experiment: str, names: Iterable[str], found: Mistakes
) -> None:
    for name in names:
        if (known := _classes(params, experiment)) and name not in known:
            found.add(place, unknown(name, "class", known))


def _classes(params: Params, experiment: str) -> list[str] | None:
    """The classes of an experiment's images; None where only the files know them, or there is another mistake."""
    training = params.trainings.get(experiment)
    dataset = params.datasets.get(training.dataset) if training else None
    return params.raw[dataset.raw].classes if dataset and dataset.raw in params.raw else None


def _check_evaluate(params: Params, name: str, found: Mistakes) -> None:
    evaluate, training = params.analyses.evaluate[name], params.trainings.get(name)
    if training is None:
        return
    place = ("analyses", "evaluate", name)
    if not TASKS[training.objective.name].scored:
        found.add(place, f"scores classes; {name} is trained for {training.objective.name}")
    if TASKS[training.objective.name].labels == "multi" and "top_k" in evaluate.model_fields_set:
        found.add((*place, "top_k"), "counts images of one label; those here may have several: leave it out")
    elif (classes := _classes(params, name)) and max(evaluate.top_k, default=1) > len(classes):
        found.add((*place, "top_k"), f"{max(evaluate.top_k)} is more than the {len(classes)} classes")


def _check_inspect(params: Params, name: str, found: Mistakes) -> None:
    inspect, training = params.analyses.inspect[name], params.trainings.get(name)
    place = ("analyses", "inspect", name)
    if training is not None and training.variants.keys() >= {training.kept}:
        snapshots = training.variants[training.kept].get("snapshots", training.snapshots)
    else:
        snapshots = training.snapshots if training else [0]
    for part in ("invariance", "occlusion", "correspondence"):
        if getattr(inspect, part) and training and not TASKS[training.objective.name].scored:
            found.add((*place, part), f"needs a classifier; {name} is trained for {training.objective.name}")
    for part in ("filters", "evolution"):
        if getattr(inspect, part) and not snapshots:
            found.add((*place, part), f"follows the training: give {name} `snapshots`")
    for part in ("strongest", "invariance", "occlusion"):
        if (section := getattr(inspect, part)) and section.images > inspect.images:
            found.add((*place, part, "images"), f"{section.images} is more than the {inspect.images} images looked at")
    if inspect.deconvnet and inspect.deconvnet.top > inspect.images:
        problem = f"{inspect.deconvnet.top} is more than the {inspect.images} images looked at"
        found.add((*place, "deconvnet", "top"), problem)
    if inspect.correspondence:
        within = (*place, "correspondence")
        _check_classes(params, (*within, "label"), name, [inspect.correspondence.label], found)
        for part, (top, left, bottom, right) in inspect.correspondence.parts.items():
            if not (top < bottom and left < right):
                problem = f"[{top}, {left}, {bottom}, {right}] is no box: top, left, bottom, right"
                found.add((*within, "parts", part), problem)
