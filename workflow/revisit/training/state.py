"""Resume states: what a killed training needs to go on and end with the bytes it would have ended with.

A state, of a run on its way or of a finished one, is one file, put in its place by a rename. It belongs to a key (a
digest of everything that decides what the training computes); a state of another key, or a damaged one, is not used.
The file is PyTorch's zip archive, read back with `weights_only=True`: nothing in it is ever executed.
"""

import hashlib
import json
import sys
import zipfile
import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from revisit import files

STATE = "state.pt"
RESULT = "result.pt"


def key(parts: dict[str, Any], device: torch.device) -> str:
    """A digest of everything that decides what a run computes: `parts`, PyTorch and the processor."""
    on_gpu = device.type == "cuda"
    chip = torch.cuda.get_device_name(device) if on_gpu else torch.backends.cpu.get_cpu_capability()
    parts = parts | {"torch": torch.__version__, "device": chip}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def save(folder: Path, key: str, content: dict[str, Any], name: str = STATE) -> None:
    """Write `content` (tensors, numbers, strings, lists, dicts) as a state of `folder`, whole or not at all."""
    try:
        with replacing(folder / name) as partial, open(partial, "wb") as stream:
            torch.save({"key": key, "content": content}, stream)
    except RuntimeError as error:  # PyTorch's writer hides what stopped it, such as a full disk
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def load(folder: Path, key: str, name: str = STATE) -> dict[str, Any] | None:
    """The content of a state of `folder`, tensors in main memory; None (with a notice) if it cannot be used."""
    path = folder / name
    if not path.exists():
        return None
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load itself does not look at the checksums
            damaged = archive.testzip()
        if damaged is None:
            state = torch.load(path, map_location="cpu", weights_only=True)
            if state["key"] == key:
                return state["content"]
            reason = "it belongs to other settings, data or code"
        else:
            reason = "it is damaged"
    except (
        zipfile.BadZipFile,
        zlib.error,
        UnpicklingError,
        RuntimeError,
        OSError,
        EOFError,
        LookupError,
        ValueError,
        TypeError,
    ):
        reason = "it is damaged"
    print(f"note: the resume state {path} is not used: {reason}; training starts anew", file=sys.stderr, flush=True)
    return None


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, and have its content on disk on return."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def replacing(path: Path) -> AbstractContextManager[Path]:
    """`files.replacing`; what a killed run leaves unfinished, perhaps gigabytes, lies in the folder of the run."""
    return files.replacing(path.absolute())
