"""What an analysis leaves: a summary, `<kind>.json`, and a folder of tables, arrays and pictures."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from revisit import files, paths

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Files = Mapping[str, "pd.DataFrame | np.ndarray | bytes"]  # by name: `.csv`, `.npy`, or the bytes of any other


def write(kind: str, name: str, summary: Mapping[str, Any], found: Files) -> None:
    """Write the findings of the analysis `kind` of the experiment `name`, whole or not at all."""
    with files.replacing(paths.findings(name, kind)) as folder:
        folder.mkdir()
        for file, content in found.items():
            if isinstance(content, bytes):
                (folder / file).write_bytes(content)
            elif file.endswith(".csv"):
                files.write_csv(folder / file, content)
            else:
                files.write_array(folder / file, content)
    files.write_json(paths.findings(name, f"{kind}.json"), summary)
