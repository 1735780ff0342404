"""A stand-in for a stage's script: fast, and exact about what it read and that it ran.

Every output is the digest of the stage's inputs, so an artifact made from a wrong or an old input shows.
"""

import hashlib
import json
import os
import time
from pathlib import Path

IGNORED = (".snakemake_timestamp", ".partial", "__pycache__", ".gitignore")
SPECIFICATION = Path(".work/stand_in.json")  # stage -> {"deps": [...], "outs": [...]}
RUNS = Path(".work/runs.log")  # one line per completed run: stage, digest of its inputs


def content(path):
    """The digest of a file, or of the names and contents of a folder."""
    path = Path(path)
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        if not set(IGNORED) & set(file.parts):
            digest.update(f"{file.relative_to(path)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def outputs(specification, content_of=content):
    """{path of a file: text} that a stage with these inputs writes."""
    inputs = "\n".join(f"{dep} {content_of(dep)}" for dep in specification["deps"])
    digest = hashlib.sha256(inputs.encode()).hexdigest()
    written = {}
    for out in specification["outs"]:
        if out == "results/collected":  # one folder per study, each made of its own experiments' findings
            record = json.loads(Path(specification["deps"][0]).read_text())["settings"]["studies"]
            for study, experiments in record.items():
                found = [content_of(f"results/findings/{x}/{name}") for x in experiments for name in experiments[x]]
                written[f"{out}/{study}/content"] = hashlib.sha256("".join(found).encode()).hexdigest()
        elif Path(out).suffix:
            written[out] = f"{out} {digest}\n" if not out.endswith(".json") else json.dumps({"content": digest})
        else:
            written[f"{out}/content"] = f"{out} {digest}\n"
            written[f"{out}/part/more"] = digest * 100
    return digest, written


def run():
    """What the stand-in of every script does."""
    from revisit import files

    stage = os.environ["DVC_STAGE"]
    specification = json.loads(SPECIFICATION.read_text())[stage]
    digest, written = outputs(specification)
    time.sleep(float(os.environ.get("STAND_IN_SECONDS", "0.05")))
    for out in specification["outs"]:
        with files.replacing(out) as partial:
            for path, text in written.items():
                if path == out or path.startswith(f"{out}/"):
                    target = partial / Path(path).relative_to(out) if path != out else partial
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text)
    with open(RUNS, "a") as log:
        log.write(f"{stage} {digest}\n")
