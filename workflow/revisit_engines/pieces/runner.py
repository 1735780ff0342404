#!/usr/bin/env python3
"""Run what `pieces.json` beside this file lists, as far as the time goes; call it again for the rest.

Run it in the folder into which everything on the copy list was copied. It needs Python 3.11 and what the listed
scripts import, and nothing else: no network, no DVC, no Snakemake. A training stops by itself before the time is up
and goes on in the next call, to the bytes it would have had at once. A step that is killed is only repeated.

Exit status: 0 everything is finished, 75 there is more to do, 2 something has to be mended first.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn, TypedDict

FOLDER = Path(__file__).resolve().parent
LIST, RECEIPTS, BACK, KNOWN = FOLDER / "pieces.json", FOLDER / "receipts", FOLDER / "back.txt", FOLDER / "known.json"
BUDGET = 540.0  # seconds: leaves a minute of ten
MARGIN = 20.0  # seconds, or a tenth of a small budget: what a training has to finish a step and write its state
START = (
    30.0  # seconds, or a tenth of a small budget: with less left nothing is started, which would do nothing but start
)
MORE_TO_DO, TO_MEND = 75, 2
IGNORED = (".snakemake_timestamp",)  # Snakemake's, in folders
OLDEST = (3, 11)


class Step(TypedDict):
    """A stage of the list."""

    stage: str
    command: list[str]  # behind the interpreter
    inputs: dict[str, str | None]  # path -> digest; None: a step before it makes it
    outputs: list[str]
    records: list[str]
    after: list[str]  # stages of the list that it needs
    resumes: bool  # whether it stops in time and goes on in the next call
    state: str | None  # the folder of its resume states
    seconds: float  # what it may cost
    packages: list[str]  # that it imports


class Receipt(TypedDict):
    """What a step read and left."""

    stage: str
    command: list[str]
    inputs: dict[str, str | None]  # path -> digest
    outputs: dict[str, str]
    machine: dict[str, str]
    last_call_seconds: float


class Digests:
    """SHA-256 of files and folders, remembered while size and time of the files stay as they are."""

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept
        self._known = read(kept, {}) if kept else {}

    def of(self, path: Path) -> str | None:
        """The digest of a file, or of the names and contents of all files of a folder; None where nothing is."""
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file() and file.name not in IGNORED)
            lines = [f"{file.relative_to(path).as_posix()}\0{self._of_file(file)}\n" for file in files]
            return hashlib.sha256("".join(lines).encode()).hexdigest()
        return self._of_file(path) if path.is_file() else None

    def keep(self) -> None:
        """Write down what is known, for the next call."""
        if self._kept:
            write(self._kept, self._known)

    def _of_file(self, path: Path) -> str:
        found = path.stat()
        now = [found.st_size, found.st_mtime_ns]
        size, time_, digest = self._known.get(str(path), (None, None, None))
        if [size, time_] != now:
            with open(path, "rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            self._known[str(path)] = [*now, digest]
        return digest


def main() -> int:
    """Run the steps that are left, in order; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=BUDGET, metavar="SECONDS", help="of this call (default: 540)")
    parser.add_argument("--list", action="store_true", help="say what is done and what is left, and run nothing")
    arguments = parser.parse_args()
    start = time.monotonic()
    if arguments.budget <= 0:
        mend(f"--budget {arguments.budget:g}: expected seconds above 0")
    listed = read(LIST, None)
    if listed is None:
        mend(f"{LIST}: missing or damaged; copy everything on the copy list again")
    steps: list[Step] = listed["steps"]
    done = finished(steps)
    if arguments.list:
        for step in steps:
            print(f"{'done' if step['stage'] in done else 'left':5} {step['stage']}")
        return 0 if len(done) == len(steps) else MORE_TO_DO
    check(steps, done)
    lock = open(FOLDER / "lock", "a", encoding="utf-8")  # noqa: SIM115  (held as long as the process lives)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        mend(f"another call is at work in {FOLDER}; wait until it ends")
    status = Call(steps, done, start, arguments.budget).run() if len(done) < len(steps) else 0
    if not status:
        say(f"finished: all {len(steps)} steps; take home what {shown(BACK)} lists")
    return status


