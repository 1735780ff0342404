"""A Workflow Run RO-Crate: the workflow, its configuration and its results in a folder that describes itself.

RO-Crate 1.1 (Soiland-Reyes et al. 2022, Data Science 5:97-138) with the profiles Workflow RO-Crate 1.0, Process Run
Crate 0.5 and Workflow Run Crate 0.5 (Leo et al. 2024, PLoS ONE 19:e0309210).
"""

import mimetypes
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from revisit import files, paths, reading
from revisit.errors import ArtifactError
from revisit.exports.ledger import Found
from revisit.report import opening

METADATA = "ro-crate-metadata.json"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}]
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
WORKFLOW = "Snakefile"
BIOSCHEMAS = "https://bioschemas.org/profiles/{}/1.0-RELEASE"
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
CODE = {  # beside the workflow -> what it is
    "dvc.yaml": "Each stage: command, inputs and outputs",
    "dvc.lock": "The digests of all inputs and outputs of the run",
    "requirements.lock": "The packages, with hashes",
    "Makefile": "The commands of the project",
    "README.md": "The project",
    "LICENSE": "The licence",
    "CITATION.cff": "How to cite the project",
}
FOLDERS = {"workflow": "Rules, scripts and library", "profiles": "Snakemake's defaults"}
SETTINGS = {  # of params.yaml
    "scale": "How much of the published protocols is run",
    "source": "Where data come from",
    "device": "What computes",
}
PACKAGES = {  # name, page
    "dvc": ("DVC", "https://dvc.org"),
    "torch": ("PyTorch", "https://pytorch.org"),
    "scikit-learn": ("scikit-learn", "https://scikit-learn.org"),
}
TYPES = {".csv": "text/csv", ".html": "text/html", ".json": "application/json", ".md": "text/markdown"}
SKIPPED = ("__pycache__", ".egg-info")
Entity = dict[str, Any]


def write(folder: Path, found: Sequence[Found], date: str) -> None:
    """Write the crate into `folder`, from the current folder, the root of the repository.

    Args:
        folder: is made.
        found: the studies.
        date: of publication, ISO 8601.

    Raises:
        ArtifactError: the report, or a file of the repository, is missing.
    """
    kept = [WORKFLOW, "params.yaml", *CODE]
    results = [path.as_posix() for path in sorted(paths.REPORT.glob("*.html"))]
    ledger = paths.REPORT / "data/ledger.csv"
    results += [ledger.as_posix(), *((paths.study(one.study["study"]) / "claims.json").as_posix() for one in found)]
    for name in [*kept, *results]:
        if not Path(name).is_file():
            raise ArtifactError(f"{name}: missing; build the report with `make report`, in a clone of the repository")
        files.copy(Path(name), folder / name)
    files.copy(paths.REPORT / "data", folder / paths.REPORT / "data")
    for name in FOLDERS:
        for path in sorted(Path(name).rglob("*")):
            if path.is_file() and not any(part.endswith(SKIPPED) for part in path.parts):
                files.copy(path, folder / path)
    graph = _graph(folder, found, results, date)
    (folder / METADATA).write_bytes(files.json_bytes({"@context": CONTEXT, "@graph": graph}))


