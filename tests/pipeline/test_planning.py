"""What `snakemake` plans: no study that an edit does not concern, and every study whose folder will be another."""

import re

import pytest

from forked import ForkedTree
from random_walk import expected

pytestmark = pytest.mark.pipeline
FINDING = "results/findings/one/train.json"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished tree: `one` and `two` of the study `first`, `three` of `second`. An earlier state lies in git."""
    tree = ForkedTree(tmp_path_factory.mktemp("finished") / "tree", trainings=("fashion_static",))
    params = tree.params
    entry = params["experiments"].pop("fashion_static")
    studies = {"one": "first", "two": "first", "three": "second"}
    params["experiments"] = {name: entry | {"study": study} for name, study in studies.items()}
    params["analyses"] = {kind: {} for kind in params["analyses"]}
    params["studies"] = {name: {"title": "T", "question": "Q", "protocol": "P"} for name in ("first", "second")}
    tree.params = params
    tree.dvc("repro")
    tree.commit("earlier")
    seed(tree, "one", 1)
    tree.dvc("repro")
    tree.commit("finished")
    return tree


@pytest.fixture
def tree(finished):
    """The finished tree, and finished again after the test."""
    yield finished
    finished.git("checkout", "-q", "HEAD", "--", ".")
    finished.dvc("checkout", "--force")


def seed(tree, name, value):
    params = tree.params
    params["experiments"][name]["seed"] = value
    tree.params = params


def planned(tree):
    """The jobs that `snakemake -n` lists, but for `all`."""
    return set(re.findall(r"^ +log: logs/(\S+)\.log", tree.snakemake("-n"), re.MULTILINE))


SECOND = {"study/second", "report"}
BOTH = {"study/first", *SECOND}


def test_an_edit_of_one_experiment_plans_its_own_study_and_no_other(tree):
    seed(tree, "three", 1)
    assert planned(tree) == {"configure", "train/three", "collect", *SECOND}


def test_an_edit_of_what_gathers_findings_plans_every_study(tree):
    module = tree.folder / "workflow/revisit/report/collect.py"
    module.write_text(module.read_text() + "# another line\n")
    assert planned(tree) == {"configure", "collect", *BOTH}


def move_an_experiment(tree):
    params = tree.params
    params["experiments"]["two"]["study"] = "second"
    tree.params = params


def rename_a_study(tree):
    params = tree.params
    params["studies"]["third"] = params["studies"].pop("first")
    for name in ("one", "two"):
        params["experiments"][name]["study"] = "third"
    tree.params = params


def stop_before_the_studies(tree):
    seed(tree, "one", 2)
    tree.dvc("repro", "collect")


def bring_back_earlier_results(tree):
    bring_back_an_earlier_lock(tree)
    tree.dvc("checkout", "--force")


def bring_back_an_earlier_lock(tree):
    tree.git("checkout", "HEAD~1", "--", "dvc.lock")


def bring_back_an_earlier(tree, path):
    bring_back_an_earlier_lock(tree)
    tree.dvc("checkout", "--force", path)
    tree.git("checkout", "HEAD", "--", "dvc.lock")


def bring_back_an_earlier_finding(tree):
    bring_back_an_earlier(tree, FINDING)


def bring_back_an_earlier_folder(tree):
    bring_back_an_earlier(tree, "results/collected")


def damage(tree, path):
    file = tree.folder / path
    content = file.read_bytes()
    file.unlink()  # it may be a link into the cache
    file.write_bytes(content[:-1])


def damage_a_finding(tree):
    damage(tree, FINDING)


def damage_a_folder(tree):
    damage(tree, "results/collected/first/content")


@pytest.mark.parametrize(
    "change",
    [
        move_an_experiment,
        bring_back_an_earlier_lock,
        bring_back_an_earlier_folder,
        damage_a_finding,
        damage_a_folder,
    ],
)
def test_a_study_whose_folder_may_be_another_is_planned_too(tree, change):
    change(tree)
    seed(tree, "three", 1)
    assert planned(tree) >= {"configure", "train/three", "collect", *BOTH}


@pytest.mark.parametrize(
    "change",
    [
        stop_before_the_studies,
        bring_back_an_earlier_finding,
        pytest.param(rename_a_study, marks=pytest.mark.thorough),
        pytest.param(bring_back_earlier_results, marks=pytest.mark.thorough),
    ],
)
def test_one_run_is_enough_whatever_else_has_changed(tree, change):
    change(tree)
    seed(tree, "three", 1)
    tree.snakemake()
    artifacts, (wanted, _) = tree.artifacts(), expected(tree)
    assert sorted(path for path, content in wanted.items() if artifacts.get(path) != content) == []
    assert "up to date" in tree.dvc("status")
