"""A cluster of Slurm on this machine alone: a controller and two nodes, each with process IDs and a host name apart.

Everything lies in one folder: the configuration, a key and a socket of munge, logs, and what each node calls its
disk. The nodes see the configuration where Slurm looks for it, `/etc/slurm`, by a mount that this machine does not see;
all others find it by SLURM_CONF. Needs root, no systemd, no cgroups.
"""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "sinfo", "squeue", "srun", "unshare")
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"  # where daemons lie is not on every user's path
NODES = ("n1", "n2")
ALONE = ("unshare", "--pid", "--fork", "--mount", "--mount-proc", "--uts", "--kill-child=KILL")  # before a command
DEFAULT = Path("/etc/slurm")  # where srun looks in a job, from whose environment the executor takes SLURM_CONF
LOST = 10  # seconds without an answer until a node counts as lost
PATIENCE = 60  # seconds for the cluster to get somewhere
CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={at}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SlurmctldPidFile={at}/slurmctld.pid
SlurmdPidFile={at}/%n/slurmd.pid
SlurmdSpoolDir={at}/%n/spool
StateSaveLocation={at}/state
SlurmctldLogFile={at}/log/slurmctld.log
SlurmdLogFile={at}/log/%n.log
SlurmdParameters=config_overrides
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=2
SlurmdTimeout={lost}
SlurmctldTimeout={lost}
InactiveLimit=0
MinJobAge=3600
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=UNLIMITED State=UP
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=8 RealMemory=64000 State=UNKNOWN"


class Job(NamedTuple):
    """A row of the queue."""

    number: str
    state: str
    node: str  # empty as long as it waits
    rule: str


