"""Trees whose engines run in forks of a process that has imported them, which takes half the CPU time.

It is the process that long runs of Snakemake have for their jobs (docs/decisions/0019-forked-programs.md), here with
what the engines themselves import. What `start` begins has processes of its own.
"""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from revisit import forks, variables
from tree import BIN, ROOT, Tree, surroundings

ENGINES = ("snakemake", "dvc")
MODULES = (
    *("snakemake.cli", "snakemake.executors.local", "snakemake.report.html_reporter", "pandas", "networkx"),
    *("requests", "docutils.core", "jinja2", "smart_open", "yte", "pydantic", "ruamel.yaml", "yaml", "simpleeval"),
    *("psutil", "dvc.cli.parser", "dvc.commands.repro", "dvc.commands.status", "dvc.commands.checkout"),
    *("dvc.repo.reproduce", "dvc.repo.open_repo", "dvc.repo.status", "dvc.repo.checkout", "dvc.stage.run"),
    *("dvc.stage.cache", "dvc.rwlock", "dvc.repo.index", "dvc.repo.metrics", "dvc.repo.plots", "dvc.repo.artifacts"),
    *("dvc.repo.datasets", "dvc.cachemgr", "dvc.repo.stage", "dvc.data_cloud", "dvc.utils.strictyaml"),
    *("dvc_data.hashfile.db.local", "scmrepo.git", "dvc_data.hashfile.status", "dvc_data.hashfile._progress"),
    *("dulwich.index", "configobj", "flatten_dict"),
)
SERVER = """
import json, sys
sys.path.insert(0, sys.argv.pop(1))
import fork_server
fork_server.MAY_DIFFER |= {"REVISIT_ENGINE", "REVISIT_FORKS"}  # of runs of Snakemake; no import reads them
programs = sys.argv.pop(1)
print(json.dumps({"python": fork_server.python(), "path": [programs, *sys.path[2:]]}), flush=True)
del sys.path[0]
fork_server.main()
"""


class Server:
    """The process, for the environment that this one has; it ends with it."""

    def __init__(self) -> None:
        self.environment = surroundings()  # that of this process changes: modules that tests import set variables
        settled = dict(self.environment)
        variables.settle(settled)
        self._socket = Path(tempfile.mkdtemp(), "socket")  # whose path has to be short
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(ROOT / "workflow"), str(BIN), str(self._socket)],
            env=settled,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._end)
        print(*MODULES, file=self._process.stdin, flush=True)
        self._same = json.loads(self._process.stdout.readline())
        while not self._socket.exists():
            assert self._process.poll() is None, "no server of forks"
            time.sleep(0.01)

    def serve_jobs(self, folder: Path) -> None:
        """Let the programs of Snakemake's jobs in this tree be forks, too."""
        place = folder / forks.SOCKET
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_symlink():
            place.symlink_to(self._socket)

    def run(
        self, folder: Path, command: tuple[str, ...], environment: dict[str, str], timeout: float
    ) -> tuple[int, str] | None:
        """Run a program of the tests' Python in `folder`; returns its exit status and what it printed.

        None where a fork would be another than the program: in another environment.
        """
        program = BIN / command[0]
        request = forks._request(program, {*variables.THREADS, *variables.DEFAULTS}, set()) | self._same
        request |= {"arguments": [str(program), *command[1:]], "folder": str(folder)}
        request |= {"environment": self.environment | environment, "group": 0}  # a group of its own
        content = json.dumps(request).encode()
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server,
            open(os.devnull) as nothing,
            tempfile.TemporaryFile("w+") as output,
        ):
            server.connect(str(self._socket))
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * len(content))
            socket.send_fds(server, [content], [nothing.fileno(), output.fileno(), output.fileno()])
            answer = server.recv(64).split()
            if answer[0] != b"pid":
                return None
            server.settimeout(timeout)
            try:
                status = int(server.recv(64).split()[1])
            except TimeoutError:
                os.killpg(int(answer[1]), signal.SIGKILL)
                raise
            output.seek(0)
            return status, output.read()

    def _end(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._socket.parent, ignore_errors=True)


server = cache(Server)  # one for all trees of this process


class ForkedTree(Tree):
    """A tree in which `snakemake` and `dvc` are forks, and with stand-ins the programs of their jobs."""

    def _completed(self, command: tuple[str, ...], timeout: float, **environment: str) -> tuple[int, str]:
        forked = None
        if command[0] in ENGINES and sys.platform == "linux":
            if self._stand_ins:
                self.specify()
                server().serve_jobs(self.folder)
            forked = server().run(self.folder, command, self.own_variables() | environment, timeout)
        return forked or super()._completed(command, timeout, **environment)
