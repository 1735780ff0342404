"""The folder of one study while it is drawn: writes figures and tables, returns what the page must know of each."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from revisit import files
from revisit.errors import ArtifactError
from revisit.report import figures, statistics


@dataclass
class Run:
    """One experiment of a study: its settings, metrics, and the folder of its collected findings.

    `label` is what legends call it: its graph where that tells the experiments apart, else its name.
    """

    name: str
    label: str
    settings: dict[str, Any]
    metrics: dict[str, Any]
    folder: Path
    statistics: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def history(self) -> dict[str, np.ndarray]:
        """Columns of history.csv, one row per step."""
        return statistics.read_columns(self.path("history.csv"))

    @cached_property
    def evaluations(self) -> dict[str, np.ndarray]:
        """Columns of evaluations.csv."""
        return statistics.read_columns(self.path("evaluations.csv"))

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one epoch."""
        return int(self.metrics["train"]["steps_per_epoch"])

    def path(self, name: str) -> Path:
        """A collected finding; ArtifactError when it was not collected."""
        path = self.folder / name
        if not path.exists():
            raise ArtifactError(f"{path} is missing: add {name} to what is collected of {self.name}, run `collect`")
        return path

    def table(self, name: str) -> pd.DataFrame:
        """A collected CSV table; text stays text (a class named `NA` is no missing value)."""
        return pd.read_csv(self.path(name), keep_default_na=False, na_values=[""])


@dataclass
class Sheet:
    """Where a study's figures and tables go; `runs` in the study's order."""

    study: str
    folder: Path
    runs: list[Run]

    def __post_init__(self) -> None:
        for name in ("figures", "tables"):
            (self.folder / name).mkdir(parents=True)

    def having(self, *stages: str) -> list[Run]:
        """The experiments for which these stages left findings."""
        return [run for run in self.runs if all(stage in run.metrics for stage in stages)]

    def figure(
        self, name: str, drawing: Any, title: str, caption: str, alt: str, made_by: Iterable[str], suffix: str = ".svg"
    ) -> dict[str, Any]:
        """Draw to `figures/<name><suffix>`; the block for the page."""
        file = f"figures/{name}{suffix}"
        figures.save(drawing, self.folder / file)
        block = {"kind": "figure", "id": name, "title": title, "file": file, "caption": caption, "alt": alt}
        if isinstance(drawing, np.ndarray):
            block |= {"height": drawing.shape[0], "width": drawing.shape[1]}
        return block | {"made_by": list(made_by)}

    def table(
        self,
        name: str,
        frame: pd.DataFrame,
        title: str,
        columns: Mapping[str, tuple[str, str]],
        made_by: Iterable[str],
        caption: str = "",
        folded: bool = False,
    ) -> dict[str, Any]:
        """Write `tables/<name>.csv`; the block shows `columns` (key -> label, format: text|integer|percent|decimal)."""
        file = self.data(name, frame)
        shown = [{"key": key, "label": label, "format": form} for key, (label, form) in columns.items()]
        block = {"kind": "table", "id": name, "title": title, "file": file, "caption": caption, "columns": shown}
        return block | {"folded": folded, "made_by": list(made_by)}

    def data(self, name: str, frame: pd.DataFrame) -> str:
        """Write `tables/<name>.csv` and return that name; the report hands on every table."""
        file = f"tables/{name}.csv"
        files.write_csv(self.folder / file, frame)
        return file

    def picture(self, name: str, source: Path) -> str:
        """Copy a picture to `figures/<name>.png`."""
        file = f"figures/{name}.png"
        shutil.copyfile(source, self.folder / file)
        return file


def section(name: str, title: str, text: str, blocks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A section of a study on the page."""
    return {"id": name, "title": title, "text": text, "blocks": list(blocks)}


def row(*blocks: dict[str, Any]) -> dict[str, Any]:
    """Blocks that stand side by side where the screen is wide enough."""
    return {"kind": "row", "blocks": list(blocks)}
