"""Findings of two small experiments in the formats that the stages write, made up but plausible."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
CLASSIFICATION = {"name": "classification", "loss": None, "margin": 1.0}
LAYERS = {"conv1": (800, 32), "conv2": (51200, 64), "fc1": (3211264, 1024), "fc2": (10240, 10)}
NAMES = [
    "train.json",
    "history.csv",
    "evaluations.csv",
    "runs",
    *(item for kind in ("evaluate", "inspect", "probe", "embed", "neighbours") for item in (f"{kind}.json", kind)),
]


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2))


def write_csv(path: Path, **columns: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(path, index=False)


def write_training(folder: Path, graph: str, epochs: int, steps_per_epoch: int, seed: int = 1) -> None:
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
        "accuracy": np.clip(1 - level / 2.6 + 0.03 * rng.standard_normal(steps), 0, 1),
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
        "train_accuracy": accuracy + 0.03 * at / steps,
        "test_accuracy": accuracy,
    }
    for name, columns in (("history", history), ("evaluations", evaluations)):
        write_csv(folder / f"{name}.csv", **columns)
        write_csv(folder / f"runs/{name}.csv", variant="base", replicate=0, **columns)
    write_csv(folder / "runs/summary.csv", variant=["base"], replicate=0, seed=0, steps=steps, diverged=False)
    final = {name: float(values[-1]) for name, values in evaluations.items() if name not in ("step", "epoch")}
    final["best_test_accuracy"] = float(accuracy.max())
    intervals = {f"{name}_{bound}": None for name in final for bound in ("low", "high")}
    metrics = {
        "objective": "classification",
        "metric": "accuracy",
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
        "accuracy_at": {"epoch_4": float(accuracy[len(at) * 4 // 10]), f"epoch_{epochs}": accuracy[-1]},
        "diverged": False,
    }
    write_json(folder / "train.json", metrics)


def write_evaluation(folder: Path, classes: Sequence[str], per_class: int) -> None:
    rng = np.random.default_rng(2)
    count = len(classes)
    rows = [rng.multinomial(per_class, np.full(count, 0.2 / count) + 0.8 * np.eye(count)[k]) for k in range(count)]
    pairs = [(actual, predicted) for actual in range(count) for predicted in range(count)]
    write_csv(
        folder / "evaluate/confusion.csv",
        actual=[classes[actual] for actual, _ in pairs],
        predicted=[classes[predicted] for _, predicted in pairs],
        count=[int(rows[actual][predicted]) for actual, predicted in pairs],
    )
    score = rng.uniform(0.7, 0.99, count)
    write_csv(
        folder / "evaluate/per_class.csv",
        **{"class": classes},
        support=[per_class] * count,
        precision=score,
        recall=score[::-1],
        average_precision=score**0.5,
        average_precision_11_point=score**0.6,
        auc=score**0.1,
    )
    rate = np.linspace(0, 1, 60)
    names = [*classes, "micro", "macro"]
    powers = [*(1 - score) / 2 + 0.005, 0.03, 0.04]
    write_csv(
        folder / "evaluate/roc.csv",
        **{"class": np.repeat(names, 60)},
        false_positive_rate=np.tile(rate, count + 2),
        true_positive_rate=np.concatenate([rate**power for power in powers]),
    )
    metrics = {"accuracy": 0.82, "accuracy_low": 0.79, "accuracy_high": 0.85, "top_k": {"top_1": 0.82, "top_5": 0.99}}
    metrics |= {"mean_average_precision": 0.9, "mean_average_precision_11_point": 0.88}
    metrics |= {"macro_auc": 0.97, "micro_auc": 0.98, "hardest_class": classes[6], "easiest_class": classes[1]}
    write_json(folder / "evaluate.json", metrics)


def write_features(folder: Path, classes: Sequence[str], points: int) -> None:
    rng = np.random.default_rng(3)
    labels = np.arange(points) % len(classes)
    rows = np.sort(rng.choice(points * 3, points, replace=False))
    centre = 30 * np.stack([np.cos(labels * 0.63), np.sin(labels * 0.63)], axis=1)
    maps = [centre * shrink + spread * rng.standard_normal((points, 2)) for shrink, spread in ((0.5, 5), (1, 4))]
    x, y = np.concatenate(maps).T
    columns = {"row": np.tile(rows, 2), "label": np.tile(labels, 2), "iterations": np.repeat([300, 750], points)}
    write_csv(folder / "embed/points.csv", **columns, x=x, y=y)
    scores = {"kl_divergence": 1.2, "neighbourhood_preservation": 0.55}
    embed = {"layer": "fc1", "points": points, "perplexity": 40.0, "pca": 50}
    write_json(folder / "embed.json", embed | {"iterations_300": scores, "iterations_750": scores})
    write_sprite(folder / "embed", rows, labels, classes)

    queries, k = 4, 3
    found = [
        (layer, query, rank, int(rng.integers(0, points)))
        for layer in ("flatten", "fc1")
        for query in range(queries)
        for rank in range(1, k + 1)
    ]
    write_csv(
        folder / "neighbours/queries.csv",
        layer=[layer for layer, *_ in found],
        query=[int(rows[query]) for _, query, *_ in found],
        query_label=[int(labels[query]) for _, query, *_ in found],
        rank=[rank for _, _, rank, _ in found],
        neighbour=[int(rows[other]) for *_, other in found],
        neighbour_label=[int(labels[other]) for *_, other in found],
        distance=[1.0 + rank for _, _, rank, _ in found],
    )
    write_json(folder / "neighbours.json", {layer: {"share_same_class": 0.8, "k": k} for layer in ("flatten", "fc1")})
    write_sprite(folder / "neighbours", rows, labels, classes)


def write_sprite(folder: Path, rows: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> None:
    columns, side = 32, 28
    image = np.zeros((-(-len(rows) // columns) * side, columns * side), np.uint8)
    yy, xx = np.mgrid[:side, :side] - 13.5
    noise = np.random.default_rng(4)
    for number, label in enumerate(labels):
        shape = (np.abs(xx) < 4 + label) & (np.abs(yy) < 13 - label)
        tile = np.clip(shape * (120 + 12 * label) + noise.integers(0, 30, shape.shape), 0, 255)
        top, left = number // columns * side, number % columns * side
        image[top : top + side, left : left + side] = tile
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(folder / "thumbnails.png")
    sprite = {"columns": columns, "tile": [side, side], "rows": [int(row) for row in rows], "classes": list(classes)}
    write_json(folder / "sprite.json", sprite)


def write_inspection(folder: Path) -> None:
    weights, biases = zip(*LAYERS.values(), strict=True)
    parameters = {layer: sum(counts) for layer, counts in LAYERS.items()}
    activations = {layer: {"mean": 0.1, "variance": 0.02, "sparsity": 0.6} for layer in LAYERS}
    metrics = {"parameters": parameters, "total_parameters": sum(parameters.values()), "activations": activations}
    write_json(folder / "inspect.json", metrics)
    names = list(LAYERS)
    counts = {"weights": weights, "biases": biases, "parameters": list(parameters.values())}
    write_csv(folder / "inspect/parameters.csv", layer=names, **counts)
    write_csv(folder / "inspect/activations.csv", layer=names, mean=[0.1] * 4, variance=[0.02] * 4, sparsity=[0.6] * 4)
    np.save(folder / "inspect/filters.npy", np.random.default_rng(5).normal(0, 0.1, (32, 1, 5, 5)).astype(np.float32))


def write_probe(folder: Path) -> None:
    layers, protocols = ("flatten", "fc1"), ("published", "sound")
    grid = [(layer, protocol) for layer in layers for protocol in protocols]
    accuracies = [0.78, 0.81, 0.83, 0.85]
    write_csv(
        folder / "probe/probe.csv",
        layer=[layer for layer, _ in grid],
        protocol=[protocol for _, protocol in grid],
        dimensions=[3136, 3136, 1024, 1024],
        C=[0.01] * 4,
        accuracy=accuracies,
        train_size=[800, 2000] * 2,
        test_size=[200, 1000] * 2,
    )
    found = dict(zip(grid, accuracies, strict=True))
    metrics = {
        layer: {protocol: {"accuracy": found[layer, protocol], "C": 0.01} for protocol in protocols} for layer in layers
    }
    write_json(folder / "probe.json", metrics)


def write_findings(
    root: Path, classes: Sequence[str] = CLASSES, epochs: int = 10, steps_per_epoch: int = 40, points: int = 60
) -> None:
    """results/findings of `fashion_dynamic` (every analysis) and `fashion_static` (two) below `root`."""
    for graph in ("dynamic", "static"):
        folder = root / f"fashion_{graph}"
        write_training(folder, graph, epochs, steps_per_epoch)
        write_evaluation(folder, classes, max(20, points // 10))
        write_inspection(folder)
    dynamic = root / "fashion_dynamic"
    write_features(dynamic, classes, points)
    write_probe(dynamic)


def settings(**changes: object) -> dict[str, dict]:
    """The settings of stages collect, study and report."""
    protocol = {"model": "fashion_cnn", "network": {"dropout": 0.4}, "objective": CLASSIFICATION, "backend": "auto"}
    protocol |= {"optimizer": {"name": "sgd", "lr": 0.01, "momentum": 0.5}, "batch_size": 100, "epochs": 10}
    protocol |= {"steps": None, "read_at": [4, 10], "evaluate_every": 20, "snapshots": [], "seed": 0}
    experiments = {}
    for graph in ("dynamic", "static"):
        trained = protocol | {"graph": graph}
        described = {"dataset": "fashion_mnist", "weights": None, "replicates": 1, "keep": "base"}
        experiments[f"fashion_{graph}"] = trained | described | {"runs": {"base": trained}}
    study = {
        "study": "fashion",
        "title": "Fashion-MNIST with a static and a dynamic graph",
        "question": "Does a network trained as a captured (static) graph learn differently from the same network run "
        "eagerly (dynamic graph), and what do ten epochs change against four?",
        "protocol": "Two 5x5 convolutions with 32 and 64 filters, each with ReLU and 2x2 max-pooling, a fully "
        "connected layer of 1024 units with dropout, and ten outputs. Stochastic gradient descent, 10 epochs.",
        "assumptions": ["Dropout 0.4; learning rate 0.01, momentum 0.5 and batches of 100."],
        "scale": "demo",
        "source": "embedded",
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
        "report": {"scale": "demo", "source": "embedded", "studies": ["fashion"]},
    }


@pytest.fixture
def findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Complete findings, in a scratch folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    write_findings(tmp_path / "results/findings")
    return tmp_path / "results/findings"


@pytest.fixture(scope="session")
def stage_settings() -> Callable[..., dict[str, dict]]:
    """`settings`, for tests that change some of them."""
    return settings


@pytest.fixture(scope="session", name="write_findings")
def _write_findings() -> Callable[..., None]:
    """`write_findings`, for a folder that several tests read."""
    return write_findings
