"""A short run of `disk.py`."""

import pytest

import disk

ROUNDS = 3
OBJECTS = ("propose", "detect", "segment")  # each imports PyTorch first


def judge(row):
    assert row["failures"] == []
    assert row[disk.FULL] + row[disk.ENOUGH] == ROUNDS
    assert row[disk.FULL] > 0
    assert row[disk.READ_ONLY] == 1
    assert row["tried"] == ROUNDS + 1


@pytest.fixture(scope="module")
def rows():
    names = [name for name in disk.WRITES if name not in OBJECTS]
    return {row["attack"]: row for row in disk.run(rounds=ROUNDS, seed=4, tmpfs=0, names=names)}


@pytest.mark.parametrize("name", [name for name in disk.WRITES if name not in OBJECTS])
def test_a_disk_that_ends_costs_nothing_but_a_second_run(rows, name):
    judge(rows[name])


@pytest.mark.thorough
@pytest.mark.parametrize("name", OBJECTS)
def test_a_disk_that_ends_under_what_looks_for_objects(name):
    (row,) = disk.run(rounds=ROUNDS, seed=4, tmpfs=0, names=[name])
    judge(row)
