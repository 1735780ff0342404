import random

import pytest

import concurrency
from random_walk import Walk

pytestmark = pytest.mark.pipeline


def test_a_second_engine_at_a_random_moment(tmp_path):
    walk = Walk(tmp_path / "tree", seed=5)
    walk.tree.dvc("repro")
    row = concurrency.pair(walk, "dvc", "snakemake", 1, random.Random(1))
    assert row["failures"] == []
    assert row["refused"] + row["ran after it"] == 1
