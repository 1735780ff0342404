"""How messages about `params.yaml` speak of words and values."""

import difflib
from collections.abc import Iterable

SHOWN = 300  # characters of a value in a message


def short(text: str) -> str:
    """`text`, cut off where it is long."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def guess(word: str, known: Iterable[str]) -> str:
    """What may have been meant, as a part of a sentence; empty where nothing is like it."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f" (did you mean {close[0]}?)" if close else ""


def unknown(word: str, what: str, known: Iterable[str]) -> str:
    """What is wrong with a name that is not among the `known` ones."""
    known = sorted(known)
    return f"unknown {what} {short(repr(word))}{guess(word, known)}; there are: {', '.join(known)}"
