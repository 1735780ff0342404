"""Disks that are full or must not be written to: one message, no half artifact, and the right bytes once there is room.

    python tests/reliability/disk.py --rounds 40 --seed 1

Each round runs a stage's own script while the disk ends at a random byte, checks what it left, and runs it again with
room. The disk is a tmpfs of some MB where this process may mount one (`--tmpfs 0`: never); else no file may grow beyond
a size (RLIMIT_FSIZE). Each stage has a process of its own.
"""

import contextlib
import ctypes
import errno
import io
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

import _command
import outcome
from stage_inputs import SERVERS, WRITES, Write

SIZE = 16 << 20  # bytes of the tmpfs
OUTSIDE = (".work",)  # resume states, which are no artifacts
WAITING = "/downloads/"  # what has arrived of files that are not yet whole
FULL, READ_ONLY, ENOUGH = OUTCOMES = ("full", "read-only", "enough room")  # the first two: refused
Content = dict[str, bytes]


def run(rounds: int, seed: int, tmpfs: int = 1, names: Iterable[str] = tuple(WRITES)) -> list[outcome.Row]:
    """So many rounds of each write with a disk that ends, and one without the right to write; a row for each."""
    rows = []
    for name in names:
        with _disk(bool(tmpfs)) as (disk, mounted):
            command = [sys.executable, __file__, "--child", name, str(rounds), str(seed), str(disk), str(int(mounted))]
            ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        row = {"attack": name, "tried": rounds, **dict.fromkeys(OUTCOMES, 0), "other": rounds}
        row["failures"] = [f"the process ended with status {ended.returncode}"]
        found = row if ended.returncode else json.loads(ended.stdout)
        rows.append(found | {"disk": "a small file system" if mounted else "files of bounded size"})
        print(f"{name}: {rows[-1][FULL]} of {rounds} refused", file=sys.stderr, flush=True)
    return rows


@contextlib.contextmanager
def _disk(wanted: bool) -> Iterator[tuple[Path, bool]]:
    """An empty folder, and whether it is a small file system of its own."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder]
        mounted = wanted and subprocess.run(mount, check=False, capture_output=True).returncode == 0
        try:
            yield Path(folder), mounted
        finally:
            if mounted:
                subprocess.run(["umount", folder], check=True)


class Attack:
    """The rounds of one write, in this process."""

    def __init__(self, name: str, write: Write, disk: Path, mounted: bool, scratch: Path) -> None:
        self._name, self._write, self._mounted = name, write, mounted
        self._inputs, self._tree, self._filler = scratch / "inputs", disk / "tree", disk / "filler"
        self._inputs.mkdir()
        self._main = write.prepare(self._inputs)
        self._given = _content(self._inputs)

    def rounds(self, count: int, seed: int) -> outcome.Row:
        """Run them; the row."""
        chance = random.Random(seed)
        row: outcome.Row = {"attack": self._name, "tried": 0, **dict.fromkeys((*OUTCOMES, "other"), 0)}
        failures: list[str] = []
        self._start()
        found = self._run()
        assert found == (0, ""), f"without a limit: {found}"
        self._expected = self._artifacts()
        sizes = [len(content) for content in self._expected.values()]
        most = sum(sizes) if self._mounted else max(sizes)
        rooms = [chance.choice([0, 1, *(chance.randint(0, most) for _ in range(4))]) for _ in range(count)]
        for room in [*rooms, None]:
            row["tried"] += 1
            self._start()
            with self._read_only() if room is None else self._ending(room):
                status, message = self._run()
            found = self._judged(status, message) or (ENOUGH if not status else READ_ONLY if room is None else FULL)
            row[found if found in row else "other"] += 1
            if found not in row and found not in failures:
                failures.append(found)
        return row | {"failures": failures}

    def _judged(self, status: int, message: str) -> str:
        """What must not be, if anything."""
        if status not in (0, 2) or (status == 2) != message.startswith("error: "):
            return f"status {status}: {message}"
        left = self._artifacts()
        if wrong := [name for name, content in left.items() if self._expected.get(name) != content]:
            return f"believed although not whole: {wrong[0]}"
        tops = {self._top(name) for name in left}
        if lost := [name for name in self._expected if self._top(name) in tops and name not in left]:
            return f"a folder without {lost[0]}"
        if partial := [name for name in _content(self._tree) if "/.partial/" in name and WAITING not in name]:
            return f"left behind: {partial[0]}"
        again, told = self._run()
        if (again, self._artifacts()) != (0, self._expected):
            return f"did not go on: status {again}: {told}"
        return ""

    def _top(self, name: str) -> str:
        return next((top for top in self._write.folders if name.startswith(f"{top}/")), name)

    def _start(self) -> None:
        shutil.rmtree(self._tree, ignore_errors=True)
        shutil.copytree(self._inputs, self._tree)

    def _run(self) -> tuple[int, str]:
        """Run the script from the tree; its exit status and its message."""
        _command.ROOT = self._tree
        told = io.StringIO()
        try:
            with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
                _command.run(self._main)
        except SystemExit as end:
            lines = [line for line in told.getvalue().splitlines() if line.startswith("error: ")]
            return int(end.code or 0), "; ".join(lines)
        except Exception as error:
            return 1, f"{type(error).__name__}: {error}"[:300]
        return 0, ""

    def _artifacts(self) -> Content:
        found = _content(self._tree)
        return {
            name: content
            for name, content in found.items()
            if self._given.get(name) != content and not name.startswith(OUTSIDE) and "/.partial/" not in name
        }  # fmt: skip

    @contextlib.contextmanager
    def _ending(self, room: int) -> Iterator[None]:
        """A disk with `room` bytes left, or where no file may be larger."""
        if not self._mounted:
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            return
        with open(self._filler, "wb", buffering=0) as stream:
            free = os.statvfs(self._tree)
            os.posix_fallocate(stream.fileno(), 0, max(free.f_bavail * free.f_frsize - room, 1))
        try:
            yield
        finally:
            self._filler.unlink()

    @contextlib.contextmanager
    def _read_only(self) -> Iterator[None]:
        folders = [path for path in (self._tree, *self._tree.rglob("*")) if path.is_dir()]
        for folder in folders:
            folder.chmod(0o555)
        try:
            yield
        finally:
            for folder in folders:
                folder.chmod(0o755)


def _content(folder: Path) -> Content:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _like_any_user() -> None:
    """Give up root's right to write where the rights say no (capset(2), version 3, no capabilities)."""
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).capset(header, none):
        raise OSError(ctypes.get_errno(), errno.errorcode[ctypes.get_errno()])


def main() -> None:
    """Attack every write, or as the child process one of them."""
    if sys.argv[1:2] != ["--child"]:
        outcome.command(__doc__, run, {"rounds": 40, "seed": 1, "tmpfs": 1})
    name, rounds, seed, disk, mounted = sys.argv[2:]
    _like_any_user()
    with tempfile.TemporaryDirectory() as scratch, SERVERS:
        attack = Attack(name, WRITES[name], Path(disk), mounted == "1", Path(scratch))
        print(json.dumps(attack.rounds(int(rounds), int(seed))))


if __name__ == "__main__":
    main()
