"""Test images on the page: points of t-SNE maps and nearest neighbours, from the tables of a study.

An image's label is a text, as tables hold it: the numbers of its classes joined by spaces, empty without any.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from revisit.errors import ArtifactError
from revisit.report.palette import of_label

GRID = 4095  # coordinates of maps are whole numbers from 0 to this: finer than any screen
NO_CLASS = "no class"
Block = Mapping[str, Any]
Rows = Sequence[Mapping[str, str]]


def neighbours(block: Block, rows: Rows) -> dict[str, Any]:
    """`layers`, and `queries`: each one's tile and, by experiment and layer, those of its neighbours, nearest first."""
    queries: dict[str, dict[str, Any]] = {}
    for row in rows:
        own: dict[str, dict[str, Any]] = {name: {} for name in block["runs"]}
        query = queries.setdefault(row["query"], _tile(block, row["query"], row["query_label"]) | {"runs": own})
        same = row["same_class"].lower() == "true"
        tile = _tile(block, row["neighbour"], row["neighbour_label"]) | {"same": same}
        query["runs"][row["experiment"]].setdefault(row["layer"], []).append(tile)
    return {"layers": list(dict.fromkeys(row["layer"] for row in rows)), "queries": list(queries.values())}


def _tile(block: Block, row: str, label: str) -> dict[str, Any]:
    """Place of a test image in the block's sprite, and its classes."""
    sprite = block["sprite"]
    try:
        y, x = divmod(sprite["rows"].index(int(row)), sprite["columns"])
    except ValueError:
        stage = block["made_by"][0]
        raise ArtifactError(f"{block['picture']} has no tile of test image {row}: make {stage} again") from None
    return {"row": int(row), "x": x, "y": y, "name": _name(sprite, label)}


def points(block: Block, rows: Rows) -> dict[str, Any]:
    """The maps of one layer as whole numbers for the script: each map fills the same square.

    A point is an image that the sprite has; `labels` holds for each the index of its `kinds` entry: the classes of
    such an image, what they are called together, and their colour.
    """
    sprite = block["sprite"]
    place = {row: index for index, row in enumerate(sprite["rows"])}
    rows = [row for row in rows if row["layer"] == block["layer"] and int(row["row"]) in place]
    maps, order = {}, []
    for map_ in block["maps"]:
        order = [row for row in rows if int(row["iterations"]) == map_["iterations"]]
        axes = [[float(row[axis]) for row in order] for axis in "xy"]
        span = max(max(values) - min(values) for values in axes) or 1.0
        middles = [(max(values) + min(values)) / 2 for values in axes]
        x, y = (
            [round(((value - middle) / span + 0.5) * GRID) for value in values]
            for values, middle in zip(axes, middles, strict=True)
        )
        maps[str(map_["iterations"])] = {"x": x, "y": [GRID - value for value in y]}  # screens count downwards
    kinds = sorted({row["label"] for row in order}, key=_classes)
    index = {label: number for number, label in enumerate(kinds)}
    return {
        "maps": maps,
        "labels": [index[row["label"]] for row in order],
        "kinds": [{"classes": _classes(k), "name": _name(sprite, k), "colour": of_label(k)} for k in kinds],
        "rows": [int(row["row"]) for row in order],
        "tiles": [place[int(row["row"])] for row in order],
        "columns": sprite["columns"],
        "tile": sprite["tile"],
        "legend": block["legend"],
    }


def _classes(label: str) -> list[int]:
    return [int(number) for number in label.split()]


def _name(sprite: Mapping[str, Any], label: str) -> str:
    return ", ".join(str(sprite["classes"][number]) for number in _classes(label)) or NO_CLASS
