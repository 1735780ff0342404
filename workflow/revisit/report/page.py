"""The report: one self-contained page for all studies, and its tables beside it.

No drawing library is loaded: the studies are drawn already. Everything that comes from data passes the template
engine's escaping; scripts in the page are named by their hash, and the page may load nothing from anywhere.
"""

import base64
import csv
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from revisit import files, reading, stages
from revisit.errors import ArtifactError
from revisit.nested import flatten
from revisit.report import maps, opening, svg
from revisit.report.numbers import cell, number, published_text, value_text
from revisit.report.palette import THEME, TONES

TEMPLATES = Path(__file__).parent / "templates"

VERDICTS = {  # those of verdicts.Verdict, in its order -> name of the badge in style sheets, sign
    "agrees": ("agrees", "✓"),
    "exceeds": ("exceeds", "▲"),
    "same direction": ("direction", "≈"),
    "undecided": ("undecided", "?"),
    "not reproduced": ("failed", "✗"),
    "published value in error": ("error", "!"),
    "impossible": ("impossible", "⊘"),
    "not testable at this scale": ("untestable", "–"),
}
STATUSES = {  # of an assumption
    "confirmed": ("agrees", "✓"),
    "contradicted": ("failed", "≠"),
    "open": ("untestable", "○"),
}
HELD = {  # of a hypothesis
    "supported": ("supported", "agrees", "✓"),
    "not supported": ("not supported", "failed", "✗"),
    "undecided": ("undecided", *VERDICTS["undecided"]),
    "not testable": ("not testable", "untestable", "–"),
}
SCALES = {
    "demo": "Demo scale: every step of the pipeline with fewer images and steps, minutes on a CPU.",
    "paper": "Paper scale: the published protocols in full.",
}


def render(settings: Mapping[str, Any], studies: Path, destination: Path) -> None:
    """Write `index.html` and `data/*.csv` to `destination`, as a whole.

    `settings`: those of stage `report`; `studies`: results/studies. Raises ArtifactError when a study is missing.
    """
    described = [_study(studies / name) for name in settings["studies"]]
    claims = [claim for study in described for claim in study["claims"]]
    with files.replacing(destination) as partial:
        (partial / "data").mkdir(parents=True)
        for study in described:
            for table in sorted((studies / study["study"] / "tables").glob("*.csv")):
                shutil.copyfile(table, partial / "data" / f"{study['study']}-{table.name}")
        _ledger(partial / "data/ledger.csv", claims)
        (partial / "index.html").write_bytes(_html(settings, described, claims).encode())


def _html(settings: Mapping[str, Any], studies: list[dict[str, Any]], claims: list[dict[str, Any]]) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"published": published_text, "value": value_text, "number": number}
    environment.filters |= {"surety": opening.surety, "by_runs": opening.by_runs}
    script, style = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.js", "report.css"))
    return environment.get_template("page.html.j2").render(
        scale=settings["scale"],
        published=all(whose == "published" for study in studies for whose in study["provenance"].values()),
        scale_text=SCALES[settings["scale"]],
        data_text=opening.data(studies),
        origin=opening.origin,
        told=opening.told(claims),
        needs=opening.needs(studies),
        studies=studies,
        sprites=_sprites(block for study in studies for section in study["sections"] for block in section["blocks"]),
        claims=claims,
        counts={verdict: sum(claim["verdict"] == verdict for claim in claims) for verdict in VERDICTS},
        verdicts=VERDICTS,
        statuses=STATUSES,
        held=HELD,
        untestable=opening.UNTESTABLE,
        impossible=opening.IMPOSSIBLE,
        theme=THEME,
        tones=TONES,
        style=Markup(style),  # noqa: S704  (a file of this package)
        script=Markup(script),  # noqa: S704
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _study(folder: Path) -> dict[str, Any]:
    """study.json and claims.json with the content of every file that the page shows."""
    study, claims = _json(folder / "study.json"), _json(folder / "claims.json")
    for section in study["sections"]:
        section["blocks"] = [_block(block, folder, study["study"]) for block in section["blocks"]]
    return study | {"claims": claims, "settings": _settings(study["experiments"])}


def _block(block: dict[str, Any], folder: Path, study: str) -> dict[str, Any]:
    kind = block["kind"]
    if kind == "row":
        return block | {"blocks": [_block(inner, folder, study) for inner in block["blocks"]]}
    block = block | {"anchor": f"{study}-{block['id']}", "study": study}
    if kind == "figure" and "data" in block:
        block["data"] = f"data/{study}-{Path(block['data']).name}"
    if kind == "figure" and block["file"].endswith(".svg"):
        return block | {"svg": svg.inline(_file(folder / block["file"]), block["anchor"], block["alt"])}
    if kind == "figure":
        return block | {"uri": _uri(folder / block["file"])}
    data = f"data/{study}-{Path(block['file']).name}"
    rows = _rows(folder / block["file"])
    if kind == "table":
        cells = [[cell(row[column["key"]], column["format"]) for column in block["columns"]] for row in rows]
        return block | {"data": data, "rows": cells}
    block |= {"data": data, "uri": _uri(folder / block["picture"])}
    if kind == "neighbours":
        return block | maps.neighbours(block, rows)
    shown = [{**map_, "still": _block(map_["still"], folder, study)} for map_ in block["maps"]]
    picture = f"sprite-{hashlib.sha256(block['uri'].encode()).hexdigest()[:16]}"
    return block | {"maps": shown, "points": maps.points(block, rows), "picture": picture}


def _sprites(blocks: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The pictures of the interactive maps by their ids: maps of the same images share one."""
    return {block["picture"]: block["uri"] for block in blocks if block["kind"] == "embedding"}


def _settings(experiments: Mapping[str, Any]) -> dict[str, Any]:
    """Resolved settings side by side: names, and rows (key, value per experiment, whether they differ).

    Of a sweep, those of the variant that is kept; its table says what the others set.
    """
    flat = [_flat(experiment["settings"]) for experiment in experiments.values()]
    keys = dict.fromkeys(key for settings in flat for key in settings)
    rows = [(key, [settings.get(key, "") for settings in flat]) for key in keys]
    return {"names": list(experiments), "rows": [(key, values, len(set(values)) > 1) for key, values in rows]}


def _flat(settings: Mapping[str, Any]) -> dict[str, str]:
    found = flatten({key: value for key, value in settings.items() if key != "runs"})
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()}


def _ledger(path: Path, claims: list[dict[str, Any]]) -> None:
    keys = ("id", "study", "source", "place", "items", "group", "statement", "published", "ours", "ours_low")
    keys += ("ours_high", "unit", "seeds", "data", "verdict", "reason", "test")
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, keys, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(claim | {"items": " ".join(claim["items"])} for claim in claims)


def _file(path: Path) -> Path:
    if not path.is_file():
        raise ArtifactError(f"{path} is missing: run {stages.run(f'study@{path.parts[-3]}')}")
    return path


def _json(path: Path) -> Any:
    try:
        return reading.json_value(path)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read ({error}): run {stages.run(f'study@{path.parent.name}')}") from None


def _rows(path: Path) -> list[dict[str, str]]:
    with open(_file(path), newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _uri(path: Path) -> str:
    return "data:image/webp;base64," + base64.b64encode(_file(path).read_bytes()).decode()
