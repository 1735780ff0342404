"""The report: a page that opens it, one for each study, a search and the stages, each self-contained; and the tables.

No drawing library is loaded: the studies are drawn already. Everything that comes from data passes the template
engine's escaping; scripts in the page are named by their hash, and a page may load nothing from anywhere.
"""

import base64
import csv
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from revisit import files, reading, stages
from revisit.errors import ArtifactError
from revisit.nested import flatten
from revisit.report import boxes, dag, maps, opening, search, summary, svg
from revisit.report.numbers import cell, duration, number, published_text, value_text
from revisit.report.palette import THEME, TONES
from revisit.report.sides import REFERENCE

if TYPE_CHECKING:
    from revisit.report import records
    from revisit.report.settings import Report

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


def render(settings: "Report", studies: Path, destination: Path) -> None:
    """Write the pages, one for each study among them, and `data/*.csv` to `destination`, as a whole.

    `settings`: those of stage `report`, without stages where nothing was run; `studies`: results/studies.
    Raises ArtifactError when a study is missing.
    """
    described = [_study(studies / name) for name in settings["studies"]]
    claims = [claim for study in described for claim in study["claims"]]
    graph = settings["stages"]
    templates = _templates(described, graph)
    with files.replacing(destination) as partial:
        (partial / "data").mkdir(parents=True)
        for study in described:
            for side, folder in (("", "tables"), (f"{REFERENCE}-", f"{REFERENCE}/tables")):
                for table in sorted((studies / study["study"] / folder).glob("*.csv")):
                    shutil.copyfile(table, partial / "data" / f"{study['study']}-{side}{table.name}")
        _ledger(partial / "data/ledger.csv", claims)
        common: dict[str, Any] = {
            "study": None,
            "studies": described,
            "claims": claims,
            "sprites": {},
            "backgrounds": {},
        }
        shown = {"index": _opening(described, claims, bool(graph)), "search": {"entries": search.entries(described)}}
        if graph:
            shown["stages"] = {"drawing": dag.picture(graph, described), "lanes": dag.lanes(graph, described)}
        for place, own in shown.items():
            page = templates.get_template(f"{place}.html.j2").render(place=place, **common, **own)
            (partial / f"{place}.html").write_bytes(page.encode())
        template = templates.get_template("study.html.j2")
        for study in described:
            shared = {"sprites": _shared(study, "embedding"), "backgrounds": _shared(study, "detections")}
            page = template.render(place=study["study"], study=study, **shared)
            (partial / f"{study['study']}.html").write_bytes(page.encode())