def missing() -> str:
    """What this machine lacks for such a cluster and for the profile; empty: nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a cluster on one machine needs root on Linux"
    absent = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    if absent:
        return f"no {', '.join(absent)}: they come with Debian's slurm-wlm and munge"
    if not DEFAULT.is_dir():
        return f"no folder {DEFAULT}: it comes with Debian's slurm-wlm"
    if not importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        return "no snakemake-executor-plugin-slurm: `make slurm` installs it"
    if subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode:
        return "no process gets process IDs and mounts of its own here (unshare), as in many containers"
    return ""


class Cluster:
    """A controller and two nodes; `environment` is what commands need to find them.

    Args:
        folder: to keep all of it in, with a short path.
    """

    def __init__(self, folder: Path) -> None:
        self._at = folder
        self._processes: dict[str, subprocess.Popen] = {}
        self.environment = {
            "SLURM_CONF": str(folder / "etc/slurm.conf"),
            "TMPDIR": str(folder / "scratch"),  # jobs get it from the head, as they get all of its environment
        }

    def start(self) -> None:
        """Return when both nodes wait for jobs."""
        for name in (
            "etc",
            "log",
            "state",
            "scratch",
            *(f"{node}/{part}" for node in NODES for part in ("spool", "scratch")),
        ):
            (self._at / name).mkdir(parents=True, exist_ok=True)
        (self._at / "etc/slurm.conf").write_text(self._configuration())
        if _version() >= (23, 2):  # before, none are used unless configured
            (self._at / "etc/cgroup.conf").write_text("CgroupPlugin=disabled\n")
        key = self._at / "etc/munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        files = {"key-file": key, "socket": self._at / "munge.socket", "pid-file": self._at / "munged.pid"}
        files |= {"log-file": self._at / "log/munged.log", "seed-file": self._at / "etc/munge.seed"}
        # --force: the folders above may be anyone's to write, as /tmp is
        self._start(
            "munged", "munged", "--foreground", "--force", *(f"--{name}={path}" for name, path in files.items())
        )
        _await(lambda: (self._at / "munge.socket").exists(), "munged does not start", self._at)
        self.start_controller("-c")
        for name in NODES:
            self.start_node(name)

    def start_controller(self, *options: str) -> None:
        """Start what holds the queue; it goes on with the jobs that it knew, unless told `-c`."""
        self._start("slurmctld", "slurmctld", "-D", *options)
        _await(
            lambda: self._ask("scontrol", "ping", check=False).find("is UP") >= 0, "slurmctld does not answer", self._at
        )

    def stop_controller(self) -> None:
        """End what holds the queue as an administrator does; killed, it would forget the jobs of its last seconds."""
        process = self._processes.pop("slurmctld")
        process.terminate()
        process.wait(timeout=PATIENCE)

    def start_node(self, name: str, mount: str = "") -> None:
        """Start a node, and return when it waits for jobs; `mount`: a command before, whose mounts it alone sees."""
        mounts = f'mount --bind "$2/etc" "$3"; mount --bind "$2/$1/scratch" "$2/scratch"; {mount or ":"}'
        script = f'hostname "$1"; {mounts}; exec slurmd -D -N "$1"'
        self._start(name, *ALONE, "sh", "-ec", script, "sh", name, str(self._at), str(DEFAULT))
        _await(lambda: self._state(name) in ("idle", "mixed", "allocated"), f"{name} does not start", self._at)

    def crash(self, name: str) -> None:
        """Kill a node with all of its processes at once, as if it lost power."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def cut_off(self, name: str, cut: bool) -> None:
        """Let a node hear nothing from the controller, while its jobs go on; or let it hear again."""
        for process in psutil.Process(self._processes[name].pid).children():
            process.send_signal(signal.SIGSTOP if cut else signal.SIGCONT)

    def give_up(self, name: str) -> None:
        """Tell the controller that a node is lost, which it would notice by itself, but later; its jobs have failed."""
        self._ask("scontrol", "update", f"nodename={name}", "state=down", "reason=lost")

    def jobs(self, ended: bool = False) -> list[Job]:
        """The jobs that have not ended, or also those that ended in the last minutes."""
        states = ("--states=all",) if ended else ()
        told = self._ask("squeue", "--noheader", "--format=%A|%T|%N|%k", *states)
        rows = [row.split("|") for row in told.splitlines()]
        # the executor's comment: rule_<name>_wildcards_<values>
        return [Job(*row, comment.removeprefix("rule_").partition("_wildcards")[0]) for *row, comment in rows]

    def minutes(self, job: Job) -> int:
        """The time that a job has asked for."""
        told = self._ask("squeue", "--noheader", "--format=%l", "--jobs", job.number).strip()  # [days-][hours:]m:s
        days, _, clock = told.rpartition("-")
        hours, minutes, _seconds = [0, *map(int, clock.split(":"))][-3:]
        return (int(days or 0) * 24 + hours) * 60 + minutes

    def control(self, *command: str, check: bool = True) -> None:
        """Run a command of Slurm; with `check` it must succeed."""
        self._ask(*command, check=check)

    def accept(self, accept: bool) -> None:
        """Let jobs start, or let them wait in the queue."""
        self._ask("scontrol", "update", "partition=main", f"state={'up' if accept else 'down'}")

    def stop(self) -> None:
        """End all jobs and all processes."""
        for name in [name for name in NODES if name in self._processes]:
            self.crash(name)
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def _configuration(self) -> str:
        listening = [socket.socket() for _ in range(1 + len(NODES))]
        for one in listening:
            one.bind(("127.0.0.1", 0))
        controller, *ports = (one.getsockname()[1] for one in listening)
        for one in listening:
            one.close()
        host = socket.gethostname().split(".")[0]
        nodes = [NODE.format(name=name, host=host, port=port) for name, port in zip(NODES, ports, strict=True)]
        return CONF.format(host=host, controller=controller, at=self._at, lost=LOST, nodes="\n".join(nodes))

    def _start(self, name: str, *command: str) -> None:
        with open(self._at / "log" / f"{name}.out", "ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                env=os.environ | self.environment | {"PATH": PATH},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _state(self, name: str) -> str:
        return self._ask("sinfo", "--noheader", "--Node", "--nodes", name, "--format=%T", check=False).strip().lower()

    def _ask(self, *command: str, check: bool = True) -> str:
        environment = os.environ | self.environment | {"PATH": PATH}
        return subprocess.run(command, env=environment, check=check, capture_output=True, text=True, timeout=60).stdout


def _version() -> tuple[int, ...]:
    told = subprocess.run(
        ["slurmd", "-V"], env=os.environ | {"PATH": PATH}, check=True, capture_output=True, text=True
    ).stdout
    return tuple(int(part) for part in re.findall(r"\d+", told)[:2])


def _await(ready: Callable[[], bool], complaint: str, logs: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, f"{complaint}: {logs}/log"
        time.sleep(0.1)
