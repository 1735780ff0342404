"""The whole pipeline with its real scripts, on a small configuration."""

import json

import pytest

from conftest import shrink
from tree import Tree

pytestmark = pytest.mark.pipeline
ANALYSES = ("evaluate", "inspect", "probe", "embed", "neighbours")


def test_the_whole_path_ends_in_a_report(real):
    report = real.folder / "results/report"
    studies = {path.name for path in (real.folder / "results/studies").iterdir() if path.is_dir()}
    assert {path.stem for path in report.glob("*.html")} == {"index", "search", "stages", *studies}
    assert all((report / f"{name}.html").stat().st_size > 50_000 for name in ("index", *studies))
    assert (report / "data/ledger.csv").read_text().count("\n") > 8
    real.assert_nothing_to_do()


def test_every_claim_finds_its_metrics(real):
    claims = json.loads((real.folder / "results/studies/fashion/claims.json").read_text())
    assert len(claims) >= 10
    assert not [claim["reason"] for claim in claims if "this run has no" in claim["reason"]]


def test_two_clean_runs_one_by_each_engine_give_the_same_bytes(real, tmp_path):
    other = Tree(tmp_path / "tree", stand_ins=False)
    other.params = shrink(other.params)
    other.dvc("repro", *(f"{kind}@fashion_dynamic" for kind in ANALYSES))  # `make reproducible` compares all
    first, second = real.artifacts(), other.artifacts()
    differing = sorted(path for path in second if first.get(path) != second[path])
    print(f"{len(second)} files compared")
    assert differing == []
    assert len(second) > 40
    assert all((other.folder / f"results/findings/fashion_dynamic/{kind}.json").exists() for kind in ANALYSES)


def test_artifacts_carry_no_place_and_no_host(real):
    import socket

    words = {str(real.folder).encode(), socket.gethostname().encode() if len(socket.gethostname()) > 3 else b"\0none\0"}
    for path, content in real.artifacts().items():
        assert not [word for word in words if word in content], path


def test_git_sees_no_artifact(real):
    assert real.run("git", "status", "--porcelain") == ""
    assert not [path for path in real.run("git", "ls-files").split() if path.startswith(("data/", "results/"))]


def test_static_and_dynamic_graph_start_alike_and_both_learn(real):
    histories = [
        (real.folder / f"results/findings/fashion_{graph}/history.csv").read_text().splitlines()
        for graph in ("static", "dynamic")
    ]
    assert histories[0][1].split(",")[3] == histories[1][1].split(",")[3]
    metrics = json.loads((real.folder / "results/findings/fashion_static/train.json").read_text())
    assert metrics["graph_backend"] == "aot_eager"
    assert metrics["test_accuracy"] > 0.2  # chance is 0.10, after thirty steps


def test_a_report_comes_without_one_of_the_experiments_too(real, tmp_path):
    tree = real.copy(tmp_path / "tree")
    params = tree.params
    del params["experiments"]["fashion_static"]
    for kind in ("evaluate", "inspect"):
        del params["analyses"][kind]["fashion_static"]
    tree.params = params
    tree.dvc("repro")
    claims = json.loads((tree.folder / "results/studies/fashion/claims.json").read_text())
    rows = {claim["id"]: claim for claim in claims}
    assert rows["fashion_dynamic_smoother"]["reason"] == "this run has no fashion_static"
    assert rows["fashion_dynamic_smoother"]["figure"] is None
    assert rows["fashion_parameters_conv1"]["verdict"] == "agrees"