class Call:
    """One call of this script: some of the steps, or pieces of them.

    Args:
        steps: all of the list.
        done: the stages with a receipt; those that end here are added.
        start: when the call began (`time.monotonic`).
        budget: how many seconds it may take.
    """

    def __init__(self, steps: list[Step], done: set[str], start: float, budget: float) -> None:
        self._steps, self._done = steps, done
        self._budget, self._end = budget, start + budget
        self._stop = self._end - min(MARGIN, budget / 10)
        self._last_start = self._stop - min(START, budget / 10)
        self._digests = Digests(KNOWN)
        self._tried = read(FOLDER / "tried.json", {})  # seconds that steps were given and did not end in
        self._is_first = True

    def run(self) -> int:
        """Run steps until the time is up; returns the exit status."""
        self._machine = machine()
        say(f"{self._machine['device']}, PyTorch {self._machine['torch']}; {self._budget:g} s for this call")
        while len(self._done) < len(self._steps) and (self._is_first or time.monotonic() < self._last_start):
            step = next((step for step in self._steps if self._can_start(step)), None)
            if step is None:
                break
            self._one(step)
            self._is_first = False
        left = [step["stage"] for step in self._steps if step["stage"] not in self._done]
        if left and self._is_first:
            mend(
                f"{left[0]} does not end within {self._budget:g} s and cannot be cut; give a larger --budget, or take "
                f"home what is done and run it there: `dvc repro {left[0]}`"
            )
        if left:
            say(f"more to do: {len(left)} of {len(self._steps)} steps, next {left[0]}; call again")
        return MORE_TO_DO if left else 0

    def _can_start(self, step: Step) -> bool:
        """Whether what a step needs is there, and time enough: a step that cannot be cut must end in this call."""
        if step["stage"] in self._done or not self._done.issuperset(step["after"]):
            return False
        left = self._end - time.monotonic()
        if step["resumes"]:
            return True
        return self._tried.get(step["stage"], 0) < left * 0.95 and (self._is_first or step["seconds"] <= left)

    def _one(self, step: Step) -> None:
        stage, began = step["stage"], time.monotonic()
        inputs = self._checked_inputs(step)
        say(f"{stage} ({len(self._done) + 1} of {len(self._steps)})")
        limit = self._end - time.monotonic()
        environment = os.environ | {"DVC_STAGE": stage, "REVISIT_STOP_AT": str(self._stop)}
        environment.pop("REVISIT_DVC_PID", None)
        before = newest(step["state"])
        process = subprocess.Popen([sys.executable, *step["command"]], env=environment)
        try:
            status = process.wait(max(limit, 0.1))
        except subprocess.TimeoutExpired:
            status = None
        finally:
            process.kill()
            process.wait()
        if status == 0:
            self._finish(step, inputs, time.monotonic() - began)
        elif status is None and not step["resumes"]:
            write(FOLDER / "tried.json", self._tried | {stage: limit})
            self._tried[stage] = limit
            say(f"{stage} did not end in the {limit:.0f} s that were left; it begins anew in a call of its own")
        elif status is None and self._is_first and newest(step["state"]) == before:
            mend(f"{stage} does not reach its first resume state within {self._budget:g} s; give a larger --budget")
        elif status not in (None, MORE_TO_DO):
            mend(f"{stage} ended with exit status {status}; what it said stands above; mend that and call again")

    def _checked_inputs(self, step: Step) -> dict[str, str | None]:
        """The digests of a step's inputs, which are those of the list, or of the steps that made them here."""
        digests: dict[str, str | None] = {}
        for path, planned in step["inputs"].items():
            made: Receipt | None = next((read(receipt(s), None) for s in self._steps if path in s["outputs"]), None)
            expected = made["outputs"][path] if made else planned
            digests[path] = self._digests.of(Path(path))
            if digests[path] != expected:
                what = "missing" if digests[path] is None else "not what was planned with"
                mend(f"{path}: {what}; copy everything on the copy list again, or plan again (`make gpu-pieces`)")
        self._digests.keep()
        return digests

    def _finish(self, step: Step, inputs: dict[str, str | None], seconds: float) -> None:
        outputs: dict[str, str] = {}
        for path in step["outputs"]:
            digest = self._digests.of(Path(path))
            if digest is None:
                mend(f"{step['stage']} left no {path}, although it ended well; remove nothing, and report this")
            outputs[path] = digest
        content: Receipt = {
            "stage": step["stage"],
            "command": step["command"],
            "inputs": inputs,
            "outputs": outputs,
            "machine": self._machine,
            "last_call_seconds": round(seconds, 1),
        }
        write(receipt(step), content)
        self._done.add(step["stage"])
        self._digests.keep()
        ours = [shown(path) for path in (LIST, RECEIPTS)]
        lines = [path for s in self._steps if s["stage"] in self._done for path in (*s["records"], *s["outputs"])]
        BACK.write_text("".join(f"{line}\n" for line in dict.fromkeys(ours + lines)), encoding="utf-8")


