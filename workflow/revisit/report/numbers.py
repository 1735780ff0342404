"""Numbers as readers like them."""

from collections.abc import Mapping
from typing import Any

MINUS = "\N{MINUS SIGN}"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None) -> str:
    """Whole numbers in full with thousands separated, others with three significant digits; a dash for None."""
    if value is None:
        return "–"
    if float(value).is_integer() and abs(value) < 1e15:
        text = f"{int(value):,}"
    elif 1e-4 <= abs(value) < 1e6:
        digits = max(0, 2 - _exponent(value))
        text = f"{value:,.{digits}f}"
    else:
        mantissa, exponent = f"{value:.2e}".split("e")
        text = f"{mantissa} × {power_of_ten(int(exponent))}"
    return text.replace("-", MINUS)


def power_of_ten(exponent: int) -> str:
    """10⁻⁵."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def formatted(value: float | None, form: str) -> str:
    """`format(value, form)` with a true minus sign; "unknown" for None, the value of a metric of a diverged run."""
    return "unknown" if value is None else format(value, form).replace("-", MINUS)


def _exponent(value: float) -> int:
    return int(f"{value:e}".split("e")[1])


def published_text(value: float) -> str:
    """A published number with all its digits but zeros at the end, which a ledger in YAML does not keep."""
    return f"{value:,}".replace("-", MINUS)


def value_text(value: float | None, published: float | None = None) -> str:
    """A claim's value, with the decimals (four at most) of the published one; a dash for None."""
    if isinstance(value, float) and isinstance(published, float) and 0 < abs(value) < 1:
        return f"{value:.{min(4, max(3, len(repr(published).partition('.')[2])))}f}".replace("-", MINUS)
    return number(value)


def cell(text: str, form: str) -> dict[str, Any]:
    """A table cell from its CSV text: what is shown, what sorting compares (None: no value, sorted last)."""
    if form == "text":
        return {"text": text, "sort": text.casefold(), "numeric": False}
    if text == "":
        return {"text": "–", "sort": None, "numeric": True}
    value = float(text)
    shown = {"integer": f"{value:,.0f}", "percent": f"{value:.1%}"}.get(form) or number(value)
    return {"text": shown.replace("-", MINUS), "sort": text, "numeric": True}


def moments(found: Mapping[str, Any]) -> list[str]:
    """The `moments` of a training in their `unit`, as columns are headed: `epoch 10`, `step 1,000`."""
    return [f"{found['unit']} {moment:,}" for moment in found["moments"]]


def duration(seconds: float | None) -> str:
    """A time in words: `42 seconds`, `17 minutes`, `3.4 hours`; a dash where none was measured."""
    if seconds is None:
        return "–"
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 6000 else f"{seconds / 3600:.1f} hours"
