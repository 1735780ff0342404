"""Resume states: what a killed training needs to go on and end with the bytes it would have ended with.

A state is one file, put in its place by a rename. It belongs to a key (a digest of everything that decides what the
training computes); a state of another key, or a damaged one, is not used. The file is PyTorch's zip archive, read
back with `weights_only=True`: nothing in it is ever executed.
"""

import os
import sys
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

STATE = "state.pt"


def save(folder: Path, key: str, content: dict[str, Any]) -> None:
    """Write `content` (tensors, numbers, strings, lists, dicts) as the state of `folder`, whole or not at all."""
    with open(_partial(folder / STATE), "wb") as stream:
        torch.save({"key": key, "content": content}, stream)
    commit(folder / STATE)


def load(folder: Path, key: str) -> dict[str, Any] | None:
    """The content of the state of `folder`, tensors in main memory; None (with a notice) if it cannot be used."""
    path = folder / STATE
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
    except (zipfile.BadZipFile, UnpicklingError, RuntimeError, OSError, EOFError, ValueError, KeyError, TypeError):
        reason = "it is damaged"
    print(f"note: the resume state {path} is not used: {reason}; training starts anew", file=sys.stderr, flush=True)
    return None


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, and have it on disk on return."""
    _partial(path).write_bytes(content)
    commit(path)


def _partial(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(path.name + ".partial")


def commit(path: Path) -> None:
    """Put the finished `.partial` of a file in its place, the file and its folder's entry on disk."""
    with open(_partial(path), "rb") as stream:
        os.fsync(stream.fileno())
    os.replace(_partial(path), path)
    entry = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
