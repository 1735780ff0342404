"""Proposals in both engines: a prepared data set that another stage makes, and findings of no experiment."""

import json
import re

import pytest

from forked import ForkedTree

pytestmark = pytest.mark.pipeline
USED, UNUSED = "voc_regions", "voc_windows"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree with stand-ins, built by Snakemake, whose one training names proposals; no training names the others."""
    tree = ForkedTree(tmp_path_factory.mktemp("proposals") / "tree", trainings=("voc_simple_cnn",))
    params = tree.params
    params["datasets"]["voc2007"]["objects"] = "boxes"
    params["proposals"] = {
        USED: {"dataset": "voc2007", "count": 20},
        UNUSED: {"dataset": "voc2007", "method": "sliding_windows"},
    }
    params["experiments"]["voc_simple_cnn"]["dataset"] = USED
    tree.params = params
    tree.snakemake()
    return tree


def planned(tree):
    """The jobs that `snakemake -n` lists, but for `all`."""
    return set(re.findall(r"^ +log: logs/(\S+)\.log", tree.snakemake("-n"), re.MULTILINE))


def test_both_engines_make_the_same_of_them(tree):
    tree.assert_nothing_to_do()
    assert "up to date" in tree.dvc("repro")
    ran = [line.split()[0] for line in tree.runs()]
    assert len(ran) == len(set(ran))
    assert ran.index("prepare@voc2007") < ran.index(f"propose@{USED}") < ran.index("train@voc_simple_cnn")
    assert f"propose@{UNUSED}" in ran
    collected = json.loads((tree.folder / "results/config/collect.json").read_text())["settings"]["studies"]["voc"]
    assert collected[USED] == ["proposals.json", "proposals"]
    assert UNUSED not in collected


def test_a_job_uses_the_cores_that_the_rule_allots(tree):
    shown = tree.run("snakemake", "--cores", "6", "-n", "-p", "-R", "propose")
    for name in (USED, UNUSED):
        assert f"REVISIT_CORES=3 dvc --wait-for-lock repro -s propose@{name} > logs/propose/{name}.log 2>&1" in shown


def test_an_edit_plans_what_depends_on_it_in_both(tree):
    params = tree.params
    params["proposals"][USED]["count"] = 30
    tree.params = params
    below = {f"propose/{USED}", "train/voc_simple_cnn", "evaluate/voc_simple_cnn", "collect", "study/voc", "report"}
    jobs = planned(tree)
    assert {"configure", f"propose/{USED}", "train/voc_simple_cnn", "collect", "report"} <= jobs
    assert jobs <= below | {"configure"}
    before = len(tree.runs())
    tree.dvc("repro")
    ran = {line.split()[0].replace("@", "/") for line in tree.runs()[before:]}
    assert ran == jobs - {"configure"}
    tree.assert_nothing_to_do()


def test_findings_go_with_the_proposals_that_made_them(tree):
    params = tree.params
    windows = params["proposals"].pop(UNUSED)
    tree.params = params
    tree.snakemake()
    assert not (tree.folder / "results/findings" / UNUSED).exists()
    tree.assert_nothing_to_do()
    params["proposals"][UNUSED] = windows
    tree.params = params
    before = len(tree.runs())
    tree.dvc("repro")
    assert not [line for line in tree.runs()[before:] if line.startswith("propose")]  # out of the cache
    tree.assert_nothing_to_do()
