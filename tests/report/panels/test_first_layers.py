import shutil

import numpy as np
import pandas as pd
import pytest

from revisit.analyses.inspect.looks.first_layers.panel import first_layers

TABLE = "variant,filter,norm,largest_activation,dead,high_frequency,low_frequency\nsize_7,0,1.0,2.0,False,0.3,0.2\n"


def of(size, stride, dead, high, low):
    shares = {"dead_share": dead / 8, "high_frequency": high, "low_frequency": low}
    coarseness = None if high is None else sum(shares.values())
    return {"filters": 8, "dead": dead, "kernel": [size, size], "stride": stride, **shares, "coarseness": coarseness}


@pytest.fixture
def sweep(writer, tmp_path):
    """A sweep of three first layers, two seeds each; the kept one is the coarsest but one."""
    run = next(run for run in writer.runs if run.name == "caffenet_7x7")
    folder = tmp_path / "sweep"
    shutil.copytree(run.folder, folder)
    (folder / "inspect/first_layers.csv").write_text(TABLE)
    for variant, size in (("size_7", 7), ("size_5", 5)):
        np.save(folder / f"inspect/first_layers_{variant}.npy", np.full((8, 3, size, size), 0.1, np.float32))
    run.folder, writer.runs = folder, [run]
    run.settings |= {"runs": dict.fromkeys(("base", "size_7", "size_5"), run.settings["runs"]["base"]), "replicates": 2}
    seeds = [
        {"first_layer": of(11, 4, 4, 0.4, 0.1), "first_layers": {"size_7": of(7, 2, 0, 0.3, 0.1), "size_5": five}}
        for five in (of(5, 2, 4, 0.5, 0.2), of(5, 2, 8, 0.5, 0.2))
    ]
    run.metrics["inspect"] = seeds[0] | {"replicates": seeds}
    reached = {"base": 0.4, "size_7": 0.5, "size_5": None}
    run.train["variants"] = {variant: run.kept | {"test_map": value} for variant, value in reached.items()}
    return run


def test_the_least_coarse_stands_first_beside_what_it_reaches(writer, sweep):
    figure, table, grids = first_layers(writer)["blocks"]
    rows = pd.read_csv(writer.folder / table["file"])
    assert rows["variant"].tolist() == ["size 7", "base", "size 5"]
    assert rows["kernel"].tolist() == ["7×7", "11×11", "5×5"]
    assert rows["coarseness"].tolist() == pytest.approx([0.4, 1.0, 1.45])  # of size 5 the mean of 1.2 and 1.7
    assert rows["dead_share"].tolist() == pytest.approx([0, 0.5, 0.75])
    assert rows["map"].tolist()[:2] == [0.5, 0.4]
    assert np.isnan(rows["map"][2])
    assert table["caption"] == "Means over the seeds."
    told = "7×7, stride 2: 0.400, 50.0%; 11×11, stride 4: 1.000, 40.0%; 5×5, stride 2: 1.450, unknown."
    assert figure["caption"].endswith(told)
    svg = (writer.folder / figure["file"]).read_text()
    for label in ("dead filters", "high frequencies", "low frequencies", "coarseness, the sum", "test mean AP"):
        assert label in svg
    assert [grid["title"] for grid in grids["blocks"]] == [
        "Filters, 7×7, stride 2", "Filters, 11×11, stride 4", "Filters, 5×5, stride 2"
    ]  # fmt: skip
    assert grids["blocks"][1]["caption"].startswith("4 of 32 are dead")


def test_a_measure_that_is_0_everywhere_has_one_tick(writer, sweep):
    for seed in sweep.metrics["inspect"]["replicates"]:
        for found in (seed["first_layer"], *seed["first_layers"].values()):
            found["dead_share"] = 0.0
    figure = first_layers(writer)["blocks"][0]
    assert "10^" not in (writer.folder / figure["file"]).read_text()


def test_a_diverged_variant_stands_last_and_one_not_looked_at_nowhere(writer, sweep):
    for seed in sweep.metrics["inspect"]["replicates"]:
        seed["first_layers"] = {"size_7": of(7, 2, 0, None, None)}
    figure, table, _ = first_layers(writer)["blocks"]
    assert pd.read_csv(writer.folder / table["file"])["variant"].tolist() == ["base", "size 7"]
    assert "7×7, stride 2: unknown, 50.0%" in figure["caption"]


def test_nothing_without_such_a_look(writer):
    assert first_layers(writer) is None
