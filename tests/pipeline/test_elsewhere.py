"""Snakemake by the name that the workflow catalog looks for, and where it cannot run."""

import re

import pytest

from tree import ROOT, Tree

pytestmark = pytest.mark.pipeline


def jobs(output):
    return dict(re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE))


def test_both_snakefiles_plan_the_same_jobs(tmp_path):
    tree = Tree(tmp_path / "tree", trainings=("fashion_static",))
    by_root, by_name = (jobs(tree.snakemake("-n", "-s", name)) for name in ("Snakefile", "workflow/Snakefile"))
    assert by_root.pop("all") == by_name.pop("everything") == "1"
    assert by_root == by_name
    assert {"configure", "train", "report"} < by_root.keys()


def test_outside_a_clone_it_says_so_in_one_message(tmp_path):
    tree = Tree.opened(tmp_path, stand_ins=False)
    output = tree.run("snakemake", "-n", "-s", str(ROOT / "workflow/Snakefile"), check=False)
    assert tree.status != 0
    assert output.strip().endswith("docs/deployment.md says why")
    assert "is no clone of Revisit" in output
    assert "Traceback" not in output
