"""Pictures with boxes on the page: objects, and detections from a score on."""

from collections.abc import Mapping, Sequence
from typing import Any

Block = Mapping[str, Any]
Rows = Sequence[Mapping[str, str]]

WIDTH = 160.0  # of a drawing, whatever the tile: letters are as large in all
LOOKS = {"true": "right", "ignored": "neither"}  # of a detection; all other fates are wrong


def pictures(block: Block, rows: Rows) -> dict[str, Any]:
    """`pictures`: the place of each tile in the block's sprite, its name, and its boxes; `size` of a drawing.

    Objects come last, to lie on top; `shown`: whether a detection counts at the score that the page begins with.
    """
    sprite = block["sprite"]
    columns, (height, width) = sprite["columns"], sprite["tile"]
    width, height = WIDTH, WIDTH * height / width
    lines = -(-len(sprite["rows"]) // columns)
    found: list[dict[str, Any]] = []
    for picture in sprite["rows"]:
        own = [row for row in rows if int(row["picture"]) == picture]
        boxes: list[dict[str, Any]] = [_box(row, width, height, block["threshold"]) for row in own]
        objects = [row["class"] for row in own if row["what"] == "truth"]
        image = f"test image {own[0]['image']}" if own else "a test image"
        y, x = divmod(picture, columns)
        found.append(
            {
                "left": f"{100 * x / max(columns - 1, 1):.4g}",
                "top": f"{100 * y / max(lines - 1, 1):.4g}",
                "name": f"{image}: {', '.join(objects) or 'no object'}",
                "boxes": sorted(boxes, key=lambda box: box["look"] == "truth"),
            }
        )
    return {"pictures": found, "lines": lines, "size": (f"{width:g}", f"{height:.4g}")}


def _box(row: Mapping[str, str], width: float, height: float, threshold: float) -> dict[str, Any]:
    left, top, right, bottom = (
        float(row[key]) * side for key, side in zip(("x0", "y0", "x1", "y1"), (width, height) * 2, strict=True)
    )
    corners = {"x": f"{left:.1f}", "y": f"{top:.1f}", "w": f"{right - left:.1f}", "h": f"{bottom - top:.1f}"}
    if row["what"] == "truth":
        text = row["class"] + (" (difficult)" if row["fate"] == "difficult" else "")
        return {**corners, "look": "truth", "text": text, "base": f"{bottom - 3:.1f}", "score": None, "shown": True}
    score = float(row["score"])
    return {
        **corners,
        "look": LOOKS.get(row["fate"], "wrong"),
        "text": f"{row['class']} {score:.2f}",
        "told": row["told"],
        "base": f"{top + 8:.1f}",
        "score": f"{score:.4g}",
        "shown": score >= threshold,
    }


def told(level: Sequence[float]) -> str:
    """What the page says of a score: true positives, false positives, objects missed; the script says it likewise."""
    _, right, wrong, missed = level
    shares = [
        f"{part / whole:.1%}" if whole else "unknown"
        for part, whole in ((right, right + wrong), (right, right + missed))
    ]
    return (
        f"{right:,.0f} true positives, {wrong:,.0f} false positives, {missed:,.0f} objects missed: precision "
        f"{shares[0]}, recall {shares[1]}"
    )
