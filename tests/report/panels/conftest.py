"""A study with several labels per image: every analysis that the panels draw, made up, in small."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from revisit import paths
from revisit.report import claims, page, study
from revisit.report.collect import collect
from revisit.report.runs import Run
from revisit.report.study_writer import StudyWriter

HOSTILE = "<b>cow</b> & $x^$"
CLASSES = ["person", "horse", HOSTILE, "bicycle", "NA", "car"]
NETWORKS = {
    "scratch": {"model": "vgg16", "weights": None},
    "tuned": {"model": "vgg16", "weights": "imagenet"},
    "caffenet": {"model": "caffenet", "weights": None, "crop": 72, "flip": True, "mixup": 0.2},
    "caffenet_7x7": {"model": "caffenet", "weights": None},
    "dense": {"model": "mlp", "weights": None},
}
LAYERS = ["conv1", "features.30"]
SLEEVES = {"left_sleeve": [0.4, 0.0, 0.7, 0.2], "collar": [0.0, 0.35, 0.2, 0.65]}
INSIDE = {
    "filters": {"numbers": [4, 9]},
    "strongest": {"layers": LAYERS, "images": 4},
    "deconvnet": {"layers": LAYERS, "maps": 2, "top": 9},
    "faithfulness": {"layers": LAYERS, "top": 3},
    "evolution": {"layers": LAYERS, "maps": 2},
    "invariance": {"layers": ["conv1", "fc7"], "images": 3},
    "reuse": {"images": 3},
    "occlusion": {"layer": "conv1", "images": 3},
    "correspondence": {"layers": ["conv1", "fc7"], "label": HOSTILE, "images": 3, "parts": SLEEVES, "random": 1},
}
BOTH, NEAR = ["pool5", "features.30"], {"layers": ["pool5", "fc7"], "k": 3}
ANALYSES: dict[str, dict[str, Any]] = {
    "scratch": {"evaluate": {}, "probe": {"layers": BOTH, "protocols": ["sound"]}},
    "tuned": {
        "evaluate": {},
        "probe": {"layers": BOTH, "protocols": ["published", "sound"]},
        "embed": {"layers": BOTH, "iterations": [300, 750]},
        "neighbours": NEAR,
    },
    "caffenet": {
        "evaluate": {},
        "embed": {"layers": ["pool5"], "iterations": [300, 750]},
        "neighbours": NEAR,
        "inspect": INSIDE,
    },
    "caffenet_7x7": {"inspect": {}, "costs": {}},
    "dense": {"inspect": {}, "detect": {}, "segment": {}, "costs": {"beside": ["resnet_56"]}},
}
LOGGED = {"caffenet": [f"conv{number}" for number in range(1, 12)], "dense": [HOSTILE]}  # others: an earlier version
ABOUT = {
    "caffenet": {"kernel": 11},
    "caffenet_7x7": {"kernel": 7},
    "dense": {"kernel": None, "layers": {"fc1": (9, 1)}},
}


def write_study(root: Path, made_up: ModuleType, write_training: Callable[..., None]) -> None:
    """results/findings of every network of the study, below `root`."""
    data = made_up.Data(CLASSES, several=True)
    for seed, name in enumerate(NETWORKS, 1):
        write_training(root / name, "dynamic", 4, 10, seed, metric="map")
        made_up.write(root / name, data, ANALYSES[name], seed=seed, **ABOUT.get(name, {}))
        if name in LOGGED:
            made_up.write_events(root / name, data, LOGGED[name], seed=seed)


def settings_of(about: dict[str, Any]) -> dict[str, Any]:
    """The settings of one training."""
    protocol = {**about, "network": {}, "graph": "dynamic", "batch_size": 20, "epochs": 4, "steps": None, "read_at": []}
    protocol["objective"] = {"name": "multilabel", "loss": None}
    return {**protocol, "dataset": "scenes", "replicates": 1, "keep": "base", "runs": {"base": protocol}}


def study_settings() -> dict[str, Any]:
    """The settings of stage study."""
    texts = dict.fromkeys(("title", "question", "protocol"), "Scenes")
    described = {"study": "scenes", **texts, "assumptions": [], "scale": "demo", "source": "embedded"}
    described |= {"cost": "", "sources": {"scenes": "embedded"}}
    return described | {"experiments": {name: settings_of(about) for name, about in NETWORKS.items()}}


def draw(folder: Path) -> dict[str, Any]:
    """Collect and draw the study and the page in the current folder, from `folder`; the study's description."""
    training = ["train.json", "history.csv", "evaluations.csv", "runs"]
    names = {
        name: [*training, *(f for kind in found for f in (f"{kind}.json", kind))] for name, found in ANALYSES.items()
    }
    collect({"scenes": names}, dict.fromkeys(NETWORKS, "train"), folder, paths.COLLECTED)
    no_claims: list[claims.Claim] = []
    study.render(study_settings(), no_claims, paths.collected("scenes"), paths.study("scenes"))
    page.render({"studies": ["scenes"], "stages": {}}, paths.STUDIES, paths.REPORT)
    return json.loads((paths.study("scenes") / "study.json").read_text())


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory, made_up: ModuleType, write_training: Callable[..., None]) -> Path:
    """The findings of every network, made once: nobody changes them."""
    folder = tmp_path_factory.mktemp("scenes") / "findings"
    write_study(folder, made_up, write_training)
    return folder


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, found: Path) -> tuple[Path, dict[str, Any]]:
    """A folder with the study and the page, and the description of the study."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        described = draw(found)
    return folder, described


@pytest.fixture
def writer(tmp_path: Path, found: Path) -> StudyWriter:
    """An empty writer with the runs of the study."""
    runs = []
    for name, about in NETWORKS.items():
        metrics = {file.stem: json.loads(file.read_text()) for file in sorted((found / name).glob("*.json"))}
        runs.append(Run(name, name, settings_of(about), metrics, found / name))
    return StudyWriter("scenes", tmp_path / "writer", runs)


@pytest.fixture(scope="session", name="draw")
def _draw() -> Callable[[Path], dict[str, Any]]:
    """`draw`, for tests that change findings first."""
    return draw
