"""What changed between two revisions, for a reader: the verdicts first, then the metrics by experiment."""

import json
import math
from collections.abc import Mapping
from typing import Any

from revisit.report.numbers import MINUS, number, published_text, value_text
from revisit_engines.compare import is_number, same

WIDEST = 40  # characters of a value that is no number
ROUNDED = 0.2  # two numbers are rounded as long as their difference stays within this share of what it is


def text(comparison: Mapping[str, Any], pattern: str | None = None) -> str:
    """The comparison for a reader: what stands against what, the tables, and a last line that counts."""
    claims = [row for row in comparison["claims"] if "a" in row and "b" in row]
    appeared = [[row["id"], row["b"]["verdict"]] for row in comparison["claims"] if "a" not in row]
    vanished = [[row["id"], row["a"]["verdict"]] for row in comparison["claims"] if "b" not in row]
    metrics = comparison["metrics"]
    everything = any(not row["changed"] for row in [*claims, *metrics])
    parts = [
        "\n".join(_name(side, comparison[side], comparison[f"stale_{side}"]) for side in "ab"),
        _section("Verdicts" if everything else "Verdicts that changed", _claims_table(claims)),
        _section("New claims", _table([["claim", "verdict"], *appeared])),
        _section("Claims that are gone", _table([["claim", "verdict"], *vanished])),
        _section("New experiments", [", ".join(comparison["new_experiments"])]),
        _section("Experiments that are gone", [", ".join(comparison["gone_experiments"])]),
        _section("Metrics" if everything else "Metrics that changed", _metrics_table(metrics)),
        _last_line(comparison["counts"], pattern),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _name(side: str, name: str, stale: list[str]) -> str:
    if not stale:
        return f"{side.upper()}: {name}"
    some = ", ".join(stale[:3]) + (", …" if len(stale) > 3 else "")
    return (
        f"{side.upper()}: {name}\n"
        f"   not up to date: {_count(len(stale), 'stage')} ({some}); run either engine to see the new numbers"
    )


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([title, *lines]) if any(lines) else ""


def _claims_table(rows: list[dict[str, Any]]) -> list[str]:
    cells = [["claim", "published", "ours", "verdict"]]
    for row in rows:
        published = row["published"]
        ours = [value_text(row[side]["ours"], published) for side in "ab"]
        if ours[0] == ours[1] and not row["same_value"]:
            ours = _pair(row["a"]["ours"], row["b"]["ours"])
        verdicts = [str(row[side]["verdict"]) for side in "ab"]
        told = "–" if published is None else published_text(published)
        cells.append([row["id"], told, _arrow(*ours), _arrow(*verdicts)])
    return _table(cells)


def _metrics_table(rows: list[dict[str, Any]]) -> list[str]:
    cells, last = [["", "A", "B", "difference", "relative"]], None
    for row in rows:
        experiment, _, path = row["path"].partition(".")
        if experiment != last:
            cells.append([experiment, "", "", "", ""])
            last = experiment
        if "a" not in row or "b" not in row:
            cells.append([f"  {path}", _shown(row, "a"), _shown(row, "b"), "new" if "b" in row else "gone", ""])
            continue
        relative = row.get("relative")
        cells.append(
            [
                f"  {path}",
                *_pair(row["a"], row["b"]),
                _signed(row["difference"]) if row.get("difference") else "",
                f"{relative:+,.1%}".replace("-", MINUS) if relative else "",
            ]
        )
    return _table(cells, numbers_from=1)


def _shown(row: Mapping[str, Any], side: str) -> str:
    return _value(row[side]) if side in row else ""


def _last_line(counts: Mapping[str, int], pattern: str | None) -> str:
    shown, hidden = counts["metrics_shown"], counts["metrics_changed"] - counts["metrics_shown"]
    beside = {kind: counts[f"claims_{kind.replace(' ', '_')}"] for kind in ("new", "gone", "of other value")}
    if not (counts["claims_changed"] or any(beside.values()) or counts["metrics_changed"]):
        of = f"{_count(counts['claims'], 'verdict')} and {_count(counts['metrics'], 'metric')}"
        return f"Nothing changed: {of} are the same."
    verdicts = [f"{counts['claims_changed']} of {_count(counts['claims'], 'verdict')} changed"]
    verdicts += [f"{count} {kind}" for kind, count in beside.items() if count]
    metrics = f"{_count(shown, 'main metric' if pattern is None else 'chosen metric')} changed"
    if hidden:
        metrics += f", {_count(hidden, 'other')} too: see --metrics '*'"
    return f"{', '.join(verdicts)}; {metrics}."


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"


def _arrow(a: str, b: str) -> str:
    return a if a == b else f"{a} -> {b}"


def _pair(a: Any, b: Any) -> list[str]:
    """Both values as text; of numbers that differ as many decimals, the same of both, as show by how much."""
    if not (is_number(a) and is_number(b)) or same(a, b) or (isinstance(a, int) and isinstance(b, int)):
        return [_value(a), _value(b)]
    if all(value == 0 or 1e-4 <= abs(value) < 1e6 for value in (a, b)):
        first = max(0, 2 - math.floor(math.log10(max(abs(a), abs(b)))))  # three significant digits of the larger
        for decimals in range(first, first + 16):
            if abs(round(b, decimals) - round(a, decimals) - (b - a)) <= ROUNDED * abs(b - a):
                return [f"{value:,.{decimals}f}".replace("-", MINUS) for value in (a, b)]
    return [_value(a), _value(b)]


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else MINUS}{number(abs(value))}"


def _value(value: Any) -> str:
    if value is None or is_number(value):
        return number(value)
    text = value if isinstance(value, str) and value.isprintable() else json.dumps(value, ensure_ascii=True)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _table(rows: list[list[str]], numbers_from: int | None = None) -> list[str]:
    """Lines of a table whose first row names the columns, those from `numbers_from` on the right; [] without rows."""
    if len(rows) == 1:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = len(widths) if numbers_from is None else numbers_from
    return [
        "  ".join(
            cell.ljust(width) if column < right else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
