"""Small prepared data sets, settings to train on them, and training in a folder of the test's."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from revisit.training import checkpoint, workers
from revisit.training import train as training
from revisit.training.history import History
from revisit.training.outputs import Outcome

SHAPE = (8, 8, 1)
CLASSES = ["top", "middle", "low", "bottom"]
COUNTS = {"train": 40, "test": 12}
CODE = {"workflow/revisit/training/run.py": "0" * 64}


def write_prepared(folder: Path, multi_label: bool = False, channels: int = 1) -> Path:
    """Images with one bright band, whose height is the class; with several labels, also a second band.

    With several labels the class after the present ones is excluded (code 0). The second channel is half as bright as
    the first, the third a third as bright.
    """
    folder.mkdir(parents=True)
    random = np.random.default_rng(7)
    arrays = {}
    for split, count in COUNTS.items():
        first = np.arange(count, dtype=np.int64) % len(CLASSES)
        second = (first + 1 + np.arange(count) // 4 % 2) % len(CLASSES) if multi_label else first
        images = random.integers(0, 120, (count, *SHAPE[:2], channels))
        codes = np.full((count, len(CLASSES)), -1, np.int8)
        for image, code, *bands in zip(images, codes, first, second, strict=True):
            for band in set(bands):
                image[2 * band : 2 * band + 2] += 120
                code[band] = 1
            code[(bands[1] + 1) % len(CLASSES)] = 0
        images //= np.arange(1, channels + 1)
        labels = codes if multi_label else first
        arrays |= {f"{split}_images": images.astype(np.uint8), f"{split}_labels": labels}
    digests = {}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
        digests[f"{name}.npy"] = hashlib.sha256((folder / f"{name}.npy").read_bytes()).hexdigest()
    pixels = arrays["train_images"] / 255
    meta = {"dataset": "bands", "classes": CLASSES, "shape": [*SHAPE[:2], channels], **COUNTS, "sha256": digests}
    meta |= {"mean": pixels.mean(axis=(0, 1, 2)).tolist(), "std": pixels.std(axis=(0, 1, 2)).tolist()}
    meta |= {"source": "embedded", "provenance": "drawn", "labels": "multi" if multi_label else "single"}
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder


@pytest.fixture(autouse=True)
def one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test process may hold threads: it should not be copied."""
    monkeypatch.setenv(workers.CORES, "1")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared data set: 40 training and 12 test images of 8x8, four classes."""
    return write_prepared(tmp_path_factory.mktemp("data") / "bands")


@pytest.fixture(scope="session")
def prepared_multi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with two bands per image, two labels present, one excluded."""
    return write_prepared(tmp_path_factory.mktemp("data") / "bands", multi_label=True)


@pytest.fixture(scope="session")
def prepared_colour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first one with three channels."""
    return write_prepared(tmp_path_factory.mktemp("data") / "bands", channels=3)


@pytest.fixture
def protocol() -> dict:
    """Eight steps of ten images, with an evaluation every third step."""
    return {
        "model": "fashion_cnn",
        "network": {"dropout": 0.4, "width": 0.25},
        "objective": {
            "name": "classification",
            "loss": None,
            "margin": 1.0,
            "sampler": "anchor",
            "similar": 0.2,
            "pool": 1.0,
            "test_pairs": "random",
            "auxiliary": 0.3,
        },
        "optimizer": {
            "name": "sgd",
            "lr": 0.05,
            "momentum": 0.5,
            "initial_accumulator": 0.0,
            "weight_decay": 0.0,
            "decay_layers": None,
        },
        "schedule": None,
        "batch_size": 10,
        "sampling": "epoch",
        "inputs": None,
        "channels": "rgb",
        "epochs": 2,
        "steps": None,
        "read_at": [1, 2],
        "evaluate_every": 3,
        "snapshots": [0, 1],
        "crop": None,
        "flip": False,
        "mixup": None,
        "freeze": None,
        "graph": "dynamic",
        "backend": "auto",
        "seed": 0,
    }


@pytest.fixture
def settings(protocol) -> dict:
    """One experiment of one variant."""
    return {
        "experiment": "bands_dynamic",
        "dataset": "bands",
        "model": "fashion_cnn",
        "device": "cpu",
        "weights": None,
        "replicates": 1,
        "keep": "base",
        "runs": {"base": protocol},
    }


@pytest.fixture
def change(settings) -> Callable[..., dict]:
    """`change(lr=0.1, batch_size=5)`: the settings with some keys of the protocol (or of its parts) changed."""

    def changed(**values: object) -> dict:
        protocol = settings["runs"]["base"]
        for key, value in values.items():
            for part in ("objective", "optimizer", "network"):
                if key in protocol[part]:
                    protocol = protocol | {part: protocol[part] | {key: value}}
                    break
            else:
                protocol = protocol | {key: value}
        return settings | {"runs": {"base": protocol}}

    return changed


@pytest.fixture
def run(prepared, tmp_path, monkeypatch) -> Callable[..., Outcome]:
    """Train in a folder of its own: `run("a", settings)` writes a/model and keeps its resume states in a/resume."""
    monkeypatch.setattr(checkpoint, "SAVE_SHARE", 0)  # so that save_every=0 saves after every step

    def go(
        name: str,
        settings: dict,
        data: Path = prepared,
        save_every: float = 1000,
        start: Path | None = None,
        code: dict[str, str] = CODE,
    ) -> Outcome:
        folder = tmp_path / name
        return training.train(settings, data, folder / "model", folder / "resume", code, start, save_every)

    return go


@pytest.fixture
def digests(tmp_path) -> Callable[[str], dict[str, str]]:
    """`digests("a/model")`: the SHA-256 of every file in that folder of the test's."""

    def of(folder: str) -> dict[str, str]:
        files = sorted(path for path in (tmp_path / folder).rglob("*") if path.is_file())
        return {
            str(path.relative_to(tmp_path / folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }

    return of


@pytest.fixture
def killed(monkeypatch):
    """`with killed(5)`: the training inside fails in its fifth step, after the state of the fourth was saved.

    The steps of all runs of a sweep count.
    """

    class Killed(BaseException):
        pass

    @contextlib.contextmanager
    def at(step: int) -> Iterator[None]:
        original, done = History.record, []

        def record(self: History, *values: torch.Tensor) -> None:
            if len(done) == step - 1:
                raise Killed
            done.append(None)
            original(self, *values)

        with monkeypatch.context() as patch, pytest.raises(Killed):  # noqa: PT012
            patch.setattr(History, "record", record)
            yield

    return at
