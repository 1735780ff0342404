"""What a training run leaves behind."""

import math
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save

from revisit import files
from revisit.data import arrays
from revisit.models import registry
from revisit.training.graphs import Graph
from revisit.training.history import EVALUATION, History


class Outcome(NamedTuple):
    """What a run found: `train.json`, one row per step, one row per evaluation."""

    findings: dict[str, Any]
    steps: pd.DataFrame
    evaluations: pd.DataFrame


def weights(network: torch.nn.Module) -> bytes:
    """The network's state as a safetensors file."""
    return save({name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()})


def write(
    model: Path,
    settings: dict[str, Any],
    data: arrays.Prepared,
    network: torch.nn.Module,
    logits: torch.Tensor,
    resume: Path,
) -> None:
    """Write the artifact of a run into the folder `model`.

    Args:
        model: `results/models/<experiment>`, or what will become it.
        settings: of the experiment.
        data: what it was trained on.
        network: the trained network.
        logits: its outputs for the test set, (N, K) float32.
        resume: the folder with the snapshots and TensorBoard events written on the way.
    """
    model.mkdir(parents=True, exist_ok=True)
    (model / registry.WEIGHTS).write_bytes(weights(network))
    for folder in ("snapshots", "events"):
        if (resume / folder).is_dir():
            shutil.copytree(resume / folder, model / folder, copy_function=shutil.copyfile)
    # A diverged network has no opinion: where a score is no number it is 0, and what reads the scores goes on working.
    scores = np.nan_to_num(logits.numpy(), nan=0, posinf=0, neginf=0)
    np.save(model / "scores.npy", scores.astype(np.float32))
    np.save(model / "labels.npy", np.array(data.test_labels, dtype=np.int64))
    description = {
        "experiment": settings["experiment"],
        "dataset": data.dataset,
        "model": settings["model"],
        **registry.network_settings(settings["model"], settings),
        "classes": list(data.classes),
        "shape": list(data.shape),
        "mean": list(data.mean),
        "std": list(data.std),
        "data": dict(data.sha256),
    }
    (model / registry.DESCRIPTION).write_bytes(files.json_bytes(description))


def findings(settings: dict[str, Any], history: History, graph: Graph, steps_per_epoch: int) -> dict[str, Any]:
    """The numbers of a run; null where a loss is not finite, or where training stopped before an epoch was read."""
    last = history.evaluations[-1]
    best = max(history.evaluations, key=lambda row: row["test_accuracy"])  # the first of equals
    accuracy = {row["step"]: row["test_accuracy"] for row in history.evaluations}
    return {
        "graph": settings["graph"],
        "graph_backend": graph.backend,
        "graph_note": graph.note,
        "steps": history.step,
        "epochs": settings["epochs"],
        "steps_per_epoch": steps_per_epoch,
        **{name: last[name] if math.isfinite(last[name]) else None for name in EVALUATION},
        "best_test_accuracy": best["test_accuracy"],
        "best_step": best["step"],
        "accuracy_at": {f"epoch_{epoch}": accuracy.get(epoch * steps_per_epoch) for epoch in settings["read_at"]},
    }
