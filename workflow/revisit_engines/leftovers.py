"""Folders of stages that `params.yaml` no longer knows: of an experiment that was renamed or removed."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from revisit import paths
from revisit.params.schema import Params

DVC_LOCK = Path("dvc.lock")


def folders(params: Params) -> Iterator[Path]:
    """The models, features and data that DVC made for names that `params` does not have, as DVC left them.

    Such a folder lies in DVC's cache, too, and comes back when the name does. One that DVC has not made, or that has
    other files by now, stays: it is somebody's own.
    """
    wanted = {
        *map(paths.raw, params.raw),
        *map(paths.prepared, [*params.datasets, *params.proposals]),
        *map(paths.model, [*params.pretrained, *params.grafts, *params.trainings]),
        *map(paths.features, params.analyses.extract),
    }
    tops = {path("").as_posix() for path in (paths.raw, paths.prepared, paths.model, paths.features)}
    for path, made in _made().items():
        if path not in wanted and path.parent.as_posix() in tops and _size(path) == made:
            yield path


def _made() -> dict[Path, tuple[int, int]]:
    """The folders in `dvc.lock`, also of stages that are gone, with the number of their files and the bytes of all."""
    try:
        stages = yaml.load(DVC_LOCK.read_bytes(), yaml.CSafeLoader)["stages"].values()
        outs = [out for stage in stages for out in stage.get("outs", ())]
        return {Path(out["path"]): (out["nfiles"], out["size"]) for out in outs if "nfiles" in out}
    except (OSError, yaml.YAMLError, LookupError, TypeError, AttributeError):
        return {}


def _size(folder: Path) -> tuple[int, int] | None:
    """The number of files below a folder and their bytes; without the stamp that Snakemake leaves there."""
    if not folder.is_dir() or folder.is_symlink():
        return None
    sizes = [
        path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != ".snakemake_timestamp"
    ]
    return len(sizes), sum(sizes)
