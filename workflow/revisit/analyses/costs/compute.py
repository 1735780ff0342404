"""Stage `costs`: what trained classifiers take, and how gradients come through them, of every replicate."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from revisit import device, paths
from revisit.analyses import forward, replicates, targets
from revisit.analyses.costs import counts, gradients
from revisit.analyses.costs.tables import LAYERS
from revisit.analyses.findings import Files
from revisit.analyses.trained import check_data
from revisit.data import arrays
from revisit.errors import ConfigError
from revisit.models import registry

if TYPE_CHECKING:
    from revisit.analyses.costs.settings import Settings

CPU = torch.device("cpu")  # its numbers are the same everywhere, and what it keeps can be counted
REMEDY = "use fewer images (analyses.costs in params.yaml)"
MOMENTS = ("start", "end")
Rows = list[dict[str, Any]]


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """The summaries of all replicates; the table is of replicate 0.

    Args:
        name: the experiment.
        settings: see `settings.Costs`.

    Returns:
        `parameters`, `operations` of one image, `kept_bytes_per_image`, `layers` with weights, `images`; and for the
        gradient by the weights, the signal (by outputs) and the moments `start` and `end`: `gradient_slope_start`, in
        powers of ten per layer on the way back, `first_to_last_gradient_start`, and `smallest_gradient_start`; the
        median over the layers of `update_start`. Slopes are over the layers that run in evaluation, too.

    Raises:
        ConfigError: the network is no classifier, or has fewer than two layers with weights.
        ArtifactError: what training left is missing or damaged, or was trained on other data.
    """
    data = arrays.load(paths.prepared(settings["dataset"]))
    chosen = np.sort(targets.spread(data.train_labels, settings["images"], settings["seed"]))
    summaries: list[dict[str, Any]] = []
    files: Files = {}
    for number, trained in enumerate(registry.replicates(paths.model(name))):
        network, info = registry.load(trained, CPU)
        check_data(info, data.sha256)
        if info["objective"] != "classification":
            problem = f"needs a classifier of one class; {name} is trained for {info['objective']}"
            raise ConfigError(f"analyses.costs.{name}: {problem}; leave it out")
        with device.deterministic(), device.memory_errors(CPU, REMEDY):
            pixels = torch.from_numpy(np.array(data.train_images[chosen]))
            inputs = forward.preprocessing_of(info, CPU)(pixels)
            labels = torch.from_numpy(np.array(data.train_labels[chosen]))
            networks = initial(info, settings["training_seed"] + number), _together(network)
            rows = measured(networks, inputs, labels, settings)
        summaries.append(summary(rows, name) | {"images": len(chosen)})
        files = files or {LAYERS.file: LAYERS.frame(rows)}
    return replicates.summary(summaries), files


def initial(info: dict[str, Any], seed: int) -> nn.Module:
    """The network that `info`, network.json, describes as it was before its training, whose seed it is drawn by."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _together(registry.build(info["model"], info["shape"], len(info["classes"]), info["network"]))


def measured(
    networks: tuple[nn.Module, nn.Module], inputs: torch.Tensor, labels: torch.Tensor, settings: "Settings"
) -> Rows:
    """The rows of `LAYERS`: of a network before and after its training, with a minibatch (N, C, H, W) and (N,)."""
    network = networks[0]
    operations, parameters = counts.operations(network, inputs[:1]), counts.parameters(network)
    kept, names = counts.kept_bytes(network, inputs), counts.order(network, inputs)
    passing = set(counts.order(network, inputs[:1], training=False))
    weight, seed = settings["auxiliary"], settings["seed"]
    flows = [gradients.flows(each, inputs, labels, weight, seed) for each in networks]
    modules = dict(network.named_modules())
    rows: Rows = []
    number = 0
    for layer in (*names, ""):  # what the network does itself, between its layers, comes last
        if not (operations[layer] or parameters[layer] or kept[layer]):
            continue
        counted = layer in flows[0] and layer in passing
        number += counted
        row = {"layer": layer or "between", "kind": type(modules[layer]).__name__, "number": number if counted else 0}
        row |= {"parameters": parameters[layer], "operations": operations[layer]}
        row |= {"kept_bytes": kept[layer] / len(inputs)}
        told = [_told(flow.get(layer), settings["learning_rate"]) for flow in flows]
        rows.append(
            row | {f"{key}_{moment}": each[key] for key in told[0] for moment, each in zip(MOMENTS, told, strict=True)}
        )
    return rows


def _told(flow: gradients.Flow | None, rate: float) -> dict[str, float | None]:
    """What the table says of a layer; nothing where it has no weights."""
    if flow is None:
        return dict.fromkeys(("gradient", "signal", "update"))
    share = rate * flow.gradient / flow.weights if flow.weights else np.nan
    return {"gradient": flow.gradient, "signal": flow.signal, "update": share}


def summary(rows: Rows, name: str) -> dict[str, Any]:
    """Of the rows of `LAYERS`, of the experiment `name`; see `analyse`.

    Raises:
        ConfigError: there are fewer than two layers with weights.
    """
    deep = [row for row in rows if row["number"]]
    if len(deep) < 2:
        problem = f"{len(deep)} convolutions and linear layers, a slope needs two at least"
        raise ConfigError(f"analyses.costs.{name}: the network has {problem}; leave it out")
    found: dict[str, Any] = {
        "parameters": sum(row["parameters"] for row in rows),
        "operations": sum(row["operations"] for row in rows),
        "kept_bytes_per_image": sum(row["kept_bytes"] for row in rows),
        "layers": len(deep),
    }
    for moment in MOMENTS:
        for kind in ("gradient", "signal"):
            norms = [row[f"{kind}_{moment}"] for row in deep]
            found[f"{kind}_slope_{moment}"] = gradients.slope(norms)
            found[f"first_to_last_{kind}_{moment}"] = gradients.first_to_last(norms)
            found[f"smallest_{kind}_{moment}"] = _finite(min(norms))
        found[f"update_{moment}"] = _finite(float(np.median([row[f"update_{moment}"] for row in deep])))
    return found


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _together(network: nn.Module) -> nn.Module:
    """With the channels of a pixel together, as it is trained."""
    return network.to(memory_format=torch.channels_last)
