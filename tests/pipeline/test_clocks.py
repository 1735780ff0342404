"""A clock that was ahead: what it dated in the future is no reason to delete, to keep or to compute anything."""

import asyncio
import os
import time
from types import SimpleNamespace

import pytest
import snakemake.api  # noqa: F401  (first: its modules import each other in a circle)
from snakemake.dag import DAG
from snakemake.io import IOFile

from revisit_engines import clocks
from tree import Tree

HOUR = 3600
FOUND = "results/findings/some"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (f"{FOUND}/train.json", f"{FOUND}/runs/.snakemake_timestamp", "data/raw/some/deep/below/file"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    return tmp_path


def move(path, seconds):
    os.utime(path, (time.time() + seconds,) * 2)


def test_what_is_dated_in_the_future_is_dated_now(here, capsys):
    assert clocks.ahead() == {}
    late = {here / path for path in (f"{FOUND}/train.json", f"{FOUND}/runs/.snakemake_timestamp", "data/raw/some")}
    for path in late:
        move(path, HOUR)
    assert {here / path for path in clocks.ahead()} == late
    clocks.bring_back(clocks.ahead())
    assert clocks.ahead() == {}
    assert "3 artifacts or folders of them are dated in the future" in capsys.readouterr().err


def test_outputs_are_dated_after_inputs_and_kept(here, monkeypatch):
    monkeypatch.setattr(DAG, clocks.CHECK, getattr(DAG, clocks.CHECK))  # this Snakemake has it
    clocks.outputs_follow_inputs()
    rule = SimpleNamespace(workflow=SimpleNamespace(iocache=SimpleNamespace(active=False)), name="train")
    made, given = (IOFile(str(here / path)) for path in (f"{FOUND}/train.json", "given"))
    made.rule = given.rule = rule
    (here / "given").touch()
    move(here / "given", HOUR)
    asyncio.run(getattr(DAG, clocks.CHECK)(None, SimpleNamespace(input=[given], rule=rule), [made]))
    assert 0 < made_date(here) - (here / "given").stat().st_mtime < 0.01
    before = made_date(here)
    move(here / "given", -HOUR)
    asyncio.run(getattr(DAG, clocks.CHECK)(None, SimpleNamespace(input=[given], rule=rule), [made]))
    assert made_date(here) == before


def made_date(here):
    return (here / FOUND / "train.json").stat().st_mtime


@pytest.mark.pipeline
@pytest.mark.thorough
def test_snakemake_goes_on_from_artifacts_of_the_future(tmp_path):
    tree = Tree(tmp_path / "tree", trainings=("fashion_dynamic",))
    tree.dvc("repro")
    artifacts = tree.artifacts()
    for top in ("data", "results", "workflow"):
        for path in (tree.folder / top, *(tree.folder / top).rglob("*")):
            move(path, HOUR)
    move(tree.folder / "params.yaml", HOUR)
    damaged = tree.folder / "results/findings/fashion_dynamic/train.json"
    damaged.write_text("{}")
    move(damaged, HOUR)  # the marker alone says that it has to run
    tree.snakemake()
    assert tree.artifacts() == artifacts

    params = tree.params
    params["experiments"]["fashion_dynamic"]["seed"] = 7
    tree.params = params
    move(tree.folder / "params.yaml", HOUR)  # a source of the user's is not touched: what is made of it follows
    tree.snakemake()
    assert "up to date" in tree.dvc("status")
