"""What stages left that `params.yaml` no longer knows: of an experiment, a study or an analysis that was removed."""

import filecmp
import shutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from revisit import files, paths, reading
from revisit.params.graph import all_findings
from revisit.params.schema import Params

DVC_LOCK = Path("dvc.lock")
STAMP = ".snakemake_timestamp"  # which Snakemake leaves in folders
Outs = Mapping[Path, list[str]]  # path -> its digests, one for each stage that made it


class Pruned(NamedTuple):
    """What was removed, since DVC's cache has it, and where findings are now that it does not have."""

    removed: list[Path]
    aside: list[Path]

    def __str__(self) -> str:
        parts = []
        if self.removed:
            parts.append(f"removed {_some(self.removed)}: DVC's cache has them, and they come back with their names")
        if self.aside:
            parts.append(f"moved away, since DVC's cache does not have them: {_some(self.aside)}")
        return f"no longer in params.yaml: {'; '.join(parts)}" if parts else ""


def prune(params: Params) -> Pruned:
    """Remove the results of names that `params` does not have, and say which.

    Findings that are not in DVC's cache, such as those of a script that was run by hand, are moved to `paths.ASIDE`:
    stages depend on the whole folder that they lie in. Studies are drawn anew from findings.
    """
    outs, wanted, pruned = _made(), all_findings(params), Pruned([], [])
    for folder in paths.FINDINGS.glob("*"):
        for item in folder.glob("*"):
            if item.name not in wanted.get(folder.name, ()):
                _take_away(item, outs, pruned)
        if folder.name not in wanted:
            files.remove(folder)
    for folder in [path for path in paths.STUDIES.glob("*") if path.name not in params.studies]:
        files.remove(folder)
    for folder in _folders(params, outs):
        files.remove(folder)
        pruned.removed.append(folder)
    return pruned


def _take_away(item: Path, outs: Outs, pruned: Pruned) -> None:
    if item.name.startswith("."):  # an engine's, or an unfinished write
        files.remove(item)
    elif in_cache(item, outs.get(item, ())):
        files.remove(item)
        pruned.removed.append(item)
    else:
        place, number = paths.ASIDE / item.parent.name / item.name, 1
        while place.exists():
            place, number = place.with_name(f"{item.name}.{number}"), number + 1
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(item, place)
        pruned.aside.append(place)


def _folders(params: Params, outs: Outs) -> Iterator[Path]:
    """The models, features and data that DVC made for names that `params` does not have, as DVC left them.

    Such a folder lies in DVC's cache, too. One that does not, since DVC has not made it, or it has other files by now,
    stays: it is somebody's own.
    """
    wanted = {
        *map(paths.raw, params.raw),
        *map(paths.prepared, [*params.datasets, *params.proposals]),
        *map(paths.model, [*params.pretrained, *params.grafts, *params.trainings]),
        *map(paths.features, params.analyses.extract),
    }
    tops = {path("").as_posix() for path in (paths.raw, paths.prepared, paths.model, paths.features)}
    for path, digests in outs.items():
        own = path in wanted or path.parent.as_posix() not in tops or path.is_symlink() or not path.is_dir()
        if not own and in_cache(path, digests):
            yield path


def in_cache(path: Path, digests: Iterable[str]) -> bool:
    """Whether a file or a folder is what DVC's cache has by one of its digests in `dvc.lock`.

    Of files that are no links into the cache the content is compared, where their sizes agree.
    """
    return any(_is(path, digest) for digest in digests)


def _is(path: Path, digest: str) -> bool:
    try:
        if path.is_file():
            return _same(path, _object(digest))
        listed = {entry["relpath"]: entry["md5"] for entry in reading.json_value(_object(digest))}
        inside = [file for file in path.rglob("*") if not file.is_dir() and file.name != STAMP]
        there = {file.relative_to(path).as_posix(): file for file in inside}
        return listed.keys() == there.keys() and all(_same(there[name], _object(listed[name])) for name in listed)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _same(path: Path, cached: Path) -> bool:
    return path.samefile(cached) or filecmp.cmp(path, cached, shallow=False)


def _object(digest: str) -> Path:
    """Where the cache has what has this digest, or would."""
    return _cache() / "files/md5" / digest[:2] / digest[2:]


@cache
def _cache() -> Path:
    """DVC's cache, which may be elsewhere; DVC is imported only where something is to be removed."""
    from dvc.config import Config

    return Path(Config(str(Path(".dvc").absolute()), validate=False)["cache"].get("dir") or ".dvc/cache")


def _made() -> Outs:
    """The digests that `dvc.lock` has of every output, also of stages that are gone."""
    found: dict[Path, list[str]] = {}
    try:
        for stage in yaml.load(DVC_LOCK.read_bytes(), yaml.CSafeLoader)["stages"].values():
            for out in stage.get("outs", ()):
                found.setdefault(Path(out["path"]), []).append(out["md5"])
    except (OSError, yaml.YAMLError, LookupError, TypeError, AttributeError):
        return {}
    return found


def _some(found: list[Path]) -> str:
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0]}{more}"
