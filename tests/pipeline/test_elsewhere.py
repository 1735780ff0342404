"""Snakemake as strangers meet it: by the name that its catalog looks for, where it cannot run, what it says first."""

import re

import pytest

from forked import ForkedTree
from tree import ROOT

pytestmark = pytest.mark.pipeline


def jobs(output):
    return dict(re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE))


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree in which nothing has run yet."""
    return ForkedTree(tmp_path_factory.mktemp("elsewhere") / "tree", trainings=("fashion_static",))


def test_both_snakefiles_plan_the_same_jobs(tree):
    planned = {name: tree.run("snakemake", "-n", "-s", name) for name in ("Snakefile", "workflow/Snakefile")}
    by_root, by_name = map(jobs, planned.values())
    assert by_root.pop("all") == by_name.pop("everything") == "1"
    assert by_root == by_name
    assert {"configure", "train", "report"} < by_root.keys()
    assert not any("out of date" in output for output in planned.values())  # nothing is about to run


def test_outside_a_clone_it_says_so_in_one_message(tmp_path):
    tree = ForkedTree.opened(tmp_path, stand_ins=False)
    output = tree.run("snakemake", "-n", "-s", str(ROOT / "workflow/Snakefile"), check=False)
    assert tree.status != 0
    assert output.strip().endswith("docs/deployment.md says why")
    assert "is no clone of Revisit" in output
    assert "Traceback" not in output


def test_what_runs_nothing_needs_no_cores(tree):
    assert "Traceback" not in (output := tree.run("snakemake", "--summary"))
    assert "out of date" not in output


def test_a_run_says_what_it_is_about_to_do_and_how_far_it_came(tree):
    output = tree.snakemake("--until", "configure")
    stages, cores = re.search(r"(\d+) of \1 stages are out of date: about \d+ \w+ on (\d) cores\.", output).groups()
    assert cores == "2"
    program = (
        "import sys; sys.path.insert(0, 'workflow'); from revisit_engines.progress import look; print(look().line())"
    )
    told = tree.run("python", "-c", program).splitlines()[-1]
    left = int(stages) - 1
    assert told.startswith(f"no engine is running: 1 of {stages} stages are up to date, {left} to go, about ")
