"""Stage `costs`: what classifiers take, and how gradients come through them, of every replicate."""

from collections.abc import Sequence
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
from revisit.analyses.untrained import initial
from revisit.data import arrays
from revisit.errors import ConfigError
from revisit.models import registry

if TYPE_CHECKING:
    from revisit.analyses.costs.settings import Network, Settings

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
        Of the kept variant `parameters`, `operations` of one image, `kept_bytes_per_image`, `layers` with weights,
        `images`, `poolings`: how many there are, `average` and `maximum`, but for those of any size; and for the
        gradient by the weights, the signal (by outputs) and the moments `start` and `end`: `gradient_slope_start`, in
        powers of ten per layer on the way back, `first_to_last_gradient_start`, and `smallest_gradient_start`; the
        median over the layers of `update_start`. Slopes are over the layers that run in evaluation, too. The same but
        for the `end` of every network before its training, by name: of all `variants`, and of those `beside` them.

    Raises:
        ConfigError: the network is no classifier, or one has fewer than two layers with weights or takes no such image.
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
            found, rows = _replicate(network, info, inputs, labels, settings, number)
        summaries.append(found | {"images": len(chosen)})
        files = files or {LAYERS.file: LAYERS.frame(rows)}
    return replicates.summary(summaries), files


def _replicate(
    trained: nn.Module,
    info: dict[str, Any],
    inputs: torch.Tensor,
    labels: torch.Tensor,
    settings: "Settings",
    number: int,
) -> tuple[dict[str, Any], Rows]:
    """The summary of a replicate, and the rows of all its networks, the kept variant's first."""
    given = {"variants": settings["variants"], "beside": settings["beside"]}
    which = [(group, one) for group, networks in given.items() for one in networks]
    which.sort(key=lambda each: each != ("variants", settings["keep"]))
    kept, rows, groups = dict[str, Any](), Rows(), {group: dict[str, Any]() for group in given}
    for group, one in which:
        described = given[group][one]
        drawn = initial(info, described["training_seed"] + number, described["model"], described["network"])
        moments = {"start": _together(drawn)} | ({} if rows else {"end": _together(trained)})
        of_layers = measured(moments, inputs, labels, described, settings["seed"])
        found = summary(of_layers, info["experiment"], list(moments)) | {"poolings": counts.poolings(moments["start"])}
        rows += [{"network": one} | row for row in of_layers]
        kept = kept or found
        groups[group][one] = {key: value for key, value in found.items() if not key.endswith("_end")}
    return kept | groups, rows


def measured(
    moments: dict[str, nn.Module], inputs: torch.Tensor, labels: torch.Tensor, described: "Network", seed: int
) -> Rows:
    """The rows of `LAYERS`, but for `network`.

    Args:
        moments: a network before its training, `start`, and perhaps after it, `end`.
        inputs: a minibatch (N, C, H, W).
        labels: its classes (N,).
        described: how its training begins.
        seed: of what the network draws.
    """
    network = moments["start"]
    operations, parameters = counts.operations(network, inputs[:1]), counts.parameters(network)
    kept, names = counts.kept_bytes(network, inputs), counts.order(network, inputs)
    passing = set(counts.order(network, inputs[:1], training=False))
    flows = {
        moment: gradients.flows(each, inputs, labels, described["auxiliary"], seed) for moment, each in moments.items()
    }
    modules = dict(network.named_modules())
    rows: Rows = []
    number = 0
    for layer in (*names, ""):  # what the network does itself, between its layers, comes last
        if not (operations[layer] or parameters[layer] or kept[layer]):
            continue
        counted = layer in flows["start"] and layer in passing
        number += counted
        row = {"layer": layer or "between", "kind": type(modules[layer]).__name__, "number": number if counted else 0}
        row |= {"parameters": parameters[layer], "operations": operations[layer]}
        row |= {"kept_bytes": kept[layer] / len(inputs)}
        told = {moment: _told(flows.get(moment, {}).get(layer), described["learning_rate"]) for moment in MOMENTS}
        rows.append(row | {f"{key}_{moment}": told[moment][key] for key in told["start"] for moment in MOMENTS})
    return rows


def _told(flow: gradients.Flow | None, rate: float) -> dict[str, float | None]:
    """What the table says of a layer; nothing where it has no weights."""
    if flow is None:
        return dict.fromkeys(("gradient", "signal", "update"))
    share = rate * flow.gradient / flow.weights if flow.weights else np.nan
    return {"gradient": flow.gradient, "signal": flow.signal, "update": share}


def summary(rows: Rows, name: str, moments: Sequence[str] = MOMENTS) -> dict[str, Any]:
    """Of the rows of `LAYERS` of a network at these moments, which messages call `name`; see `analyse`.

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
    for moment in moments:
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
