"""Kill a stage at every moment at which it changes something on disk, and run it again.

    python tests/reliability/killed_stages.py --every 1

The stage's own script with small inputs, in a process that is killed (`kill -9`) just before it opens a file to write,
moves, makes or removes one: at each such moment, or at every n-th of them. What lies under a final name then must be
whole, no process of the stage may live on, and the next run, which is killed a moment later, goes on from what is
there. The last one ends by itself, with the bytes of an undisturbed run and nothing else.
"""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

import _command
import outcome
from stage_inputs import WRITES, Write

STAGES = ("propose", "detect", "segment")
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink")  # audit events
LONGEST = 60  # seconds that a process of a killed stage may take to end
Content = dict[str, bytes]


def run(every: int) -> list[outcome.Row]:
    """A row for each stage; from another process, which has no threads that would be missing in its copies."""
    command = [sys.executable, __file__, "--child", str(every)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    problem = [f"the process ended with status {ended.returncode}"] * bool(ended.returncode)
    return told + [{"attack": name, "tried": 0, "failures": problem} for name in STAGES[len(told) :]]


class Attack:
    """The kills of one stage."""

    def __init__(self, name: str, write: Write, scratch: Path) -> None:
        self._name, self._tree, self._write = name, scratch / "tree", write
        self._tree.mkdir()
        self._main = write.prepare(self._tree)

    def kills(self, every: int) -> outcome.Row:
        """Kill it at every n-th moment; the row."""
        whole, counted = (self._tree.with_name(name) for name in ("undisturbed", "counted"))
        for tree in (whole, counted):
            shutil.copytree(self._tree, tree)
        # here, so that the processes that are killed have what it imports
        with contextlib.chdir(whole), contextlib.redirect_stderr(io.StringIO()):
            self._main()
        expected, moments, kills, failures = _content(whole), self._run(counted, None), 0, []
        for moment in range(0, moments, every):
            killed = self._run(self._tree, moment)
            kills += killed < 0
            if (problem := self._wrong(expected)) and problem not in failures:
                failures.append(problem)
        ended = self._run(self._tree, None)
        if ended < 0 or _content(self._tree) != expected:
            failures.append("the last run did not end with the bytes of an undisturbed one")
        return {"attack": self._name, "tried": kills, "moments": moments, "failures": failures}

    def _wrong(self, expected: Content) -> str:
        """What lies under a final name and must not."""
        left = {name: data for name, data in _content(self._tree).items() if ".partial" not in Path(name).parts}
        if wrong := [name for name, data in left.items() if expected.get(name) != data]:
            return f"believed although not whole: {wrong[0]}"
        for folder in self._write.folders:
            there = [name for name in left if name.startswith(f"{folder}/")]
            lost = [name for name in expected if name.startswith(f"{folder}/") and name not in left]
            if there and lost:
                return f"a folder without {lost[0]}"
        return ""

    def _run(self, tree: Path, moment: int | None) -> int:
        """Run the stage in a process of its own; how many moments there were, or -1: it was killed at its moment."""
        out, into = os.pipe()
        child = os.fork()
        if not child:
            os.setsid()  # its own processes are its group, which is gone when all of them are
            os._exit(_watched(self._main, tree, moment, into))
        os.close(into)
        with open(out, "rb") as stream:
            said = stream.read()  # ends when the last process of the group does
        _, status = os.waitpid(child, 0)
        _gone(child)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and moment is not None:
            return -1
        if status or not said:
            raise RuntimeError(f"{self._name}: status {status} where it was not killed")
        return int(said)


def _watched(main: Any, tree: Path, moment: int | None, into: int) -> int:
    """Run `main` from `tree`; count its changes on disk, and die before number `moment`."""
    seen, this = 0, os.getpid()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if not (writes or event in CHANGES) or os.getpid() != this or "/dev/" in str(arguments[0]):
            return
        if seen == moment:
            os.kill(this, signal.SIGKILL)
        seen += 1

    _command.ROOT = tree
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            sys.addaudithook(hook)
            _command.run(main)
    except SystemExit as end:
        return int(end.code or 0)
    os.write(into, str(seen).encode())
    return 0


def _gone(group: int) -> None:
    """Wait until no process of a group is left. Raises TimeoutError."""
    end = time.monotonic() + LONGEST
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        if time.monotonic() > end:
            os.killpg(group, signal.SIGKILL)
            raise TimeoutError(f"a process of a killed stage was still there after {LONGEST} seconds")
        time.sleep(0.01)


def _content(folder: Path) -> Content:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def main() -> None:
    """Attack every stage, from a child process."""
    if "--child" not in sys.argv:
        outcome.command(__doc__, run, {"every": 1})
    every = int(sys.argv[sys.argv.index("--child") + 1])
    for name in STAGES:
        with tempfile.TemporaryDirectory() as scratch:
            print(json.dumps(Attack(name, WRITES[name], Path(scratch)).kills(every)), flush=True)


if __name__ == "__main__":
    main()
