"""A few kills of a small tree, and that a wrong artifact would be noticed."""

import pytest

from kills import Killer, digests
from tree import Tree

pytestmark = pytest.mark.pipeline


def test_killed_runs_end_in_the_same_artifacts(tmp_path):
    undisturbed = Tree(tmp_path / "undisturbed", trainings=("fashion_dynamic",))
    undisturbed.dvc("repro")
    expected = digests(undisturbed)
    killer = Killer(undisturbed.copy(tmp_path / "killed"), expected, seed=3, STAND_IN_SECONDS="0.5")
    killer._begin_anew()
    killer.go(3, between=4)
    *killed, ended = killer.rows()
    assert sum(row["tried"] for row in killed) == 3
    assert ended["tried"] >= 1
    assert ended["failures"] == []

    name = next(path for path in expected if path.endswith("train.json"))
    (undisturbed.folder / name).write_text("{}")
    watcher = Killer(undisturbed, expected, seed=0)
    watcher._check("dvc", 0, "")
    *_, ended = watcher.rows()
    assert len(ended["failures"]) == 2  # the artifact, and that there is something to do
    assert ended["failures"][0] == f"dvc: 1 artifacts differ: {name}"
