# What the rules share: the parameters, DVC's judgement of what is stale, and inputs that carry it.
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from revisit import paths
from revisit.errors import RevisitError
from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit.params.schema import NAME
from revisit_engines import guard
from revisit_engines.configure import records

STALE_MARKER = ".work/stale"  # newer than every artifact: the input that makes Snakemake run a stale stage


def judge():
    """Parameters, the records that `configure` makes of them, and the stages that are stale."""
    os.environ["DVC_SITE_CACHE_DIR"] = str(Path(".dvc/site").absolute())
    try:
        params = load()
        if (
            not workflow.is_main_process
        ):  # a job of a running Snakemake, perhaps on another machine
            os.environ[guard.OWNER] = "snakemake"
            return params, records(params), set(), None
        lock = None if workflow.output_settings.dryrun else guard.hold("snakemake")
        found = records(params)

        from revisit_engines.staleness import (
            stale_stages,
        )  # DVC: imported by the main process only

        return params, found, stale_stages(found), lock
    except RevisitError as error:
        sys.exit(
            f"error: {error}"
        )  # one message, without Snakemake's account of where it was raised


PARAMS, RECORDS, STALE, ENGINE_LOCK = judge()
if STALE and workflow.is_main_process:
    # new content, not only a new time stamp: Snakemake compares the checksums of small inputs
    Path(STALE_MARKER).parent.mkdir(exist_ok=True)
    Path(STALE_MARKER).write_bytes(os.urandom(16))

# GPU rules claim a GPU where there is one, so that a CPU-only machine runs as many jobs as it has cores.
GPU = int(
    PARAMS.device == "cuda"
    or (PARAMS.device == "auto" and os.path.exists("/dev/nvidiactl"))
)


wildcard_constraints:
    dataset=NAME,
    experiment=NAME,
    study=NAME,


def needs(stage, **files):
    """The named inputs of `stage`: ancient while it is fresh, with the marker when it is stale.

    A file is a pattern, or a function of the wildcards.
    """

    def inputs(wildcards):
        found = {
            key: file(wildcards) if callable(file) else file.format(**wildcards)
            for key, file in files.items()
        }
        if stage.format(**wildcards) in STALE:
            return found | {"stale": STALE_MARKER}
        return {key: ancient(file) for key, file in found.items()}

    return inputs
