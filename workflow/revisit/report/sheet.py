"""The folder of one study while it is drawn: writes figures and tables, returns what the page must know of each."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from revisit import files
from revisit.report import figures
from revisit.report.runs import Run


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
        self,
        name: str,
        drawing: Any,
        title: str,
        caption: str,
        alt: str,
        made_by: Iterable[str],
        suffix: str = ".svg",
        wide: bool = False,
    ) -> dict[str, Any]:
        """Draw to `figures/<name><suffix>`; the block for the page. A `wide` one scrolls where it does not fit."""
        file = f"figures/{name}{suffix}"
        figures.save(drawing, self.folder / file)
        block = {"kind": "figure", "id": name, "title": title, "file": file, "caption": caption, "alt": alt}
        if isinstance(drawing, np.ndarray):
            block |= {"height": drawing.shape[0], "width": drawing.shape[1]}
        return block | {"wide": wide, "made_by": list(made_by)}

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


def row(*blocks: dict[str, Any], small: bool = False) -> dict[str, Any]:
    """Blocks that stand side by side where the screen is wide enough: two, or four `small` ones."""
    return {"kind": "row", "small": small, "blocks": list(blocks)}
