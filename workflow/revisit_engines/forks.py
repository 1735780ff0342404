"""The process whose forks run the programs of the jobs of Snakemake, DVC and scripts (`workflow/fork_server.py`)."""

import atexit
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

import psutil

from revisit import forks, variables
from revisit.files import remove
from revisit_engines import configure, imports
from revisit_engines.imports import WORKFLOW

SERVER = WORKFLOW / "fork_server.py"
WORTH_IT = 20  # stages: it imports everything that any of them may need, which takes as long as five of them do
PATIENCE = 5  # seconds to wait for its end; jobs that a second Ctrl-C has left behind may take longer
LIBRARY = [f"revisit/{name}" for name in ("analyses", "data", "models", "objects", "report", "tasks", "training")]
DVC = {"dvc", "dvc_data", "dvc_objects", "scmrepo", "ruamel", "dulwich", "fsspec", "rich", "networkx", "psutil"}
BY_COMMAND = (
    *("dvc.cli.parser", "dvc.commands.repro", "dvc.repo.reproduce", "dvc.stage.run", "dvc.stage.cache", "dvc.rwlock"),
    *("dvc.repo.open_repo", "dvc_data.hashfile.status", "dvc_data.hashfile._progress", "dulwich.index", "configobj"),
    "yaml",
)


def start(stages: int) -> None:
    """Start it for this process, if so many stages are about to run that it is worth it.

    It ends with this process, or with the last job of a killed one. The engine lock is held. Where it cannot be
    started, programs start as they do without it.
    """
    wanted = stages >= WORTH_IT and os.environ.get(variables.FORKS) != "no"
    if not wanted or sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return
    folder = forks.SOCKET.parent
    remove(folder)
    folder.mkdir(mode=0o700, parents=True)
    environment = dict(os.environ)
    variables.settle(environment)
    command = [sys.executable, str(SERVER), str(forks.SOCKET)]
    with open(folder / "log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, encoding="utf-8"
        )
    with suppress(OSError):  # it may have ended, which its log says
        print(*modules(), file=server.stdin, flush=True)
    atexit.register(_stop, server)
    _count_forks()


def _stop(server: subprocess.Popen[str]) -> None:
    if server.stdin:
        server.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        server.wait(PATIENCE)


def modules() -> list[str]:
    """The modules of others that DVC and the scripts of stages may import.

    Those of scripts whichever part of the library they load by name, and as an import statement names them: names in
    modules are among them, as `torch.nn.functional.relu`. DVC's are those that this process has of it.
    """
    files = {file for top in (*LIBRARY, "revisit_drawing") for file in (WORKFLOW / top).rglob("*.py")}
    files |= {configure.script_of(stage) for stage in configure.SCRIPTS}
    of_dvc = [name for name in sys.modules if name.split(".")[0] in DVC]
    return [*imports.foreign(files), *BY_COMMAND, *sorted(of_dvc)]


class Counted(psutil.Process):
    """A process of a job, with the forks that it and those below it wait for among its children."""

    def children(self, recursive: bool = False) -> list[psutil.Process]:  # noqa: ARG002  (as `Process` has it)
        """All of them, however deep, in any case."""
        found: list[psutil.Process] = super().children(recursive=True)
        for process in found:  # which grows: a script is asked for by a DVC that is a fork itself
            if pid := forks.job_of(process.pid):
                with suppress(psutil.NoSuchProcess):
                    fork = psutil.Process(pid)
                    found += [fork, *fork.children(recursive=True)]
        return found


def _count_forks() -> None:
    """Let Snakemake's measurements of a job count the forks that work for it, which are no children of the job."""
    from snakemake.benchmark import BenchmarkTimer

    begin = BenchmarkTimer.__init__

    def begun(timer: Any, *arguments: Any, **options: Any) -> None:
        begin(timer, *arguments, **options)
        timer.main = Counted(timer.main.pid)

    if not getattr(BenchmarkTimer, "counts_forks", False):
        BenchmarkTimer.__init__, BenchmarkTimer.counts_forks = begun, True
