"""What the figures of a study are drawn from: the digest of what each stage left, as anyone can compute it again."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from revisit import files, reading
from revisit.report.findings import stage_of
from revisit.report.runs import Run


def digests(runs: Iterable[Run]) -> dict[str, str]:
    """The stages that left findings of some trainings, such as `evaluate@lenet_clean` -> `digest` of those."""
    found: dict[str, str] = {}
    for run in runs:
        training = run.made_by[0].partition("@")[0]
        left: dict[str, list[Path]] = {}
        for path in sorted(run.folder.iterdir()):
            if path.is_dir() or path.suffix in (".json", ".csv", reading.PACKED):
                left.setdefault(stage_of(path.name, training), []).append(path)
        found |= {f"{stage}@{run.name}": digest(run.folder, own) for stage, own in left.items()}
    return found


def digest(folder: Path, left: Iterable[Path]) -> str:
    """The SHA-256 of the list that `sha256sum` prints of all files of some findings, sorted by their paths in `folder`.

    Hidden files are none of theirs: Snakemake leaves such a file in a folder, DVC does not.
    """
    inside = (file for path in left for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
    named = {file.relative_to(folder).as_posix(): file for file in inside if not file.name.startswith(".")}
    lines = (f"{files.sha256(named[name])}  {name}\n" for name in sorted(named, key=str.encode))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
