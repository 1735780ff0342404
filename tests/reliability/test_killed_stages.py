"""A short run of `killed_stages.py`, and that half an artifact would be noticed."""

import pytest

import killed_stages
from revisit import config
from stage_inputs import WRITES


@pytest.fixture(scope="module")
def rows():
    return {row["attack"]: row for row in killed_stages.run(every=6)}


@pytest.mark.thorough
@pytest.mark.parametrize("name", killed_stages.STAGES)
def test_a_stage_that_is_killed_goes_on_to_the_same_bytes(rows, name):
    row = rows[name]
    assert row["failures"] == []
    assert row["tried"] >= 4  # less than every sixth moment: what lies there is not written again


def test_what_is_written_in_place_would_be_believed(tmp_path, monkeypatch):
    for name in ("settings", "code"):  # put back after the test: a stage's inputs come with settings of their own
        monkeypatch.setattr(config, name, getattr(config, name))
    attack = killed_stages.Attack("segment", WRITES["segment"], tmp_path)
    expected = {"results/findings/net/segment/a.csv": b"whole", "results/findings/net/segment/b.csv": b""}
    assert attack._wrong(expected) == "believed although not whole: data/prepared/boxed/meta.json"
    expected |= killed_stages._content(tmp_path / "tree")
    assert attack._wrong(expected) == ""
    written = tmp_path / "tree/results/findings/net/segment/a.csv"
    written.parent.mkdir(parents=True)
    written.write_bytes(b"whole")
    assert attack._wrong(expected) == "a folder without results/findings/net/segment/b.csv"
    written.write_bytes(b"hal")
    assert attack._wrong(expected) == "believed although not whole: results/findings/net/segment/a.csv"
