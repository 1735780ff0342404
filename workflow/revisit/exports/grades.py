"""Points for each claim: how much of what a report says was found again."""

import csv
import io
from collections.abc import Sequence

from revisit import files
from revisit.exports.ledger import Found

COLUMNS = (
    "claim",
    "study",
    "source",
    "place",
    "statement",
    "published",
    "reproduced",
    "low",
    "high",
    "unit",
    "verdict",
)
MOST = 2  # points of a claim
POINTS = {
    "agrees": MOST,
    "exceeds": MOST,
    "same direction": 1,
    "undecided": 0,
    "not reproduced": 0,
    "published value in error": 0,
    "impossible": 0,
}  # "not testable at this scale" has none: it is not graded


def table(found: Sequence[Found]) -> bytes:
    """The claims with their points, as CSV: nothing in `points` where a claim is not graded."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*COLUMNS, "points", "of"])
    for study in found:
        for claim in study.claims:
            points = POINTS.get(claim["verdict"])
            cells = [claim[key] for key in ("id", "study", "source", "place", "statement", "published")]
            cells += [claim[key] for key in ("ours", "ours_low", "ours_high", "unit", "verdict")]
            writer.writerow([*map(files.csv_cell, cells), points, None if points is None else MOST])
    return stream.getvalue().encode()


def total(found: Sequence[Found]) -> str:
    """All points in a sentence."""
    points = [POINTS.get(claim["verdict"]) for study in found for claim in study.claims]
    graded = [own for own in points if own is not None]
    left = f"; not testable yet: {len(points) - len(graded)}" if len(graded) < len(points) else ""
    return f"points: {sum(graded)} of {MOST * len(graded)}; claims: {len(graded)}{left}"
