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
FREE = Path(".work/free")  # lets a stage go on that is stuck
RUNS = Path(".work/runs.log")  # one line per completed run: stage, digest of its inputs


def on_disk(path):
    """{relative name: content} of a file (named ".") or of every file in a folder."""
    path = Path(path)
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return {
        file.relative_to(path).as_posix(): file.read_bytes() for file in files if not set(IGNORED) & set(file.parts)
    }


def digest(entries):
    """The digest of {relative name: content}."""
    state = hashlib.sha256()
    for name, content in sorted(entries.items()):
        state.update(f"{name}\0".encode() + hashlib.sha256(content).digest())
    return state.hexdigest()


def outputs(specification, read=on_disk):
    """The digest of a stage's inputs, and {path of a file: text} that it writes; `read` as `on_disk`."""
    inputs = digest({dep: digest(read(dep)).encode() for dep in specification["deps"]})
    written = {}
    for out in specification["outs"]:
        if out == "results/collected":  # one folder per study, each made of its own experiments' findings
            studies = json.loads(read(specification["deps"][0])["."])["settings"]["studies"]
            for study, experiments in studies.items():
                found = {
                    f"{x}/{n}": digest(read(f"results/findings/{x}/{n}")).encode()
                    for x in experiments
                    for n in experiments[x]
                }
                written[f"{out}/{study}/content"] = digest(found)
        elif Path(out).suffix:
            written[out] = f"{out} {inputs}\n" if not out.endswith(".json") else json.dumps({"content": inputs})
        else:
            written[f"{out}/content"] = f"{out} {inputs}\n"
            written[f"{out}/part/more"] = inputs * 100
    return inputs, written


def run():
    """What the stand-in of every script does."""
    from revisit import config, files

    stage = os.environ["DVC_STAGE"]
    config.settings(*stage.split("@"))  # as every script does, which refuses if its code is another by now
    specification = json.loads(SPECIFICATION.read_text())[stage]
    inputs, written = outputs(specification)
    time.sleep(float(os.environ.get("STAND_IN_SECONDS", "0.05")))
    for out in specification["outs"]:
        with files.replacing(out) as partial:
            for path, text in written.items():
                if path == out or path.startswith(f"{out}/"):
                    target = partial / Path(path).relative_to(out) if path != out else partial
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text)
            time.sleep(float(os.environ.get("STAND_IN_WRITING", "0")))
            while stage.split("@")[0] == os.environ.get("STAND_IN_STUCK") and not FREE.exists():
                time.sleep(0.1)
    with open(RUNS, "a") as log:
        log.write(f"{stage} {inputs}\n")
