"""The table of trainings, and that of a sweep's variants."""

import csv

import pytest

from revisit.report.panels.results import results, sweeps


def edited(writer, low, high):
    """The first run, as of three seeds with such an interval; alone in the study."""
    run = writer.runs[0]
    run.train["variants"]["base"] |= {"runs": 3, "test_map_low": low, "test_map_high": high}
    writer.runs[:] = [run]
    return run


def rows(writer, name):
    with open(writer.folder / f"tables/{name}.csv", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("interval", "shown"),
    [((-0.04, 0.3), (0, 0.3)), ((0.8, 1.2), (0.8, 1)), ((0.2, 0.3), (0.2, 0.3))],
)
def test_intervals_of_shares_end_at_0_and_1(writer, interval, shown):
    edited(writer, *interval)
    (table,) = results(writer)["blocks"]
    (row,) = rows(writer, "results-table")
    assert (float(row["low"]), float(row["high"])) == shown
    assert ("Intervals are cut off at 0% and 100%." in table["caption"]) == (shown != interval)


def test_those_of_variants_too(writer):
    run = edited(writer, -0.04, 0.3)
    run.settings["runs"]["other"] = run.settings["runs"]["base"] | {"batch_size": 10}
    run.train["variants"]["other"] = run.train["variants"]["base"] | {"test_map_low": 0.1}
    sweeps(writer)
    assert [float(row["test_map_low"]) for row in rows(writer, f"variants-{run.name}")] == [0, 0.1]
