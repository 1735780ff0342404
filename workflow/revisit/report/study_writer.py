"""Writes the figures and tables of one study into its folder, and says what the page must know of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from revisit import files
from revisit.report import figures, sprites
from revisit.report.runs import Run


class Section(TypedDict):
    """A section of a study on the page, without its id."""

    title: str
    text: str
    blocks: list[dict[str, Any]]  # figures, tables and so on, each with what its `kind` asks for


@dataclass
class StudyWriter:
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

    def looked(self, part: str) -> list[Run]:
        """The experiments in which `inspect` did this part."""
        return [run for run in self.runs if run.look(part)]

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
        data: str | None = None,
        rows: Sequence[str] = (),
        columns: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Draw to `figures/<name><suffix>`; the block for the page. A `wide` one scrolls where it does not fit.

        `data`: the table behind it, as `data` returned it. `rows` and `columns` name those of a picture made of equal
        tiles, one name per tile or per as many tiles as there are more than names.
        """
        file = f"figures/{name}{suffix}"
        figures.save(drawing, self.folder / file)
        block: dict[str, Any] = {
            "kind": "figure",
            "id": name,
            "title": title,
            "file": file,
            "caption": caption,
            "alt": alt,
        }
        if isinstance(drawing, np.ndarray):
            block |= {"height": drawing.shape[0], "width": drawing.shape[1]}
        elif suffix == ".svg" and (readout := figures.readout(drawing)):
            block["readout"] = readout
        if data:
            block["data"] = data
        return block | {"rows": list(rows), "columns": list(columns), "wide": wide, "made_by": list(made_by)}

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

    def sprite(self, name: str, sources: Sequence[Path], rows: Sequence[int] | None = None) -> dict[str, Any]:
        """Write the tiles of test images `rows` to `figures/<name>`: `picture`, its file, and `sprite`, what it holds.

        `sources`: folders of findings with tiles of the same data set; without `rows` all tiles of the first.
        """
        image, sprite = sprites.cut(sources, rows)
        return {"picture": f"figures/{sprites.save(image, self.folder / 'figures' / name)}", "sprite": sprite}


def section(title: str, text: str, blocks: Sequence[dict[str, Any]]) -> Section:
    """A section of a study on the page, without its id."""
    return {"title": title, "text": text, "blocks": list(blocks)}


def row(*blocks: dict[str, Any], small: bool = False) -> dict[str, Any]:
    """Blocks that stand side by side where the screen is wide enough: two, or four `small` ones."""
    return {"kind": "row", "small": small, "blocks": list(blocks)}


def slug(layer: str) -> str:
    """A layer's name for ids and file names: `features.30` becomes `features-30`."""
    return layer.replace(".", "-")
