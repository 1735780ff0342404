"""The reader of each format that `params.yaml` can name. A new format is one module and one line here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from revisit.data.readers import cifar, folder, idx_files, voc
from revisit.data.readers.split import Split

Reader = Callable[[Path, dict[str, Any]], dict[str, Split]]  # (folder of the files, settings of `prepare`)

READERS: dict[str, Reader] = {"idx": idx_files.read, "cifar": cifar.read, "voc": voc.read, "folder": folder.read}
