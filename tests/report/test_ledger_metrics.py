"""Every metric that the project's ledger names is one that some stage writes at paper scale."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from revisit.analyses.inspect.looks.evolution import jumps
from revisit.analyses.photographs.tables import MEASURES
from revisit.objects import recall
from revisit.params.load import load
from revisit.report import claims, statistics
from revisit.tasks import registry

ROOT = Path(__file__).parents[2]
LEDGER = claims.load(ROOT / claims.LEDGER)

RANKING = ("average_precision", "average_precision_11_point", "auc")
INSPECTED = {  # part of `inspect` -> what it says of each of its layers
    "deconvnet": ("receptive_field", "mean_distinct_classes"),
    "faithfulness": ("own", "others", "fall", "fall_at_random"),
    "invariance": ("translate", "scale", "rotate"),
    "correspondence": ("parts", "random", "fixed"),
}
COUNTED = ("parameters", "operations", "kept_bytes_per_image", "layers", "poolings.average", "poolings.maximum")
MEASURED = ("update", *(f"{key}_{of}" for of in ("signal", "gradient") for key in ("first_to_last", "smallest")))
MEASURED += ("signal_slope", "gradient_slope")
SPARSITY = ("hoyer", "active", "dead")
FIRST_LAYER = ("filters", "dead", "dead_share", "high_frequency", "low_frequency", "coarseness")


@pytest.fixture(scope="module")
def params(tmp_path_factory):
    """params.yaml at paper scale."""
    path = tmp_path_factory.mktemp("paper") / "params.yaml"
    text, count = re.subn("(?m)^scale: demo", "scale: paper", (ROOT / "params.yaml").read_text(encoding="utf-8"))
    assert count == 1
    path.write_text(text, encoding="utf-8")
    return load(path)


def flat(metrics, prefix=""):
    for key, value in metrics.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def of_training(training):
    """What `train` says of a training and what the statistics say of its curves."""
    facts = registry.facts(training.objective.name)
    metric = facts.metric
    measured = ["loss", *([metric] if metric else []), *facts.beside]
    numbers = [
        *(f"{split}_{name}" for split in ("train", "test") for name in measured),
        f"best_test_{metric or 'loss'}",
    ]
    yield from (f"train.{name}" for name in (*numbers, "parameters", "layers", "operations"))
    step = np.arange(1.0, 21)
    history = {"step": step, "loss": 1 / step} | ({metric: step / 20} if facts.stepwise else {})
    evaluations = {"step": step[4::5]} | {
        f"{split}_{name}": step[4::5] for split in ("train", "test") for name in measured
    }
    for variant, protocol in training.protocols().items():
        yield from (f"train.variants.{variant}.{name}" for name in (*numbers, "parameters"))
        epochs = protocol.read_at if protocol.epochs else []
        unit = "epoch" if protocol.epochs else "step"
        read_at = {f"{unit}_{number}": number for number in protocol.read_at}
        found = [*flat(statistics.of_run(history, evaluations, metric, 2, epochs, read_at))]
        yield from (f"statistics.variants.{variant}.{name}" for name in found)
        if variant == training.kept:
            yield from (f"statistics.{name}" for name in found)


def of_analyses(params, name):
    """What the analyses of a training write, but for the layers of the network itself."""
    training, wanted = params.trainings[name], params.analyses
    metric = registry.facts(training.objective.name).metric
    if name in wanted.evaluate:
        shifted = ("average_precision_shifted", "lowest_average_precision") if metric == "map" else ()
        yield from (f"evaluate.{key}" for key in ("mean_average_precision", "macro_auc", "micro_auc"))
        classes = params.classes_of(name) or []
        yield from (f"evaluate.per_class.{one}.{key}" for one in classes for key in (*RANKING, *shifted))
    if name in wanted.probe:
        probe = wanted.probe[name]
        yield from (
            f"probe.{layer}.{protocol}.{'map' if metric == 'map' else 'accuracy'}"
            for layer in probe.layers
            for protocol in probe.protocols
        )
    if name in wanted.embed:
        embed = wanted.embed[name]
        yield from (
            f"embed.layers.{layer}.iterations_{count}.same_class"
            for layer in embed.layers
            for count in embed.iterations
        )
    if name in wanted.inspect:
        yield from of_inspection(training, wanted.inspect[name])
    if name in wanted.detect:
        means = ("mean_average_precision", "mask_mean_average_precision")
        ends = ("", "_11_point", "_coco", "_without_suppression", "_of_several", "_of_random_boxes")
        yield from (f"detect.{mean}{end}" for mean in means for end in ends)
        yield from ("detect.duplicates", "detect.duplicates_without_suppression", "detect.trunk_passes")
        sources = ("network", "given")
        yield from (f"detect.recall_of_{of}_proposals.boxes_{n}.iou_50" for of in sources for n in (50, 100, 300))
        if asked := wanted.detect[name].restyled:
            yield "detect.restyled.mean_average_precision"
            yield from (
                f"detect.restyled.{style}.{key}" for style in asked.styles for key in ("mean_average_precision", "kept")
            )
    if name in wanted.costs:
        numbers = [*COUNTED, *(f"{measure}_start" for measure in MEASURED)]
        yield from (f"costs.{key}" for key in (*numbers, *(f"{measure}_end" for measure in MEASURED)))
        others = [*(f"variants.{variant}" for variant in training.protocols())]
        others += [f"beside.{network}" for network in wanted.costs[name].beside]
        yield from (f"costs.{other}.{key}" for other in others for key in numbers)
    if name in wanted.code:
        yield from (f"code.{key}" for key in ("dimensions", *SPARSITY, *(f"untrained.{key}" for key in SPARSITY)))
        features = ("code", "untrained", "principal", "pixels")
        yield from (f"code.accuracy.{one}.labels_{count}" for one in features for count in wanted.code[name].labels)
    if name in wanted.photographs:
        yield from ("photographs.images", *(f"photographs.mean.{measure}" for measure in MEASURES))
        ends, groups = ("value", "difference", "low", "high"), wanted.photographs[name].groups
        yield from (f"photographs.groups.{one}.{key}.{end}" for one in groups for key in MEASURES for end in ends)
    if name in wanted.segment:
        ends = ("mean_iou", "mean_iou_of_one_class", "pixel_accuracy", "mask_mean_average_precision_of_several")
        yield from (f"segment.{key}" for key in (*ends, "mask_mean_average_precision"))
    if proposals := params.proposals.get(training.dataset):
        counts = [*(count for count in recall.COUNTS if count < proposals.count), proposals.count]
        windows = ("", "sliding_windows.") if proposals.method != "sliding_windows" else ("",)
        yield from ("proposals.found", "proposals.objects")
        if len(windows) == 2:
            yield "proposals.first_regions.found"
            yield from (
                f"proposals.{boxes}.recall_{level}"
                for boxes in ("first_regions", "as_many_proposals")
                for level in (50, 70)
            )
        for what in ("recall_50", "recall_70", "mean_best_overlap"):
            yield from (f"proposals.{method}{what}.boxes_{count}" for method in windows for count in counts)


def of_inspection(training, inspect):
    """What `inspect` says of the parts that it looks at."""
    yield from (f"inspect.first_layer.{key}" for key in FIRST_LAYER)
    for part, keys in INSPECTED.items():
        if looked := getattr(inspect, part):
            yield from (f"inspect.{part}.layers.{layer}.{key}" for layer in looked.layers for key in keys)
    if inspect.occlusion:
        places = ("on_object", "off_object", "on_projection", "off_projection")
        yield from ("inspect.occlusion.images", *(f"inspect.occlusion.drop_{place}" for place in places))
        yield from (f"inspect.occlusion.first_{place}" for place in places[:2])
    if inspect.correspondence:
        yield "inspect.correspondence.images"
    if inspect.faithfulness:
        yield from (f"inspect.faithfulness.true_class.{key}" for key in ("probability", "fall", "fall_at_random"))
    if inspect.reuse:
        yield from (f"inspect.reuse.{key}{of}" for key in ("loss", "accuracy") for of in ("", "_of_chain"))
        yield from (f"inspect.reuse.{key}" for key in ("used", "sources", "used_share"))
        yield from (f"inspect.reuse.{key}" for key in ("newest_weight", "entering_weight"))
    if inspect.first_layers:
        others = inspect.first_layers.variants or [name for name in training.variants if name != training.kept]
        yield from (f"inspect.first_layers.{variant}.{key}" for variant in others for key in FIRST_LAYER)
    if inspect.evolution:
        nothing = np.zeros((1, 1))
        yield from (f"inspect.evolution.{key}" for key in ("changed_image", *jumps.told(nothing, nothing > 0)))
    if inspect.filters:
        for kind in ("high_frequency", "high_frequency_all"):
            yield from (f"inspect.filters.{kind}.epoch_{moment}" for moment in training.snapshots)


@cache
def of_network(model, classes, shape):
    """What `inspect` says of the layers of a network."""
    import torch

    from revisit.analyses.inspect import networks
    from revisit.models import registry

    network = registry.build(model, shape, classes, {}).eval()
    observed = networks.observed_layers(network, torch.zeros(1, shape[2], *shape[:2]))
    found = {f"inspect.parameters.{row['layer']}" for row in networks.parameters(network)}
    found |= {f"inspect.activations.{layer}.{key}" for layer in observed for key in ("mean", "variance", "near_zero")}
    return found | {f"inspect.strongest_map.{layer}.{key}" for layer in observed for key in ("mean", "variance")}


def written(params, name):
    """Every metric of a training that a claim may name, as far as this test knows them."""
    training = params.trainings[name]
    found = {*of_training(training), *of_analyses(params, name)}
    twins = [other for other in params.trainings if params.trainings[other].graph != training.graph]
    found |= {f"statistics.difference.{other}.{key}" for other in twins for key in ("mean", "largest")}
    shapes = {"fashion_mnist": (28, 28, 1), "cifar10_small": (28, 28, 3)}
    if name in params.analyses.inspect and training.dataset in shapes:
        found |= of_network(training.model, 10, shapes[training.dataset])
    return found


@pytest.mark.parametrize("name", sorted({name for claim in LEDGER for name in claim.experiments()}))
def test_every_metric_of_the_ledger_is_written_at_paper_scale(name, params):
    """A metric that nothing writes would leave its claim untested for ever."""
    there = written(params, name)
    for claim in LEDGER:
        for path in re.findall(rf"(?<![\w.]){name}\.([\w.]+)", " ".join(claim.expressions())):
            assert path in there, f"claim {claim.id}: {name} has no metric {path}"
