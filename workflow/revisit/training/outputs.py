"""What a training leaves behind."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save

from revisit import files
from revisit.data import arrays, left_out, tensors
from revisit.data.provenance import LEFT_OUT
from revisit.events import condense
from revisit.models import registry
from revisit.training import sweep, tensorboard
from revisit.training.results import Result


class Outcome(NamedTuple):
    """What a training found.

    Attributes:
        findings: `train.json`.
        steps: of the kept run, one row per step.
        evaluations: of the kept run, one row per evaluation.
        runs: the tables of all runs by name: `summary`, `evaluations` and `history`.
        events: what the event file of the kept run becomes, by the names of files (`revisit.events`).
    """

    findings: dict[str, Any]
    steps: pd.DataFrame
    evaluations: pd.DataFrame
    runs: dict[str, pd.DataFrame]
    events: dict[str, pd.DataFrame | np.ndarray]


def outcome(
    results: list[Result],
    kept: Result,
    provenance: dict[str, str | None],
    events: dict[str, pd.DataFrame | np.ndarray],
    without: left_out.Counts | None = None,
) -> Outcome:
    """The findings of a sweep, whose run `kept` is described in full; `provenance` of its data and starting weights.

    `events`: what is left of that run's event file; `without`: the files that were left out of its data.
    """
    protocol, facts = kept.protocol, dict(kept.facts)
    findings = {
        "variant": kept.variant,
        "objective": protocol["objective"]["name"],
        "metric": kept.metric,
        "graph": protocol["graph"],
        **{key: facts.pop(key) for key in ("graph_backend", "graph_note")},
        "steps": kept.history.step,
        "epochs": protocol["epochs"],
        "steps_per_epoch": kept.steps_per_epoch,
        **kept.numbers(),
        "best_step": kept.best_step(),
        f"{kept.measure}_at": kept.read(),
        **facts,
        "provenance": provenance,
        **({LEFT_OUT: left_out.text(without)} if without else {}),
        "variants": sweep.variants(results),
    }
    tables = kept.history.steps_table(), kept.history.evaluations_table()
    return Outcome(findings, *tables, sweep.tables(results), events)


def weights(state: dict[str, torch.Tensor]) -> bytes:
    """A network's state as a safetensors file."""
    return save({name: tensor.cpu().contiguous() for name, tensor in state.items()})


def write(model: Path, experiment: str, data: arrays.Prepared, provenance: dict[str, str | None], kept: Result) -> None:
    """Write the weights, what they are, and the test scores of a kept run into the folder `model`.

    Args:
        model: `results/models/<experiment>`, or what will become it or a replicate in it.
        experiment: its name.
        data: what the network was trained on.
        provenance: of these data, and of the weights that it started from.
        kept: the run.
    """
    if kept.weights is None:
        raise ValueError(f"the weights of {kept.variant}, replicate {kept.replicate}, were not kept")
    model.mkdir(parents=True, exist_ok=True)
    (model / registry.WEIGHTS).write_bytes(weights(kept.weights))
    if kept.scores is not None:
        # A diverged network has no opinion: its scores are 0, and what reads the scores goes on working.
        scores = np.nan_to_num(kept.scores.numpy(), nan=0, posinf=0, neginf=0)
        files.write_array(model / "scores.npy", scores.astype(np.float32))
        files.write_array(model / "labels.npy", data.test_labels)
    height, width, channels = data.shape
    description = {
        "experiment": experiment,
        "dataset": data.dataset,
        "model": kept.protocol["model"],
        "network": kept.protocol["network"],
        "objective": kept.protocol["objective"]["name"],
        "classes": list(data.classes),
        "shape": [*tensors.cropped((height, width), kept.protocol["crop"]), channels],
        "crop": kept.protocol["crop"],
        **kept.statistics,
        "channels": kept.channels,
        "provenance": provenance,
        "data": dict(data.sha256),
    }
    (model / registry.DESCRIPTION).write_bytes(files.json_bytes(description))


def logged(folder: Path, kept: Result, shape: tuple[int, ...]) -> dict[str, pd.DataFrame | np.ndarray]:
    """What the event file of a kept run, in its `folder`, becomes among the findings; `shape` of the data's images.

    Layers are what has weights of two or more dimensions: no biases, and no factors of a normalisation.
    """
    weights = kept.weights or {}
    layers = [name for name, values in weights.items() if name.endswith(".weight") and values.dim() > 1]
    steps = [row["step"] for row in kept.history.evaluations]
    size = tensors.cropped((shape[0], shape[1]), kept.protocol["crop"])
    log = folder / "events" / tensorboard.NAME
    return condense.condense(
        log, [name.removesuffix(".weight") for name in layers], steps, size, kept.protocol["batch_size"]
    )


def copy_folders(run: Path, model: Path) -> None:
    """Copy the snapshots and TensorBoard events that a run wrote on its way."""
    for folder in ("snapshots", "events"):
        if (run / folder).is_dir():
            files.copy(run / folder, model / folder)
