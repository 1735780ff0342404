"""What changed between two revisions, verdicts and metrics, as plain data.

Pure functions of the numbers of both: `revisit_engines.revisions` reads those, `revisit_engines.compare_text` tells
the outcome.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from revisit.errors import ArtifactError

# What is shown unless asked otherwise: how each training ended, and the figure or two by which its analyses are read.
MAIN = (
    "*.train.variants.*.test_accuracy",
    "*.train.variants.*.test_map",
    "*.train.variants.*.test_loss",
    "*.train.variants.*.train_loss",
    "*.train.variants.*.diverged",
    "*.evaluate.mean_average_precision",
    "*.probe.*.accuracy",
    "*.probe.*.map",
    "*.embed.*.neighbourhood_preservation",
    "*.neighbours.*.share_same_class",
    "*.inspect.total_parameters",
    "*.inspect.first_layer.dead_share",
    "*.inspect.occlusion.drop_on_object",
)
NOISE = 1e-12  # relative: smaller differences are none


@dataclass(frozen=True)
class Results:
    """The numbers of one revision.

    `name`: what the reader calls it. `metrics`: path as in the ledger, such as
    `fashion_static.evaluate.accuracy` -> value. `claims`: id -> its row in claims.json. `stale`: the stages whose
    numbers are not those of its settings and code, where that is known.
    """

    name: str
    metrics: Mapping[str, Any]
    claims: Mapping[str, Mapping[str, Any]]
    stale: tuple[str, ...] = ()


def is_number(value: Any) -> bool:
    """Whether a value is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal, numbers but for noise."""
    if is_number(a) and is_number(b):
        return math.isclose(a, b, rel_tol=NOISE, abs_tol=0.0)
    return type(a) is type(b) and a == b


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every value of `a` and `b`, sorted by path: whether it `changed`, what it is in `a` and in `b` if it is there.

    Of numbers also their `difference`, and that `relative` to the one in `a`, None for 0.
    """
    return [_difference(path, a, b) for path in sorted(a.keys() | b.keys())]


def compare(a: Results, b: Results, pattern: str | None = None, everything: bool = False) -> dict[str, Any]:
    """The comparison as plain data, sorted.

    Args:
        a: the older revision.
        b: the newer one.
        pattern: shell pattern of the paths of metrics to show; None: the main ones.
        everything: list also what is the same.

    Returns:
        `a`, `b` (names), `stale_a`, `stale_b` (stages); `claims`, `metrics`: rows that are listed, whether
        `changed`, with what they are in `a` and `b` unless they are not there; `new_experiments`,
        `gone_experiments`; `counts`.

    Raises:
        ArtifactError: neither has a metric that `pattern` names.
    """
    rows = differences(a.metrics, b.metrics)
    selected = [row for row in rows if _matches(row["path"], pattern)]
    if pattern is not None and not selected:
        raise ArtifactError(
            f"neither {a.name} nor {b.name} has a metric that {pattern!r} names; paths are those of the ledger, "
            "such as fashion_static.train.test_accuracy, and * stands for any part"
        )
    claims = _claims(a.claims, b.claims)
    experiments = [{path.partition(".")[0] for path in of.metrics} for of in (a, b)]
    shown = [row for row in selected if row["changed"]]
    return {
        "a": a.name,
        "b": b.name,
        "stale_a": list(a.stale),
        "stale_b": list(b.stale),
        "claims": [row for row in claims if row["changed"] or everything],
        "metrics": selected if everything else shown,
        "new_experiments": sorted(experiments[1] - experiments[0]),
        "gone_experiments": sorted(experiments[0] - experiments[1]),
        "counts": {
            "claims": len(claims),
            "claims_changed": sum(row["changed"] and "a" in row and "b" in row for row in claims),
            "claims_new": sum("a" not in row for row in claims),
            "claims_gone": sum("b" not in row for row in claims),
            "claims_of_other_value": sum(not row["changed"] and not row["same_value"] for row in claims),
            "metrics": len(rows),
            "metrics_changed": sum(row["changed"] for row in rows),
            "metrics_shown": len(shown),
        },
    }


def _matches(path: str, pattern: str | None) -> bool:
    return any(fnmatchcase(path, chosen) for chosen in (MAIN if pattern is None else [pattern]))


def _difference(path: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"path": path, "changed": not (path in a and path in b and same(a[path], b[path]))}
    row |= {side: values[path] for side, values in (("a", a), ("b", b)) if path in values}
    if is_number(row.get("a")) and is_number(row.get("b")):
        row["difference"] = row["b"] - row["a"] if row["changed"] else 0
        row["relative"] = row["difference"] / abs(row["a"]) if row["a"] else None
    return row


def _claims(a: Mapping[str, Mapping[str, Any]], b: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for name in sorted(a.keys() | b.keys()):
        sides = {side: claims[name] for side, claims in (("a", a), ("b", b)) if name in claims}
        told = {side: {"ours": of.get("ours"), "verdict": of.get("verdict")} for side, of in sides.items()}
        both = len(told) == 2
        rows.append(
            {
                "id": name,
                "changed": not both or told["a"]["verdict"] != told["b"]["verdict"],
                "same_value": both and same(told["a"]["ours"], told["b"]["ours"]),
                "published": (b if name in b else a)[name].get("published"),
                **told,
            }
        )
    return rows
