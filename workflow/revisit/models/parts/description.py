"""What `network.json` says of a trained network, as far as readers rely on it.

Checked by hand: machines that train pieces of the pipeline have PyTorch, but no pydantic.
"""

import math
from collections.abc import Callable
from typing import Any

Test = Callable[[Any], bool]


def check(description: object) -> None:
    """Raise ValueError unless this may stand in `network.json`; the message names the key.

    Who needs a key looks whether it is there, and others may be there, too.
    """
    if not isinstance(description, dict):
        raise ValueError("no mapping of keys and values")
    for key, (fits, expected) in _KEYS.items():
        if key in description and not fits(description[key]):
            raise ValueError(f"{key}: expected {expected}")
    shape = description.get("shape")
    for key in ("mean", "std"):
        if shape and key in description and len(description[key]) != shape[2]:
            raise ValueError(f"{key}: expected a number for each of {shape[2]} channels")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_side(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _are(fits: Test) -> Test:
    return lambda values: isinstance(values, list) and all(map(fits, values))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


_KEYS: dict[str, tuple[Test, str]] = {
    **dict.fromkeys(("experiment", "dataset", "model"), (_is_text, "a text")),
    "network": (_is_mapping, "a mapping of keys and values"),
    "objective": (lambda value: value is None or _is_text(value), "a text or null"),
    "classes": (_are(_is_text), "a list of texts"),
    "shape": (
        lambda value: value is None or (_are(_is_side)(value) and len(value) == 3),
        "height, width and channels, whole numbers from 1 on, or null",
    ),
    "crop": (lambda value: value is None or _is_side(value), "a whole number from 1 on, or null"),
    **dict.fromkeys(("mean", "std"), (_are(_is_number), "a list of numbers")),
    "channels": (lambda value: value in ("rgb", "bgr"), "rgb or bgr"),
    "data": (lambda value: _is_mapping(value) and all(map(_is_text, value.values())), "a mapping of texts"),
}
