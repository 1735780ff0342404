"""The reader of each format that `params.yaml` can name. A new format is one module and one line here."""

from collections.abc import Callable
from pathlib import Path

from revisit.data.readers import idx_files
from revisit.data.readers.split import Split

Reader = Callable[[Path, int], dict[str, Split]]  # (folder of the official files, number of classes)

READERS: dict[str, Reader] = {"idx": idx_files.read}
