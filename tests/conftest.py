"""One thread, as in the scripts, and how the tests are shared out to several processes.

`make test` runs them as `pytest --numprocesses <cores + 2> --dist loadfile --no-loadscope-reorder`: some of them wait.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"  # read when NumPy and PyTorch are imported

REAL = ("test_readme.py", "test_real_scripts.py")  # they share the one tree with the real scripts
COPIES = ("test_gpu_pieces.py",)  # of that tree, made by another process


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The engines come first: they take longest; before them Slurm's, which mostly wait. What needs a copy of the one
    tree comes after those who make it.

    Thorough tests run where their folder or file is asked for: `pytest tests/pipeline`, `make browser`.
    """
    named = tuple(argument.rstrip("/") for argument in config.invocation_params.args if argument.startswith("tests/"))
    left = {item for item in items if item.get_closest_marker("thorough") and not item.nodeid.startswith(named)}
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]
    items.sort(
        key=lambda item: (
            "slurm" not in item.path.parts,
            "pipeline" not in item.path.parts,
            item.path.name not in REAL,
            item.path.name in COPIES,
        )
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LoadFileScheduling":
    """The tests of one file share a process, and so do all that use the one tree with the real scripts."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if Path(file).name in REAL:
                return "real"
            return "browser" if Path(file).parent.name == "browser" else file

    return Together(config, log)
