import fcntl

import pytest

from forked import ForkedTree
from tree import Tree

SMALL = {  # the whole pipeline with its real scripts, in half a minute
    "datasets": {"train": 300, "test": 200},
    "experiments": {"evaluate_every": 10},
    "finetunings": {"evaluate_every": 20, "epochs": 1},
    "pretrained": {"evaluate_every": 20, "epochs": 1},
    "extract": {"train": 200, "test": 150},
    "evaluate": {"bootstrap": 100},
    "inspect": {"images": 50},
    "probe": {"C": [0.01]},
    "embed": {"points": 100, "perplexity": 9.0, "iterations": [60, 120], "pca": 10},
    "neighbours": {"queries": 4, "classes": None},
}
LOOKS = ("faithfulness", "invariance", "occlusion")  # of an inspection: hundreds of passes for each image
SMALLER = {
    "voc2007": {"train": 60, "test": 30, "size": 64},
    "patterns": {"train": 80, "test": 20},
    "voc_vgg16_scratch": {"epochs": 1},
}


def shrink(params):
    """`params` with every entry cut down to seconds, and with two variants of a sweep at most."""
    for section in ("datasets", "pretrained", "experiments", "finetunings"):
        for name, entry in params[section].items():
            entry["demo"] = entry.get("demo", {}) | SMALL[section] | SMALLER.get(name, {})
            if "variants" in entry:
                entry["variants"] = dict(list(entry["variants"].items())[:2])
    for kind, entries in params["analyses"].items():
        for entry in entries.values():
            few = {look: {"images": 8} for look in LOOKS if look in entry}
            entry["demo"] = entry.get("demo", {}) | SMALL[kind] | few
    return params


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A tree with stand-ins, built once by Snakemake. Tests that change it put it back."""
    tree = ForkedTree(tmp_path_factory.mktemp("built") / "tree")
    tree.snakemake()
    return tree


@pytest.fixture(scope="session")
def real(tmp_path_factory, worker_id):
    """A tree with the real scripts and small settings, built by Snakemake and committed: once for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "built-by-scripts"
    with open(f"{shared}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the kernel, whatever becomes of the worker
        if not shared.exists():
            tree = Tree(tmp_path_factory.mktemp("unfinished") / "tree", stand_ins=False)
            tree.params = shrink(tree.params)
            tree.snakemake()
            tree.commit("results")
            tree.folder.rename(shared)
    return Tree.opened(shared, stand_ins=False).copy(tmp_path_factory.mktemp("real") / "tree")
