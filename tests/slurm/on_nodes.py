"""A tree whose head runs here and whose jobs run on the nodes of a cluster."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from cluster import Cluster, Job
from random_walk import expected
from stand_in import FREE
from tree import Tree

# The profile as it is, but for how often is looked: nothing of seconds is to wait for tens of them.
HEAD = (
    *("snakemake", "--workflow-profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"),
    *("--max-status-checks-per-second", "10", "--latency-wait", "10"),
)
IN_GROUPS = (*HEAD, "--groups", "evaluate=small", "inspect=small", "--group-components", "small=2")
ENGINES = {"snakemake on Slurm": HEAD, "snakemake": ("snakemake", "--cores", "2"), "dvc": ("dvc", "repro")}
TRAINING = "fashion_static"
PATIENCE = 300  # seconds until a run has got somewhere


class OnNodes:
    """A tree with stand-ins and the cluster that its jobs go to.

    Args:
        tree: made by `small_tree`.
        cluster: that has been started.
    """

    def __init__(self, tree: Tree, cluster: Cluster) -> None:
        self.tree, self.cluster = tree, cluster
        self._head: subprocess.Popen | None = None

    def edit(self, batch_size: int) -> None:
        """Make the training, and all that comes after it, out of date."""
        params = self.tree.params
        params["experiments"][TRAINING]["batch_size"] = batch_size
        self.tree.params = params

    def start(self, engine: str = "snakemake on Slurm", **environment: str) -> None:
        """Start an engine, the head, here; one of `ENGINES`, or "in groups": two analyses in one job."""
        (self.tree.folder / FREE).unlink(missing_ok=True)
        command = IN_GROUPS if engine == "in groups" else ENGINES[engine]
        self._head = self.tree.start(*command, **self.cluster.environment, **environment)

    def end(self) -> tuple[int, str]:
        """Wait for the head; its exit status, and what it printed."""
        try:
            output, _ = self._head.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self._head.pid, signal.SIGKILL)
            output, _ = self._head.communicate()
            raise AssertionError(f"the head does not end\n{output}\n{self.logs()}") from None
        return self._head.returncode, output

    def run(self, engine: str, **environment: str) -> str:
        """Run an engine to its end, which must be a good one; what it printed."""
        self.start(engine, **environment)
        status, output = self.end()
        assert status == 0, f"{engine} -> {status}\n{output}\n{self.logs()}"
        return output

    def kill_head(self, group: bool = False) -> None:
        """Kill -9 the head, or its process group."""
        if group:
            os.killpg(self._head.pid, signal.SIGKILL)
        self._head.kill()
        self._head.wait()
        self._head.stdout.close()

    def close(self) -> None:
        """Leave nothing that runs or waits behind."""
        if self._head and not self.has_ended():
            self.kill_head(group=True)
        self.cluster.accept(True)
        self.cluster.control("scancel", "--state=PENDING", check=False)
        self.cluster.control("scancel", "--state=RUNNING", check=False)

    def has_ended(self) -> bool:
        """Whether the head has ended by itself."""
        return self._head.poll() is not None

    def await_job(self, rule: str, state: str = "RUNNING", after: Job | None = None) -> Job:
        """The job of a rule as soon as it waits in the queue or, with another state than PENDING, as it is in that.

        `after`: a job of that rule; another one is waited for.
        """
        states = ("PENDING", "RUNNING") if state == "PENDING" else (state,)
        number = after.number if after else ""
        return self.wait_for(lambda: self._job(rule, states, number), f"no job of {rule} is {state}")

    def await_told(self, text: str) -> None:
        """Return when the head prints this."""
        for line in self._head.stdout:
            if text in line:
                return
        raise AssertionError(f"the head did not say: {text}")

    def free(self) -> None:
        """Let a job go on that is stuck."""
        (self.tree.folder / FREE).touch()

    def await_writing(self) -> None:
        """Return when a job has something unfinished among the artifacts."""
        top = self.tree.folder / "results"
        self.wait_for(lambda: any(any(path.iterdir()) for path in top.rglob(".partial")), "nothing is written")

    def wait_for(self, what: Callable, complaint: str):
        """What it returns, as soon as that is true; the head must not end before."""
        deadline = time.monotonic() + PATIENCE
        while not (found := what()):
            assert time.monotonic() < deadline, f"{complaint}: {self.cluster.jobs()}"
            if self.has_ended():
                status, output = self.end()
                raise AssertionError(f"{complaint}, the head ended with {status}\n{output}\n{self.logs()}")
            time.sleep(0.1)
        return found

    def check(self) -> int:
        """Assert that every artifact is the one that a clean run makes, and that neither engine has anything to do.

        Returns:
            How many artifacts there are.
        """
        wanted, _ = expected(self.tree)
        found = self.tree.artifacts()
        wrong = sorted(path for path in wanted | found if wanted.get(path) != found.get(path))
        assert not wrong, f"wrong, missing or too many: {wrong[:5]}"
        self.tree.assert_nothing_to_do()
        return len(wanted)

    def logs(self) -> str:
        """The ends of the logs of stages and of jobs."""
        files = [*self.tree.folder.glob("logs/**/*.log"), *self.tree.folder.glob(".snakemake/slurm_logs/**/*.log")]
        return "\n".join(f"--- {file}\n{file.read_text()[-2000:]}" for file in sorted(files))

    def _job(self, rule: str, states: tuple[str, ...], other: str) -> Job | None:
        found = (job for job in self.cluster.jobs() if job.rule == rule and job.state in states)
        return next((job for job in found if job.number != other), None)


def small_tree(folder: Path) -> Tree:
    """A tree of one training and its analyses, all of them stand-ins."""
    return Tree(folder, trainings=(TRAINING,))
