"""Variables of the environment by which an engine speaks to the scripts that it runs, and these to what they start."""

from collections.abc import MutableMapping

STAGE = "DVC_STAGE"  # DVC's own: the name of the stage; not there when a script is run by hand
DVC_PROCESS = "REVISIT_DVC_PID"  # the process ID of the DVC that runs the stage
FORCED = "REVISIT_FORCED"  # the stages that an engine was told to run whatever has changed, with spaces between
CORES = "REVISIT_CORES"  # how many an engine allots to a job
FORKS = "REVISIT_FORKS"  # "no": Snakemake starts each program of a job anew
GPU = "REVISIT_GPU"  # set by a job itself: the UUID of the GPU that it holds, for what it starts

# Read when modules are imported. One thread per job: two jobs of one thread beat one job of two, and a fixed number of
# threads keeps the order of floating-point sums, and with it every artifact's bytes, the same on every run.
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
DEFAULTS = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "MPLBACKEND": "Agg"}  # the first makes cuBLAS deterministic


def settle(environment: MutableMapping[str, str]) -> None:
    """Set what every script has in its environment before it imports anything."""
    environment.update(DEFAULTS | dict(environment) | THREADS)