def finished(steps: list[Step]) -> set[str]:
    """The stages with a receipt whose inputs are still those of the list, or of the steps before it."""
    stages = set()
    outputs: dict[str, str] = {}
    for step in steps:
        told: Receipt | None = read(receipt(step), None)
        if not told or told["command"] != step["command"] or told["inputs"].keys() != step["inputs"].keys():
            continue
        if all(told["inputs"][path] == outputs.get(path, own) for path, own in step["inputs"].items()):
            stages.add(step["stage"])
            outputs |= told["outputs"]
    return stages


def check(steps: list[Step], done: set[str]) -> None:
    """End with one message where Python, a package or a script is not there."""
    if sys.version_info < OLDEST:
        mend(f"Python {platform.python_version()} is older than {'.'.join(map(str, OLDEST))}; use a newer one")
    left = [step for step in steps if step["stage"] not in done]
    if missing := sorted({path for step in left for path in step["command"][:1] if not Path(path).is_file()}):
        mend(f"{missing[0]} is not here; run this in the folder into which everything on the copy list was copied")
    names = sorted({name for step in left for name in step["packages"]})
    if missing := [name for name in names if not installed(name)]:
        mend(f"{sys.executable} lacks {', '.join(missing)}; install them there, with what they need, and call again")


def installed(name: str) -> bool:
    """Whether a package can be imported; it is not imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def machine() -> dict[str, str]:
    """What computes, for the receipts."""
    program = (
        "import json, torch; there = torch.cuda.is_available(); print(json.dumps({'torch': torch.__version__, "
        "'device': torch.cuda.get_device_name() if there else 'no GPU, the CPU'}))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    if told.returncode:
        last = (told.stderr.strip().splitlines() or ["no message"])[-1]
        mend(f"PyTorch does not start ({last}); mend its installation and call again")
    return {"python": platform.python_version(), **json.loads(told.stdout.splitlines()[-1])}


def newest(folder: str | None) -> int:
    """When something below a folder was last written."""
    times = [0]
    for path in Path(folder).rglob("*") if folder else ():
        with contextlib.suppress(OSError):
            times.append(path.stat().st_mtime_ns)
    return max(times)


def receipt(step: Step) -> Path:
    """What says that a step is done, with what it read and what it left."""
    return RECEIPTS / f"{step['stage']}.json"


def read(path: Path, otherwise: Any) -> Any:
    """The value in a JSON file; `otherwise` where there is none, or a damaged one."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return otherwise


def write(path: Path, value: Any) -> None:
    """Write a JSON file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with open(partial, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(value, indent=2) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(partial, path)


def shown(path: Path) -> str:
    """A path as it is written in lists: relative to the working folder where it lies in it."""
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else str(path)


def say(text: str) -> None:
    """A line on the terminal, at once."""
    print(text, flush=True)


def mend(text: str) -> NoReturn:
    """End with a message."""
    print(f"error: {text}", file=sys.stderr, flush=True)
    raise SystemExit(TO_MEND)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        mend(f"{error.strerror} ({error.filename}); free disk space or fix permissions, then call again")
