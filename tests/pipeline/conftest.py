import pytest

from tree import Tree


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A tree with stand-ins, built once by Snakemake. Tests that change it put it back."""
    tree = Tree(tmp_path_factory.mktemp("built") / "tree")
    tree.snakemake()
    return tree
