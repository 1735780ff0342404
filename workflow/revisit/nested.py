"""Nested settings and numbers as one level."""

from collections.abc import Mapping
from typing import Any


def flatten(nested: Any, path: str = "") -> dict[str, Any]:
    """The values of nested mappings by their paths, joined by dots, which begin with `path`; a list is one value."""
    if not isinstance(nested, Mapping):
        return {path: nested}
    flat: dict[str, Any] = {}
    for name, inner in nested.items():
        flat |= flatten(inner, f"{path}.{name}" if path else name)
    return flat
