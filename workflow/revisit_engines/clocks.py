"""Clocks that disagree: an artifact may be dated in the future by a clock that was ahead, here or on a file server.

DVC goes by content. Snakemake goes by dates in two places: a stale stage has to run because the marker is newer than
its artifacts, and when a job has ended whose input is dated after its output, it deletes that output, a correct one,
and does so again each time. Neither may happen, whatever the clocks say.
"""

import os
import sys
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

CHECK = "check_output_mtime"  # of Snakemake's DAG
TOPS = (Path("data"), Path("results"))
DEPTH = 3  # results/findings/<experiment>/<name>: what Snakemake knows lies no deeper
FLAG = ".snakemake_timestamp"  # in a folder: its date for Snakemake
STEP = 0.001  # seconds; more than is lost when a date becomes a floating-point number and a date again


def ahead() -> dict[Path, float]:
    """The artifacts of the current working tree that are dated in the future, and the dates."""
    now = time.time()
    dates = {path: path.lstat().st_mtime for path in _dated(TOPS, DEPTH)}
    return {path: date for path, date in dates.items() if date > now}


def bring_back(late: Collection[Path]) -> None:
    """Date these artifacts now. To be called with the engine lock held."""
    for path in late:
        os.utime(path, follow_symlinks=False)
    if late:
        told = "are dated in the future: a clock was ahead, here or where they lie; they are dated now"
        print(f"{len(late)} artifacts or folders of them {told}", file=sys.stderr, flush=True)


def outputs_follow_inputs() -> None:
    """Let Snakemake, in this process, date an output after its inputs instead of deleting it.

    A file that changes while a job reads it is noticed elsewhere: by the records, and by DVC, which looks at contents.
    Where Snakemake compares dates in another way, nothing is changed.
    """
    from snakemake.dag import DAG

    if hasattr(DAG, CHECK):
        setattr(DAG, CHECK, date_after_inputs)


async def date_after_inputs(_dag: Any, job: Any, outputs: Iterable[Any]) -> None:
    """Date those `outputs` of a job that has ended after its newest input that are dated before it."""
    inputs = [await _date(file) for file in job.input if await file.exists_local()]
    newest = max(inputs, default=0.0)
    for file in outputs:
        if await file.exists_local() and await _date(file) < newest:
            file.touch((newest + STEP, newest + STEP))


async def _date(file: Any) -> float:
    return (await file.mtime_uncached(skip_storage=True)).local()


def _dated(folders: Iterable[Path], depth: int) -> Iterable[Path]:
    """What lies in folders, so deep, and of the deepest folders the file that dates them."""
    for folder in folders:
        if not folder.is_dir() or folder.is_symlink():
            continue
        if not depth:
            yield from folder.glob(FLAG)
            continue
        inside = list(folder.iterdir())
        yield from inside
        yield from _dated(inside, depth - 1)
