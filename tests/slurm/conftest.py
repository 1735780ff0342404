import tempfile
from pathlib import Path

import pytest

from cluster import Cluster, missing
from on_nodes import OnNodes, small_tree


@pytest.fixture(scope="session")
def cluster():
    """A cluster that runs, for all tests."""
    if reason := missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:  # a short path: sockets lie in it
        found = Cluster(Path(folder))
        try:
            found.start()
            yield found
        finally:
            found.stop()


@pytest.fixture(scope="session")
def built(cluster, tmp_path_factory):
    """A small tree, run from nothing on the nodes."""
    nodes = OnNodes(small_tree(tmp_path_factory.mktemp("built") / "tree"), cluster)
    nodes.run("snakemake on Slurm")
    return nodes.tree


@pytest.fixture
def nodes(cluster, built, tmp_path):
    """That tree, with the training and all that comes after it out of date."""
    found = OnNodes(built.copy(tmp_path / "tree"), cluster)
    found.edit(batch_size=50)
    yield found
    found.close()
