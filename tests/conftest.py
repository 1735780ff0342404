"""One thread, as in the scripts, and how the tests are shared out to several processes.

`make test` runs them as `pytest --numprocesses <cores> --dist loadgroup`.
"""

import os

import pytest

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"  # read when NumPy and PyTorch are imported


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of one file share a process, and so do all that use the one tree with the real scripts.

    The engines come first: they take longest.
    """
    for item in items:
        together = "real" if "real" in getattr(item, "fixturenames", ()) else str(item.path)
        item.add_marker(pytest.mark.xdist_group(together))
    items.sort(key=lambda item: "pipeline" not in item.path.parts)