def _graph(folder: Path, found: Sequence[Found], results: Sequence[str], date: str) -> list[Entity]:
    """The entities: the crate, the workflow, the run, and every file and folder that they name."""
    citation = reading.yaml_value("CITATION.cff")
    params = reading.yaml_value("params.yaml")
    authors = [
        {"@id": f"#author-{number}", "@type": "Organization", "name": author["name"]}
        for number, author in enumerate(citation["authors"], 1)
    ]
    values = [_value(name, params.get(name)) for name in SETTINGS]
    titles = {one.study["study"]: one.study["title"] for one in found}
    made = [_file(folder, name, _description(name, titles)) for name in results]
    of_ledger = next(one for one in made if one["@id"].endswith("ledger.csv"))
    of_index = next(one for one in made if one["@id"].endswith("index.html"))
    of_params = _file(folder, "params.yaml", "What is run: data, experiments, analyses and studies", "application/yaml")
    of_params["exampleOfWork"], of_ledger["exampleOfWork"], of_index["exampleOfWork"] = map(
        _link, ("#configuration", "#ledger", "#report")
    )
    parameters = [
        _parameter("configuration", "File", "The configuration", "params.yaml"),
        *(_parameter(name, "Text", text, f"#{name}-value") for name, text in SETTINGS.items()),
        _parameter("report", "File", "The report", of_index["@id"]),
        _parameter("ledger", "File", "The ledger of claims", of_ledger["@id"]),
    ]
    code = [_file(folder, name, text) for name, text in CODE.items()]
    next(one for one in code if one["@id"] == "README.md")["about"] = _link("./")
    data = {"@id": f"{paths.REPORT.as_posix()}/data/", "@type": "Dataset", "name": "The tables of the report"}
    folders = [{"@id": f"{name}/", "@type": "Dataset", "name": text} for name, text in FOLDERS.items()]
    software = [_software(*package) for package in PACKAGES.items()]
    workflow = _file(folder, WORKFLOW, citation["title"]) | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": "Revisit",
        "conformsTo": _link(BIOSCHEMAS.format("ComputationalWorkflow")),
        "version": str(citation["version"]),
        "license": _link("LICENSE"),
        "author": _links(authors),
        "programmingLanguage": _link(LANGUAGE),
        "softwareRequirements": [_link(one["@id"]) for one in software],
        "input": [_link(f"#{name}") for name in ("configuration", *SETTINGS)],
        "output": [_link(f"#{name}") for name in ("report", "ledger")],
    }
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "Run of the workflow",
        "description": opening.told([claim for one in found for claim in one.claims]),
        "agent": _links(authors),
        "instrument": _link(WORKFLOW),
        "object": [_link(one["@id"]) for one in (of_params, *values)],
        "result": [_link(one["@id"]) for one in (*made, data)],
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    parts = [workflow, of_params, *code, *folders, *made, data]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": citation["title"],
        "description": citation["abstract"],
        "datePublished": date,
        "license": _link("LICENSE"),
        "author": _links(authors),
        "keywords": ", ".join(citation["keywords"]),
        "conformsTo": [_link(profile) for profile in PROFILES],
        "hasPart": [_link(one["@id"]) for one in parts],
        "mainEntity": _link(WORKFLOW),
        "mentions": _link("#run"),
    }
    language = {
        "@id": LANGUAGE,
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "alternateName": "Snakemake",
        "identifier": _link("https://doi.org/10.1093/bioinformatics/bts480"),
        "url": _link("https://snakemake.readthedocs.io"),
        "version": metadata.version("snakemake"),
    }
    profiles = [
        {"@id": link, "@type": "CreativeWork", "name": name, "version": version}
        for link, (name, version) in PROFILES.items()
    ]
    return [_descriptor(), root, *parts, run, *values, *parameters, language, *software, *authors, *profiles]


def _descriptor() -> Entity:
    """The entity that says which file describes the crate, and by which specifications."""
    specifications = ["https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": _link("./"),
        "conformsTo": [_link(one) for one in specifications],
    }


def _file(folder: Path, name: str, text: str, kind: str | None = None) -> Entity:
    """A file in the crate with its size and digest."""
    path = folder / name
    kind = kind or TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    return {
        "@id": name,
        "@type": "File",
        "name": path.name,
        "description": text,
        "encodingFormat": kind,
        "contentSize": str(path.stat().st_size),
        "sha256": files.sha256(path),
    }


def _description(name: str, titles: Mapping[str, str]) -> str:
    path = Path(name)
    if path.name == "claims.json":
        return f"{titles[path.parent.name]}: claims with their verdicts"
    return {
        "index.html": "What was found, and the ledger",
        "search.html": "Every claim, figure and table, to be searched",
        "stages.html": "The stages of the run",
        "ledger.csv": "The ledger of claims",
    }.get(path.name, f"{titles.get(path.stem, path.stem)}: tables and figures")


def _value(name: str, value: object) -> Entity:
    return {
        "@id": f"#{name}-value",
        "@type": "PropertyValue",
        "name": name,
        "value": str(value),
        "exampleOfWork": _link(f"#{name}"),
    }


def _parameter(name: str, kind: str, text: str, example: str) -> Entity:
    return {
        "@id": f"#{name}",
        "@type": "FormalParameter",
        "name": name,
        "description": text,
        "additionalType": kind,
        "workExample": _link(example),
        "conformsTo": _link(BIOSCHEMAS.format("FormalParameter")),
    }


def _software(package: str, about: tuple[str, str]) -> Entity:
    name, url = about
    version = metadata.version(package)
    return {"@id": url, "@type": "SoftwareApplication", "name": name, "url": url, "version": version}


def _links(entities: Sequence[Entity]) -> Entity | list[Entity]:
    """References to entities; of one alone that one, as RO-Crate wants it."""
    found = [_link(one["@id"]) for one in entities]
    return found[0] if len(found) == 1 else found


def _link(name: str) -> Entity:
    return {"@id": name}
