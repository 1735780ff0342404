"""Damaged and forged input for every reader: each case ends in a correct read or in one message with a remedy.

    python tests/reliability/fuzz.py --cases 100000 --seed 1

Each reader's cases run in a process of their own, whose memory is bounded and in which nothing may be executed,
imported, sent, or written outside a scratch folder.
"""

import contextlib
import io
import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import hypothesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

import guard
import outcome
from attacked_readers import Files, Reader, table, write
from mutations import Draw, Part, damaged, rearranged
from revisit.errors import RevisitError

MEMORY = 2 << 30  # bytes of address space beyond a valid read; an image may have 64 million pixels
SECONDS = 20.0  # for one case
LONGEST = 5000  # characters of a message
ROW = "row.json"
KEPT = 10  # failures of a reader that are shown
REMEDY = re.compile(  # a clause that begins with what to do, or the ways in which a schema says what is allowed
    r"(?:[:;,]|\bor|\band|\bthen)\s+(?:get|put|run|name|keep|set|remove|delete|restore|save|mend|make|give|pack|use|"
    r"start|change|convert|write|correct|take|choose|leave)\b|\ballowed\b|there are: \S|unknown key|"
    r"missing; it has no default",
    re.IGNORECASE,
)


def run(cases: int, seed: int) -> list[outcome.Row]:
    """Attack every reader with about equal shares of `cases`; a row for each.

    Forks: call it in a process without threads.
    """
    readers = table()
    rows = []
    for number, reader in enumerate(readers):
        share = cases // len(readers) + (number < cases % len(readers))
        rows.append(_in_a_process(reader, share, seed))
        print(f"{number + 1}/{len(readers)} {reader.name}: {rows[-1]['seconds']} s", file=sys.stderr, flush=True)
    return rows


def _in_a_process(reader: Reader, cases: int, seed: int) -> outcome.Row:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        process = multiprocessing.get_context("fork").Process(target=_attack, args=(reader, cases, seed, Path(scratch)))
        process.start()
        process.join(cases * SECONDS)
        process.kill()
        process.join()
        written = Path(scratch, ROW)
        row: outcome.Row = {"attack": reader.name, "tried": 0, "read": 0, "refused": 0, "MB": 0, "other": 1}
        row |= {"failures": [f"the process ended with status {process.exitcode}"]}
        if written.exists():
            row = json.loads(written.read_bytes())
    failures = row.pop("failures")
    return row | {"seconds": round(time.monotonic() - start), "failures": failures}


def _attack(reader: Reader, cases: int, seed: int, scratch: Path) -> None:
    keep = Path(tempfile.gettempdir(), "revisit-failures")
    tempfile.tempdir = str(scratch)
    hypothesis.configuration.set_hypothesis_home_dir(scratch)
    sys.dont_write_bytecode = True
    os.fsync = lambda _: None  # nobody cuts the power here, and it takes most of the time
    row = Attack(reader, scratch, keep).attack(cases, seed)
    (scratch / ROW).write_text(json.dumps(row), encoding="utf-8")


class Attack:
    """The cases of one reader, in this process."""

    def __init__(self, reader: Reader, scratch: Path, keep: Path) -> None:
        self._reader, self._parts, self._scratch, self._keep = reader, reader.parts(), scratch, keep
        self._guard = guard.Guard(scratch)
        self._read = self._refused = 0
        self._failures: dict[str, str] = {}  # kind -> where its first example is kept

    def attack(self, cases: int, seed: int) -> outcome.Row:
        """Try valid input, then damaged input; the row."""
        reader = self._reader
        for watched in (False, True):  # what is imported on demand is there the second time
            found = self._outcome(reader.pack(self._parts), watched)
            assert found == "read", f"valid input: {found}"
        guard.limit_memory(MEMORY)
        before, tried = guard.most_memory(), 0

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=cases, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(_case(reader, self._parts))
        def case(files: Files) -> None:
            nonlocal tried
            tried += 1
            self._try(files)

        case()
        return {
            "attack": reader.name, "tried": tried, "read": self._read, "refused": self._refused,
            "MB": round((guard.most_memory() - before) / 1e6), "other": tried - self._read - self._refused,
            "failures": [f"{place}: {what}" for place, what in list(self._failures.items())[:KEPT]],
        }  # fmt: skip

    def _try(self, files: Files) -> None:
        kind = self._outcome(files)
        if kind == "read":
            self._read += 1
            return
        if kind == "refused":
            self._refused += 1
            return
        place, _, what = kind.partition(": ")
        if place not in self._failures:
            folder = self._keep / re.sub(r"\W+", "_", f"{self._reader.name} {len(self._failures)}")
            shutil.rmtree(folder, ignore_errors=True)
            write(files, folder)
            self._failures[place] = f"{what}; see {folder}"

    def _outcome(self, files: Files, watched: bool = True) -> str:
        """`read`, `refused`, or what happened instead."""
        folder = self._scratch / "case"
        os.chdir(self._scratch)
        shutil.rmtree(folder, ignore_errors=True)
        write(files, folder / "in")
        self._guard.seen.clear()
        found = "read"
        try:
            with (
                warnings.catch_warnings(action="error"),
                contextlib.redirect_stderr(io.StringIO()),  # of progress
                guard.within(SECONDS),
                self._guard.watching() if watched else contextlib.nullcontext(),
            ):
                self._reader.read(folder)
        except RevisitError as error:
            found = _judged(str(error), [*files, str(folder)])
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)
            ours = [frame for frame in place if "revisit" in frame.filename or "reliability" in frame.filename][-1]
            found = f"{type(error).__name__} at {Path(ours.filename).name}:{ours.lineno}: {error}"[:300]
        return self._guard.seen[0] if self._guard.seen else found


def _judged(message: str, names: list[str]) -> str:
    if len(message) > LONGEST:
        return f"a message of {len(message)} characters"
    if not any(Path(name).name in message for name in names):
        return f"a message that names no file: {message[:300]}"
    return "refused" if REMEDY.search(message) else f"a message without a remedy: {message[:300]}"


def _case(reader: Reader, parts: list[Part]) -> st.SearchStrategy[Files]:
    """Damaged parts made into files, or files damaged as a whole, or both."""

    @st.composite
    def files(draw: Draw) -> Files:
        what = draw(st.sampled_from(["parts", "parts", "parts", "file", "both"]))
        found = reader.pack(parts if what == "file" else draw(rearranged(parts, reader.named)))
        if what != "parts" and found:
            name = draw(st.sampled_from(sorted(found)))
            found = found | {name: draw(damaged(found[name]))}
        return found

    return files()


if __name__ == "__main__":
    outcome.command(__doc__, run, {"cases": 100_000, "seed": 1})
