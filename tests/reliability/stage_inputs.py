"""The stages that `disk.py` and `killed_stages.py` disturb: their scripts, small inputs for them, their settings."""

import contextlib
import importlib
import io
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import attacked_readers
import downloads
from revisit import config, files, paths
from revisit.data import idx, provenance
from revisit.data.formats.idx import facts as idx_facts
from revisit.report import claims
from revisit.report.findings import TRAINING

Main = Callable[[], None]
SERVERS = contextlib.ExitStack()  # to be closed by who has run what `WRITES` prepared
CLASSES = ["ant", "bee", "cat", "dog"]
COUNTS = {"train": 40, "test": 12}
SIDE = 12
YOLO = {"cells": 4, "head": "convolutional", "detections": 12}


class Write(NamedTuple):
    """One kind of write.

    `prepare(folder)` writes the inputs into a repository's folder and gives what is to be run there; `folders` are the
    artifacts that are folders, whole or not there.
    """

    prepare: Callable[[Path], Main]
    folders: tuple[str, ...] = ()


def _script(name: str, arguments: list[str], settings: dict[str, Any]) -> Main:
    """A stage's script with its arguments and with settings of ours."""
    module = importlib.import_module(name)
    config.settings = lambda *_: json.loads(json.dumps(settings))
    config.code = lambda *_: {}
    return partial(module.main, arguments)


def _prepare(folder: Path) -> Main:
    raw = folder / paths.raw("raw")
    raw.mkdir(parents=True)
    provenance.write(raw, provenance.DRAWN)
    random = np.random.default_rng(4)
    for split, count in COUNTS.items():
        idx.write(raw / idx_facts.IMAGES[split], random.integers(0, 256, (count, SIDE, SIDE), np.uint8))
        idx.write(raw / idx_facts.LABELS[split], np.arange(count, dtype=np.uint8) % len(CLASSES))
    settings = attacked_readers._settings("idx", classes=CLASSES) | {"raw": "raw", "dataset": "tiny"}
    return _script("prepare_dataset", ["tiny"], settings)


def _fetch(folder: Path) -> Main:
    attacked_readers.write(dict(attacked_readers._folder_parts()), folder / "data/mirror/own")
    settings = {"raw": "own", "format": "folder", "source": "mirror", "classes": None}
    return _script("fetch_dataset", ["own"], settings | {"mirror": "data/mirror/own", "files": {}})


def _download(_folder: Path) -> Main:
    started = SERVERS.enter_context(downloads.server())
    started.content = attacked_readers.tar(attacked_readers._folder_parts())["a.tar"]
    address = f"http://127.0.0.1:{started.server_port}"
    settings = {"raw": "own", "format": "folder", "source": "web", "classes": None, "web": [address]}
    return _script("fetch_dataset", ["own"], settings | {"files": {"images.tar": {"checksum": None}}})


def _trained(folder: Path) -> Main:
    """The training script, on prepared data."""
    from revisit.data.prepare import prepare
    from revisit.training import checkpoint, train

    checkpoint.SAVE_SHARE = 0
    train.train.__defaults__ = (None, 0.0)  # a resume state after every step
    _prepare(folder)
    prepare(config.settings(), folder / paths.raw("raw"), folder / paths.prepared("tiny"))
    objective = {"name": "classification", "loss": None, "margin": 1.0, "sampler": "anchor", "similar": 0.2}
    optimizer = {"name": "sgd", "lr": 0.05, "momentum": 0.5, "initial_accumulator": 0.0}
    protocol = {
        "model": "fashion_cnn", "network": {"dropout": 0.4, "width": 0.125},
        "objective": objective | {"pool": 1.0, "test_pairs": "random", "auxiliary": 0.3},
        "optimizer": optimizer | {"weight_decay": 0.0, "decay_layers": None}, "schedule": None, "batch_size": 20,
        "sampling": "epoch", "inputs": None, "channels": "rgb", "epochs": 2, "steps": None, "read_at": [1],
        "evaluate_every": 3, "snapshots": [0, 1], "crop": None, "flip": False, "mixup": None, "freeze": None,
        "graph": "dynamic", "backend": "auto", "seed": 0,
    }  # fmt: skip
    experiment = {"experiment": "net", "dataset": "tiny", "model": "fashion_cnn", "device": "cpu", "weights": None}
    settings = experiment | {"replicates": 1, "keep": "base", "runs": {"base": protocol}}
    return _script("train_network", ["net"], settings)


