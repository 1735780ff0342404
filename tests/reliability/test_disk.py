"""A short run of `disk.py`."""

import pytest

import disk

ROUNDS = 3


@pytest.fixture(scope="module")
def rows():
    return {row["attack"]: row for row in disk.run(rounds=ROUNDS, seed=4, tmpfs=0)}


@pytest.mark.parametrize("name", disk.WRITES)
def test_a_disk_that_ends_costs_nothing_but_a_second_run(rows, name):
    row = rows[name]
    assert row["failures"] == []
    assert row[disk.FULL] + row[disk.ENOUGH] == ROUNDS
    assert row[disk.FULL] > 0
    assert row[disk.READ_ONLY] == 1
    assert row["tried"] == ROUNDS + 1
