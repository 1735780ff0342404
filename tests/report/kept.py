"""Reference results of made-up findings."""

import json
import shutil
from pathlib import Path
from typing import Any

from revisit import files
from revisit.reference import store
from revisit.scales import REAL

DIGEST = "0" * 64
ABOUT = {"date": "2026-02-03", "machine": "a machine of many cores", "device": "cpu", "commit": "abcdef0" * 5 + "abcde"}


def keep(findings: Path, study: dict[str, Any], name: str, root: Path = store.FOLDER, **changes: Any) -> None:
    """Keep the findings of an experiment as a reference result, made by what `study` then asks for.

    `study`: the settings of its stage. `changes`: of the description; `data`: whose the data were.
    """
    data = changes.pop("data", "published")
    folder = root / name
    shutil.copytree(findings / name, folder / store.FINDINGS)
    train = folder / store.FINDINGS / "train.json"
    found = json.loads(train.read_text())
    train.write_text(json.dumps(found | {"provenance": {"data": data, "weights": None}}))
    settings = {"train": study["experiments"][name], "prepare": {"size": 28}}
    for path in (folder / store.FINDINGS).glob("*.json"):
        settings.setdefault(path.stem, {"experiment": name, "asked": 1})
    study.setdefault("asked", {})[name] = {scale: json.loads(json.dumps(settings)) for scale in REAL}
    described = {
        "version": store.VERSION,
        "experiment": name,
        **ABOUT,
        "versions": {"torch": "2"},
        "seconds": {"train": 3600.0},
        "cpu_seconds": {"train": 7200.0},
        "replicates": 1,
        "data": store.Data(dataset=settings["train"]["dataset"], provenance=data, weights=None, sha256={"a": DIGEST}),
        "settings": settings,
        "first_steps": store.FirstSteps(variant="base", loss=[2.3]),
        "weights": None,
        "thinned": [],
    }
    inside = {path.relative_to(folder / store.FINDINGS).as_posix(): path for path in store.paths_of(name, root)}
    digests = {file: files.sha256(path) for file, path in inside.items()}
    description = store.Description(**described | {"files": digests} | changes)
    (folder / store.DESCRIPTION).write_bytes(files.json_bytes(description.model_dump()))
