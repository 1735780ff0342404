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
from revisit.models import registry
from revisit.training import sweep
from revisit.training.results import Result


class Outcome(NamedTuple):
    """What a training found.

    Attributes:
        findings: `train.json`.
        steps: of the kept run, one row per step.
        evaluations: of the kept run, one row per evaluation.
        runs: the tables of all runs by name: `summary`, `evaluations` and `history`.
    """

    findings: dict[str, Any]
    steps: pd.DataFrame
    evaluations: pd.DataFrame
    runs: dict[str, pd.DataFrame]


def outcome(
    results: list[Result], kept: Result, provenance: dict[str, str | None], without: left_out.Counts | None = None
) -> Outcome:
    """The findings of a sweep, whose run `kept` is described in full; `provenance` of its data and starting weights.

    `without`: the files that were left out of its data.
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
    return Outcome(findings, kept.history.steps_table(), kept.history.evaluations_table(), sweep.tables(results))


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


def copy_folders(run: Path, model: Path) -> None:
    """Copy the snapshots and TensorBoard events that a run wrote on its way."""
    for folder in ("snapshots", "events"):
        if (run / folder).is_dir():
            files.copy(run / folder, model / folder)
