"""What a training leaves of its event file among its findings, and how the report reads it.

It lies in `runs/`, beside the tables of all runs, and is that of the kept variant's first seed: the only run that logs
events. Findings of earlier versions, as reference results may be, have none of it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from revisit import reading
from revisit.analyses.tables import Table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FOLDER = "runs"
QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}  # column -> share of the values below
ENDS = ("low", *QUANTILES, "high")
GRADIENTS = Table("gradients.csv", {"step": int, "layer": str, **dict.fromkeys(ENDS, float)})
INPUTS = Table("inputs.csv", {"step": int})  # of each row of PICTURES
PICTURES = "inputs.npy"  # (moments, images, h, w, C) uint8, C 1 or 3
SIDE = 64  # pixels, the longer side of a picture at most


class Inputs(NamedTuple):
    """Images as the network got them: `steps` (M,) int64, `tiles` (M, N, h, w, C) uint8, h and w at most `SIDE`."""

    steps: "np.ndarray"
    tiles: "np.ndarray"


def gradients(findings: Path) -> "pd.DataFrame | None":
    """`GRADIENTS` of a training's findings; None where its version left none.

    Raises ValueError, or OSError, where the table is damaged: its columns, or values that are no finite numbers in
    ascending order.
    """
    frame = _table(findings, GRADIENTS)
    if frame is None:
        return None
    import numpy as np

    values = frame[list(ENDS)].to_numpy(float)
    if not np.isfinite(values).all() or (np.diff(values, axis=1) < 0).any():
        raise ValueError(f"{GRADIENTS.file}: a row is not of ascending finite numbers")
    return frame


def inputs(findings: Path) -> Inputs | None:
    """The input images of a training's findings; None where its version left none.

    Raises ValueError, or OSError, where they are damaged: no pictures, too large, or not as many as there are steps.
    """
    frame = _table(findings, INPUTS)
    if frame is None:
        return None
    tiles = reading.array(findings / FOLDER / PICTURES)
    if tiles.dtype != "uint8" or tiles.ndim != 5 or tiles.shape[-1] not in (1, 3) or not tiles.size:
        raise ValueError(f"{PICTURES}: an array of {tiles.dtype}, {tiles.shape}, is no pictures")
    if max(tiles.shape[2:4]) > SIDE or len(tiles) != len(frame):
        raise ValueError(f"{PICTURES}: {tiles.shape} is not of pictures of {SIDE} pixels for {len(frame)} steps")
    return Inputs(frame["step"].to_numpy(), tiles)


def _table(findings: Path, table: Table) -> "pd.DataFrame | None":
    path = findings / FOLDER / table.file
    if not path.exists():
        return None
    import pandas as pd

    types = {name: "int64" if kind is int else kind for name, kind in table.columns.items()}
    try:
        frame = pd.read_csv(path, keep_default_na=False, dtype=types)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"{table.file}: {error}") from None
    table.check(frame)
    if (frame["step"] < 0).any():
        raise ValueError(f"{table.file}: a step below 0")
    return frame
