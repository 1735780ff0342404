"""A small clone in which an experiment was run as published: its records, findings, data and commit."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from revisit import files

PROTOCOL = {"optimizer": {"name": "adam", "lr": 0.001}, "batch_size": 10, "steps": 40, "seed": 0, "evaluate_every": 20}
PROTOCOL |= {"network": {}, "objective": {"loss": None}, "epochs": None, "read_at": [], "graph": "dynamic"}
TRAIN = {
    "experiment": "small",
    "dataset": "dots",
    "model": "lenet",
    "weights": None,
    "replicates": 2,
    "keep": "base",
    "device": "auto",
    "runs": {"base": PROTOCOL, "slow": {**PROTOCOL, "optimizer": {"name": "adam", "lr": 0.0001}}},
}
PREPARE = {"dataset": "dots", "raw": "dots", "train": 100, "test": 20, "seed": 0, "source": "mirror"}
EMBED = {"experiment": "small", "layers": ["fc1"], "points": 20}
PUBLISHED = {"train": TRAIN, "prepare": PREPARE | {"source": "web"}, "embed": EMBED}
DIGESTS = {name: name[0] * 64 for name in ("a.npy", "b.npy")}


class Clone:
    """A tree in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = folder / "workflow/code.py"
        self.write("workflow/code.py", "steps = 40\n")
        for stage, settings in (("train/small", TRAIN), ("prepare/dots", PREPARE), ("embed/small", EMBED)):
            self.record(stage, settings)
        self.findings = folder / "results/findings/small"
        variants = {name: {"runs": 2, "diverged": 0} for name in TRAIN["runs"]}
        self.train({"device": "cpu", "diverged": False, "variants": variants})
        self.json("data/prepared/dots/meta.json", {"provenance": "published", "sha256": DIGESTS})
        steps = np.arange(1, 41)
        self.table("history.csv", {"step": steps, "epoch": steps / 10, "loss": 2.0 / steps})
        self.table("evaluations.csv", {"step": [20, 40], "test_loss": [0.5, 0.4]})
        for name in ("history", "evaluations", "summary"):
            self.table(f"runs/{name}.csv", {"variant": ["base"], "replicate": [0], "step": [1], "loss": [1.0]})
        self.json("results/findings/small/embed.json", {"points": 20})
        self.table("embed/points.csv", {"layer": ["fc1"] * 4, "row": [0, 1, 2, 3], "label": ["0", "01", "", "3"]})
        (self.findings / "embed/.snakemake_timestamp").touch()
        self.json("results/findings/small/embed/sprite.json", {"rows": [0, 2]})
        for command in (["init", "-q"], ["add", "workflow"], ["commit", "-qm", "code"]):
            self.git(*command)

    def git(self, *arguments: str) -> str:
        """Run git in the clone."""
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        command = ["git", *identity, "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def json(self, path: str, value: Any) -> None:
        """Write a JSON file."""
        self.write(path, json.dumps(value))

    def record(self, stage: str, settings: dict[str, Any]) -> None:
        """Write the record of a stage."""
        self.json(
            f"results/config/{stage}.json",
            {"settings": settings, "code": {"workflow/code.py": files.sha256(self.code)}},
        )

    def train(self, changes: dict[str, Any]) -> None:
        """Write train.json with other values."""
        own = {"provenance": {"data": "published", "weights": None}}
        self.json("results/findings/small/train.json", own | changes)

    def table(self, path: str, columns: dict[str, Any]) -> None:
        """Write a table of findings."""
        target = self.findings / path
        target.parent.mkdir(parents=True, exist_ok=True)
        files.write_csv(target, pd.DataFrame(columns))

    def picture(self, path: str, height: int, width: int) -> None:
        """Write a noisy picture, which compresses badly."""
        pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(self.findings / path)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone in which everything is well."""
    return Clone(tmp_path / "clone")


@pytest.fixture
def published() -> dict[str, Any]:
    """The published protocol of its experiment."""
    return json.loads(json.dumps(PUBLISHED))