def _templates(studies: Sequence["records.Page"], graph: dag.Graph) -> Environment:
    """The templates, and what every page has; `graph`: all stages."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"published": published_text, "value": value_text, "number": number, "section": _section}
    environment.filters |= {"surety": opening.surety, "by_runs": opening.by_runs, "duration": duration}
    environment.filters |= {"log": dag.log, "stage_id": dag.anchor}
    script, style = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.js", "report.css"))
    environment.globals |= {
        "titles": {study["study"]: study["title"] for study in studies},
        "labels": {study["study"]: opening.label(study) for study in studies},
        "graph": graph,
        "ran": bool(graph),
        "origin": opening.origin,
        "scales_of": opening.scales_of,
        "verdicts": VERDICTS,
        "statuses": STATUSES,
        "held": HELD,
        "untestable": opening.UNTESTABLE,
        "impossible": opening.IMPOSSIBLE,
        "theme": THEME,
        "tones": TONES,
        "style": Markup(style),  # noqa: S704  (a file of this package)
        "script": Markup(script),  # noqa: S704
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return environment


def _opening(studies: list["records.Page"], claims: list["records.Row"], ran: bool) -> dict[str, Any]:
    """What the opening page shows; `ran`: whether anything was run."""
    return {
        "scale_text": opening.scale(studies),
        "published": all(whose == "published" for study in studies for whose in study["provenance"].values()),
        "data_text": opening.data(studies),
        "reference_text": opening.references(studies, ran),
        "referenced": any(study["reference"]["experiments"] for study in studies),
        "told": opening.told(claims),
        "sentences": summary.sentences(claims),
        "needs": opening.needs(studies),
        "by_study": summary.by_study(studies),
        "questions": {study["study"]: study["question"] for study in studies},
        "counts": {verdict: sum(claim["verdict"] == verdict for claim in claims) for verdict in VERDICTS},
    }


def _section(claim: "records.Row") -> str:
    """The id of the section that a claim's figure stands in, on its study's page."""
    side = f"{REFERENCE}-" if claim["decided_by"] == REFERENCE else ""
    return f"{claim['study']}-{side}{claim['figure']}"


def _study(folder: Path) -> "records.Page":
    """study.json and claims.json with the content of every file that the page shows."""
    study: records.Study = _json(folder / "study.json")
    claims: list[records.Row] = _json(folder / "claims.json")
    name, reference = study["study"], study["reference"]
    _fill(study["sections"], folder, name, name)
    _fill(reference["sections"], folder / REFERENCE, name, f"{name}-{REFERENCE}")
    return {**study, "claims": claims, "settings": _settings(study["experiments"] or reference["experiments"])}


def _fill(sections: list["records.Placed"], folder: Path, study: str, prefix: str) -> None:
    """Put the content of every file into the blocks of some sections; ids and tables bear the `prefix`."""
    for section in sections:
        section["anchor"] = f"{prefix}-{section['id']}"
        section["blocks"] = [_block(block, folder, study, prefix) for block in section["blocks"]]


def _block(block: dict[str, Any], folder: Path, study: str, prefix: str) -> dict[str, Any]:
    kind = block["kind"]
    if kind == "row":
        return block | {"blocks": [_block(inner, folder, study, prefix) for inner in block["blocks"]]}
    block = block | {"anchor": f"{prefix}-{block['id']}", "study": study, "kept": prefix != study}
    if kind == "figure" and "data" in block:
        block["digest"] = files.sha256(_file(folder / block["data"]))
        block["data"] = f"data/{prefix}-{Path(block['data']).name}"
    if kind == "figure" and block["file"].endswith(".svg"):
        curves = [curve["id"] for curve in block.get("readout", {}).get("curves", ())]
        return block | {"svg": svg.inline(_file(folder / block["file"]), block["anchor"], block["alt"], curves)}
    if kind == "figure":
        return block | {"uri": _uri(folder / block["file"])}
    data = f"data/{prefix}-{Path(block['file']).name}"
    block["digest"] = files.sha256(_file(folder / block["file"]))
    rows = _rows(folder / block["file"])
    if kind == "table":
        cells = [[cell(row[column["key"]], column["format"]) for column in block["columns"]] for row in rows]
        return block | {"data": data, "rows": cells}
    block |= {"data": data, "uri": _uri(folder / block["picture"])}
    if kind == "neighbours":
        return block | maps.neighbours(block, rows)
    picture = f"sprite-{hashlib.sha256(block['uri'].encode()).hexdigest()[:16]}"
    if kind == "detections":
        return block | boxes.pictures(block, rows) | {"picture": picture}
    shown = [{**map_, "still": _block(map_["still"], folder, study, prefix)} for map_ in block["maps"]]
    return block | {"maps": shown, "points": maps.points(block, rows), "picture": picture}


def _shared(study: "records.Page", kind: str) -> dict[str, str]:
    """The pictures of all blocks of a kind by their ids: those of the same images share one."""
    sections = [*study["sections"], *study["reference"]["sections"]]
    blocks = (block for section in sections for block in section["blocks"])
    return {block["picture"]: block["uri"] for block in blocks if block["kind"] == kind}


def _settings(experiments: Mapping[str, "records.Experiment"] | Mapping[str, "records.Made"]) -> "records.Settings":
    """Resolved settings side by side: names, and rows (key, value per experiment, whether they differ).

    Of a sweep, those of the variant that is kept; its table says what the others set.
    """
    flat = [_flat(experiment["settings"]) for experiment in experiments.values()]
    keys = dict.fromkeys(key for settings in flat for key in settings)
    rows = [(key, [settings.get(key, "") for settings in flat]) for key in keys]
    return {"names": list(experiments), "rows": [(key, values, len(set(values)) > 1) for key, values in rows]}


def _flat(settings: Mapping[str, Any]) -> dict[str, str]:
    flat = flatten({key: value for key, value in settings.items() if key != "runs"})
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in flat.items()}


def _ledger(path: Path, claims: list["records.Row"]) -> None:
    keys = ("id", "study", "source", "place", "items", "group", "statement", "published", "ours", "ours_low")
    more = (
        "ours_high",
        "unit",
        "seeds",
        "data",
        "scale",
        "verdict",
        "reason",
        "decided_by",
        "run_ours",
        "run_verdict",
        "test",
    )
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, keys + more, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for claim in claims:
            run = claim["run"]
            own = {"run_ours": run["ours"], "run_verdict": run["verdict"]} if run else {}
            values = {**claim, **own, "items": " ".join(claim["items"])}
            writer.writerow({key: files.csv_cell(value) for key, value in values.items()})


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