def _within(folder: Path, main: Main) -> None:
    """Run a stage now, as one before that which is attacked."""
    with contextlib.chdir(folder), contextlib.redirect_stderr(io.StringIO()):
        main()


def _extract(folder: Path) -> Main:
    _within(folder, _trained(folder))
    settings = {"dataset": "tiny", "device": "cpu", "train": None, "test": None}
    return _script("extract_features", ["net"], settings | {"layers": {"conv1": "conv1", "fc1": "fc1"}})


def _evaluate(folder: Path) -> Main:
    _within(folder, _trained(folder))
    return _script("run_analysis", ["evaluate", "net"], {"top_k": [1, 2], "bootstrap": 100, "seed": 0})


def _boxed(folder: Path) -> Any:
    """The module with the tests' images of boxes and masks, after it has written some; it imports PyTorch."""
    sys.path.append(str(Path(__file__).parents[1] / "objects"))
    import boxed

    with contextlib.chdir(folder):
        boxed.write_data(count=6)
    return boxed


def _propose(folder: Path) -> Main:
    _boxed(folder)
    search = {"method": "selective_search", "count": 20, "seed": 0, "scales": [50.0], "shortest": 0.12, "side": 32}
    return _script("propose_regions", ["regions"], {"proposals": "regions", "dataset": "boxed"} | search)


def _analysed(kind: str, model: str, network: dict[str, Any], more: dict[str, Any], folder: Path) -> Main:
    """An analysis of a fresh network that looks for objects."""
    boxed = _boxed(folder)
    with contextlib.chdir(folder):
        data = {path.name: files.sha256(path) for path in sorted(paths.prepared("boxed").glob("*.npy"))}
        boxed.write_network("net", model, {"backbone": "small_convnet", "dropout": 0.0} | network, data)
    settings = {"experiment": "net", "images": None, "bootstrap": 100, "seed": 0, "shown": 4}
    return _script(
        "run_analysis", [kind, "net"], settings | {"dataset": "boxed", "model": model, "device": "cpu"} | more
    )


def _report_tests() -> Any:
    """The findings that the report's own tests make up."""
    spec = spec_from_file_location("report_conftest", Path(__file__).parents[1] / "report" / "conftest.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _collect(folder: Path, kinds: Sequence[str] = ()) -> Main:
    """All findings, or those of some kinds."""
    made_up = _report_tests()
    made_up.write_findings(folder / paths.FINDINGS)
    settings = made_up.settings()["collect"]
    for name, found in settings["studies"]["fashion"].items():
        settings["studies"]["fashion"][name] = [file for file in found if not kinds or file.partition(".")[0] in kinds]
    return _script("collect_findings", [], settings)


def _study(folder: Path) -> Main:
    _within(folder, _collect(folder, (*TRAINING, "neighbours")))  # figures, tables and pictures, but not all of them
    ledger = folder / claims.LEDGER / "fashion.yaml"
    ledger.parent.mkdir(parents=True)
    ledger.write_bytes((Path(__file__).parents[2] / claims.LEDGER / ledger.name).read_bytes())
    return _script("render_study", ["fashion"], _report_tests().settings()["study"])


def _report(folder: Path) -> Main:
    _within(folder, _study(folder))
    return _script("render_report", [], _report_tests().settings()["report"])


WRITES = {
    "fetch, from a mirror": Write(_fetch, ("data/raw/own",)),
    "fetch, from the web": Write(_download, ("data/raw/own",)),
    "prepare": Write(_prepare, ("data/prepared/tiny",)),
    "train": Write(_trained, ("results/models/net", "results/findings/net/runs")),
    "extract": Write(_extract, ("results/features/net",)),
    "evaluate": Write(_evaluate, ("results/findings/net/evaluate",)),
    "propose": Write(_propose, ("data/prepared/regions", "results/findings/regions/proposals")),
    "detect": Write(
        partial(_analysed, "detect", "yolo", YOLO, {"svms": None, "threshold": 0.5}), ("results/findings/net/detect",)
    ),
    "segment": Write(partial(_analysed, "segment", "fcn", {}, {"smallest": 4}), ("results/findings/net/segment",)),
    "collect": Write(_collect, ("results/collected",)),
    "study": Write(_study, ("results/studies/fashion",)),
    "report": Write(_report, ("results/report",)),
}
