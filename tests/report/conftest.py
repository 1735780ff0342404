"""Findings of two small experiments in the formats that the stages write, made up but plausible."""

from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest


def _beside(name: str) -> ModuleType:
    """A module of this folder: folders of tests are no packages."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made_up, sound, kept = (_beside(name) for name in ("made_up", "sound", "kept"))

CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
CLASSIFICATION = {"name": "classification", "loss": None, "margin": 1.0}
LAYERS = {"conv1": (800, 32), "conv2": (51200, 64), "fc1": (3211264, 1024), "fc2": (10240, 10)}
ASSUMPTIONS = [
    {"text": "Dropout 0.4 and batches of 100.", "status": "confirmed", "source": "the hand-out", "varied_by": []},
    {
        "text": "The static graph is captured by another program.",
        "status": "contradicted",
        "source": "the report itself",
        "varied_by": ["fashion_static"],
    },
    {"text": "Learning rate 0.01, momentum 0.5.", "status": "open", "source": None, "varied_by": []},
]
NAMES = [
    "train.json",
    "history.csv",
    "evaluations.csv",
    "runs",
    *(item for kind in ("evaluate", "inspect", "probe", "embed", "neighbours") for item in (f"{kind}.json", kind)),
]


def write_training(
    folder: Path, graph: str, epochs: int, steps_per_epoch: int, seed: int = 1, metric: str = "accuracy"
) -> None:
    rng = np.random.default_rng(seed)
    steps = epochs * steps_per_epoch
    step = np.arange(1, steps + 1)
    level = 0.25 + 2.0 * np.exp(-step / (0.18 * steps))
    loss = level + 0.06 * np.sqrt(level) * rng.standard_normal(steps)
    history = {
        "step": step,
        "epoch": step / steps_per_epoch,
        "learning_rate": np.full(steps, 0.01),
        "loss": loss,
        metric: np.clip(1 - level / 2.6 + 0.03 * rng.standard_normal(steps), 0, 1),
    }
    at = np.unique(np.append(np.arange(steps_per_epoch // 2, steps, steps_per_epoch // 2), steps))
    smooth = 0.25 + 2.0 * np.exp(-at / (0.18 * steps))
    test_loss = smooth + 0.08 * at / steps
    accuracy = 1 - test_loss / 2.7
    evaluations = {
        "step": at,
        "epoch": at / steps_per_epoch,
        "train_loss": smooth,
        "test_loss": test_loss,
        f"train_{metric}": accuracy + 0.03 * at / steps,
        f"test_{metric}": accuracy,
    }
    for name, columns in (("history", history), ("evaluations", evaluations)):
        made_up.put(folder / f"{name}.csv", columns)
        made_up.put(folder / f"runs/{name}.csv", {"variant": "base", "replicate": 0, **columns})
    summary = {"variant": ["base"], "replicate": 0, "seed": 0, "steps": steps, "diverged": False}
    made_up.put(folder / "runs/summary.csv", summary)
    final = {name: float(values[-1]) for name, values in evaluations.items() if name not in ("step", "epoch")}
    final[f"best_test_{metric}"] = float(accuracy.max())
    intervals = {f"{name}_{bound}": None for name in final for bound in ("low", "high")}
    metrics = {
        "objective": "classification" if metric == "accuracy" else "multilabel",
        "metric": metric,
        "variants": {"base": {"runs": 1, "diverged": 0, **final, **intervals}},
        "graph": graph,
        "graph_backend": "eager" if graph == "dynamic" else "aot_eager",
        "graph_note": "" if graph == "dynamic" else "static graph: captured without code generation, as asked",
        "device": "cpu",
        "parameters": 3274634,
        "steps": steps,
        "epochs": epochs,
        "steps_per_epoch": steps_per_epoch,
        **final,
        "best_step": int(at[accuracy.argmax()]),
        f"{metric}_at": {"epoch_4": float(accuracy[len(at) * 4 // 10]), f"epoch_{epochs}": accuracy[-1]},
        "diverged": False,
        "layers": 4,
        "provenance": made_up.DRAWN,
    }
    made_up.put(folder / "train.json", metrics)


def write_findings(
    root: Path, classes: Sequence[str] = CLASSES, epochs: int = 10, steps_per_epoch: int = 40, points: int = 60
) -> None:
    """results/findings of `fashion_dynamic` (every analysis) and `fashion_static` (two) below `root`."""
    data = made_up.Data(classes, channels=1)
    for graph in ("dynamic", "static"):
        folder = root / f"fashion_{graph}"
        write_training(folder, graph, epochs, steps_per_epoch)
        made_up.write_evaluation(folder, data)
        made_up.write_inspection(folder, data, {}, LAYERS)
    dynamic = root / "fashion_dynamic"
    made_up.write_probe(dynamic, data, ["flatten", "fc1"], ["published", "sound"])
    made_up.write_maps(dynamic, data, ["fc1"], points=points)
    made_up.write_neighbours(dynamic, data, ["flatten", "fc1"])


def stage_graph() -> dict[str, list[str]]:
    """The stages behind `settings`, each with those that it needs."""
    dynamic, static = "train@fashion_dynamic", "train@fashion_static"
    stages = {"fetch@fashion_mnist": [], "prepare@fashion_mnist": ["fetch@fashion_mnist"]}
    stages |= {dynamic: ["prepare@fashion_mnist"], static: ["prepare@fashion_mnist"]}
    stages |= {"extract@fashion_dynamic": [dynamic], "evaluate@fashion_dynamic": [dynamic]}
    stages |= {"evaluate@fashion_static": [static], "inspect@fashion_dynamic": [dynamic]}
    stages["inspect@fashion_static"] = [static]
    stages |= {f"{kind}@fashion_dynamic": ["extract@fashion_dynamic"] for kind in ("probe", "embed", "neighbours")}
    found = [stage for stage in stages if not stage.startswith(("fetch", "prepare", "extract"))]
    return {**stages, "collect": found, "study@fashion": ["collect"], "report": ["study@fashion"]}


def settings(**changes: object) -> dict[str, dict]:
    """The settings of stages collect, study and report."""
    protocol = {"model": "fashion_cnn", "network": {"dropout": 0.4}, "objective": CLASSIFICATION, "backend": "auto"}
    protocol |= {"optimizer": {"name": "sgd", "lr": 0.01, "momentum": 0.5}, "batch_size": 100, "epochs": 10}
    protocol |= {"steps": None, "read_at": [4, 10], "evaluate_every": 20, "snapshots": [], "seed": 0}
    experiments = {}
    for graph in ("dynamic", "static"):
        trained = protocol | {"graph": graph}
        described = {"dataset": "fashion_mnist", "weights": None, "replicates": 1, "keep": "base", "addition": None}
        experiments[f"fashion_{graph}"] = trained | described | {"runs": {"base": trained}}
    study = {
        "study": "fashion",
        "title": "Fashion-MNIST with a static and a dynamic graph",
        "label": "F-MNIST & more",
        "question": "Does a network trained as a captured (static) graph learn differently from the same network run "
        "eagerly (dynamic graph), and what do ten epochs change against four?",
        "protocol": "Two 5x5 convolutions with 32 and 64 filters, each with ReLU and 2x2 max-pooling, a fully "
        "connected layer of 1024 units with dropout, and ten outputs. Stochastic gradient descent, 10 epochs.",
        "assumptions": ASSUMPTIONS,
        "cost": "2 hours on 2 CPU cores",
        "scale": "demo",
        "sources": {"fashion_mnist": "embedded"},
        "pretrained": {},
        "experiments": experiments,
    }
    short = [name for name in NAMES if not name.startswith(("probe", "embed", "neighbours"))]
    return {
        "collect": {
            "studies": {"fashion": {"fashion_dynamic": NAMES, "fashion_static": short}},
            "stages": dict.fromkeys(experiments, "train"),
        },
        "study": study | changes,
        "report": {"studies": ["fashion"], "stages": stage_graph()},
    }


@pytest.fixture(scope="session")
def parsed() -> type:
    """`parsed(text)`: the elements of a page, its scripts and its text."""
    return _beside("elements").Elements


@pytest.fixture(scope="session")
def sound_pages(parsed: type) -> Callable[[Path], dict[str, Any]]:
    """`sound_pages(folder)`: checks all pages of a report; their elements by the names of the files."""
    return lambda folder: sound.check(folder, parsed)


@pytest.fixture
def findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Complete findings, in a scratch folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    write_findings(tmp_path / "results/findings")
    return tmp_path / "results/findings"


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made, but one point is written of each: for tests of all else, which are done in half the time."""
    from PIL import Image

    from revisit.report import figures

    def save(_drawing: Any, path: Path) -> None:
        if path.suffix == ".svg":
            path.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>', encoding="utf-8")
        else:
            Image.new("RGB", (1, 1)).save(path)

    monkeypatch.setattr(figures, "save", save)


@pytest.fixture(scope="session")
def stage_settings() -> Callable[..., dict[str, dict]]:
    """`settings`, for tests that change some of them."""
    return settings


@pytest.fixture(scope="session")
def keep() -> Callable[..., None]:
    """`keep(findings, study, name, **changes)`: keeps findings as a reference result of an experiment."""
    return kept.keep


@pytest.fixture(scope="session", name="made_up")
def _made_up() -> ModuleType:
    """The writers of findings."""
    return made_up


@pytest.fixture(scope="session", name="write_training")
def _write_training() -> Callable[..., None]:
    """`write_training`, for other studies."""
    return write_training


@pytest.fixture(scope="session", name="write_findings")
def _write_findings() -> Callable[..., None]:
    """`write_findings`, for a folder that several tests read."""
    return write_findings
