"""`codecheck.yml`, the configuration of a CODECHECK certificate, version 2.0 of its specification.

https://codecheck.org.uk/spec/config/2.0/. What the ledger knows is filled in: the manifest and the summary. Who wrote
the paper, who checks it and which certificate that gives, only people know: they say it in a file of their own.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from revisit import paths, reading
from revisit.errors import ConfigError
from revisit.exports.ledger import Found
from revisit.report import opening, summary

VERSION = "https://codecheck.org.uk/spec/config/2.0/"
ABOUT = Path("config/codecheck.yaml")
KEYS = ("paper", "codechecker", "report", "certificate", "repository", "source", "check_time", "summary")
OPENING = {
    paths.REPORT
    / "index.html": "What was found, and the ledger: every claim, the published value, ours and the verdict",
    paths.REPORT / "data/ledger.csv": "The ledger as a table",
}


def about(path: Path) -> dict[str, Any]:
    """What people say in the file at `path`.

    Raises:
        ConfigError: it is missing, no YAML mapping, has a key that does not belong there, or no `paper`.
    """
    where = f"{path}: says who wrote the paper and who checks it, as docs/exports.md describes"
    try:
        said = reading.yaml_value(path)
    except FileNotFoundError:
        raise ConfigError(f"{where}; it is missing: write it") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{where}; {error}") from None
    if not isinstance(said, dict) or not isinstance(said.get("paper"), dict):
        raise ConfigError(f"{where}; `paper` with title, authors and reference is missing")
    if unknown := [str(key) for key in said if key not in KEYS]:
        raise ConfigError(f"{where}; {', '.join(unknown)} does not belong there; allowed: {', '.join(KEYS)}")
    return said


def configuration(found: Sequence[Found], said: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """The configuration as a mapping; of the files of the manifest those that are there, below `root`."""
    claims = [claim for study in found for claim in study.claims]
    told = [opening.told(claims), *(sentence["text"] for sentence in summary.sentences(claims))]
    manifest = dict(OPENING)
    for study in found:
        name, title = study.study["study"], study.study["title"]
        if study.claims:
            manifest[paths.REPORT / f"{name}.html"] = f"{title}: tables and figures"
            manifest[paths.study(name) / "claims.json"] = f"{title}: claims with their verdicts"
    return {
        "version": VERSION,
        "manifest": [
            {"file": path.as_posix(), "comment": comment}
            for path, comment in manifest.items()
            if (root / path).is_file()
        ],
        "summary": " ".join(told),
        **said,
    }


def document(configuration: Mapping[str, Any]) -> bytes:
    """The file: an explicit YAML 1.1 document."""
    text = yaml.safe_dump(dict(configuration), allow_unicode=True, sort_keys=False, width=100)
    return f"%YAML 1.1\n---\n{text}".encode()


def problems(configuration: Mapping[str, Any], root: Path) -> list[str]:
    """What a complete certificate still lacks, by the rules of the register, their ids first; none if it is valid."""
    found: list[str] = []

    def rule(number: str, holds: object, text: str) -> None:
        if not holds:
            found.append(f"{number}: {text}")

    files = [item.get("file") for item in configuration.get("manifest", [])]
    rule("CC-CFG-004", files, "a manifest of files is missing; run the pipeline")
    rule("CC-CFG-006", not any(Path(str(file)).is_absolute() for file in files), "paths of files are relative")
    rule("CC-BUN-001", all((root / str(file)).is_file() for file in files), "a file of the manifest is not there")
    paper = configuration.get("paper")
    paper = paper if isinstance(paper, Mapping) else {}
    rule("CC-CFG-017", paper.get("title"), "paper.title is missing")
    rule("CC-CFG-021", paper.get("reference"), "paper.reference is missing, an address or a DOI")
    people = {"paper.authors": (paper.get("authors"), "018"), "codechecker": (configuration.get("codechecker"), "008")}
    for key, (listed, number) in people.items():
        whole = isinstance(listed, list) and listed and all(isinstance(one, Mapping) for one in listed)
        rule(f"CC-CFG-{number}", whole, f"{key} is a list of at least one person with name and ORCID")
        for one in listed if whole and isinstance(listed, list) else []:
            name = one.get("name")
            rule("CC-CFG-019" if number == "018" else "CC-CFG-009", name, f"a person of {key} has no name")
            needed = number == "018" or "ORCID" in one
            rule(
                "CC-MET-001",
                not needed or is_orcid(one.get("ORCID")),
                f"{key}: {name}: no ORCID as 0000-0002-1825-0097",
            )
    others = paper.get("reference-other", [])
    rule("CC-CFG-029", isinstance(others, list), "paper.reference-other is a list")
    rule("CC-CFG-011", configuration.get("report"), "report is missing, the address or DOI of the certificate")
    rule("CC-CFG-024", configuration.get("summary"), "summary is missing")
    certificate = str(configuration.get("certificate", ""))
    rule("CC-CFG-026", re.fullmatch(r"\d{4}-\d{3}", certificate), "certificate is missing, as 2026-001")
    rule("CC-CFG-023", not re.search(r"FIXME|TODO|XXXX", str(configuration)), "a placeholder is left")
    return found


def is_orcid(text: object) -> bool:
    """Whether it is an ORCID with a right check digit (ISO/IEC 7064:2003, MOD 11-2)."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", text):
        return False
    total = 0
    for digit in text.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == text[-1]
