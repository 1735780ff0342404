"""The panels of depth, of losses, of noise and of codes, with made-up trainings."""

import pandas as pd
import pytest

from revisit.analyses.code.panel import code
from revisit.report.panels.depth import depth
from revisit.report.panels.reconstructions import losses, noise
from revisit.report.runs import Run
from revisit.report.study_writer import StudyWriter


def flat(blocks):
    return [inner for block in blocks for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def training(folder, name, variants, numbers, metric=None, objective="classification", **more):
    """A sweep: variant -> network settings, and variant -> numbers."""
    runs = {
        one: {"network": settings, "objective": {"name": objective, "loss": more.get("losses", {}).get(one)}}
        for one, settings in variants.items()
    }
    keep = next(iter(variants))
    settings = {**runs[keep], "dataset": more.get("dataset", "images"), "runs": runs, "keep": keep, "replicates": 1}
    train = {"metric": metric, "objective": objective, "variants": numbers}
    return Run(name, name, settings, {"train": train} | more.get("metrics", {}), folder / name)


def accuracies(test, train, spread=None):
    ends = {"low": -spread, "high": spread} if spread else {"low": None, "high": None}
    found = {"test_accuracy": test, "train_accuracy": train}
    for key, value in list(found.items()):
        found |= {f"{key}_{end}": None if by is None or value is None else value + by for end, by in ends.items()}
    return found


@pytest.fixture
def writer(tmp_path):
    return StudyWriter("networks", tmp_path / "writer", [])


def test_variants_that_differ_in_their_depth_alone_are_a_line(writer, tmp_path):
    plain = {f"plain_{n}": {"depth": n, "residual": False} for n in (20, 56)}
    residual = {f"resnet_{n}": {"depth": n} for n in (20, 56)}
    numbers = {
        "plain_20": accuracies(0.9, 0.95, 0.01), "plain_56": accuracies(0.8, 0.85, 0.01),
        "resnet_20": accuracies(0.91, 0.96), "resnet_56": accuracies(None, None),
    }  # fmt: skip
    flatly = {"one": {"width": 1.0}, "two": {"width": 0.5}}
    writer.runs = [
        training(tmp_path, "resnets", plain | residual, numbers, "accuracy"),
        training(tmp_path, "widths", flatly, dict.fromkeys(flatly, accuracies(0.5, 0.5)), "accuracy"),
    ]
    figures = flat(depth(writer)["blocks"])
    assert [figure["id"] for figure in figures] == ["depth-images-test", "depth-images-train"]
    assert figures[0]["alt"].endswith(
        "plain: 90.0% with 20 layers, 80.0% with 56 layers; resnet: 91.0% with 20 layers."
    )
    table = pd.read_csv(writer.folder / figures[0]["data"])
    assert table["variant"].tolist() == ["plain_20", "plain_56", "resnet_20"]  # one diverged
    assert table["test_low"].tolist() == pytest.approx([0.89, 0.79, 0.91])
    assert figures[0]["made_by"] == ["train@resnets"]


def test_each_data_set_has_its_figures_of_depth(writer, tmp_path):
    variants = {f"plain_{n}": {"depth": n} for n in (10, 22)}
    numbers = {"plain_10": accuracies(0.5, 0.6), "plain_22": accuracies(0.7, 0.8)}
    names = {"resnets": "photographs", "others": "drawings", "more": "photographs"}
    writer.runs = [
        training(tmp_path, name, variants, numbers, "accuracy", dataset=dataset) for name, dataset in names.items()
    ]
    figures = flat(depth(writer)["blocks"])
    wanted = [f"depth-{dataset}-{split}" for dataset in ("photographs", "drawings") for split in ("test", "train")]
    assert [figure["id"] for figure in figures] == wanted
    assert figures[0]["made_by"] == ["train@resnets", "train@more"]
    assert figures[2]["made_by"] == ["train@others"]
    assert figures[2]["title"] == "Accuracy over depth, test set of drawings"


def test_no_depth_without_several_depths(writer, tmp_path):
    variants = {"a": {"depth": 20, "residual": False}, "b": {"depth": 20}}
    numbers = dict.fromkeys(variants, accuracies(0.5, 0.5))
    writer.runs = [training(tmp_path, "resnets", variants, numbers, "accuracy")]
    assert depth(writer) is None


ERRORS = {
    "train_squared_error": 0.01, "test_squared_error": 0.02, "test_cross_entropy": 0.25, "test_entropy": 0.2,
    "train_squared_error_of_noisy": 0.015, "test_squared_error_of_noisy": 0.03, "test_squared_error_of_noise": 0.04,
}  # fmt: skip


def autoencoder(folder, name, variants, numbers=ERRORS, **more):
    return training(
        folder, name, variants, dict.fromkeys(variants, numbers), objective="reconstruction", **more
    )  # fmt: skip


def test_losses_and_noise_each_have_their_sweeps(writer, tmp_path):
    both = {"mean_squared_error": "mean_squared_error", "binary_cross_entropy": "binary_cross_entropy"}
    noises = {"no_noise": {"noise": 0.0}, "fresh": {"noise": 0.3}, "frozen": {"noise": 0.3, "noise_kind": "frozen"}}
    of_losses = autoencoder(tmp_path, "grey", {key: {} for key in both}, losses=both)
    of_noise = autoencoder(tmp_path, "few", noises)
    writer.runs = [of_losses, of_noise]
    figure, table = losses(writer)["blocks"]
    assert (figure["id"], table["id"]) == ("losses-measures", "losses-table")
    assert "binary cross entropy: squared error 0.02, cross-entropy above its floor 0.05" in figure["alt"]
    figure, table = noise(writer)["blocks"]
    frame = pd.read_csv(writer.folder / table["file"])
    assert frame["variant"].tolist() == list(noises)
    assert frame["test_squared_error_of_noise"].tolist() == [0.04] * 3
    assert figure["made_by"] == ["train@few"]
    assert "fresh: training images 0.01, test images 0.02, noisy training images 0.015, noisy" in figure["alt"]


def test_older_findings_and_those_that_diverged_are_left_out(writer, tmp_path):
    both = {"a": "mean_squared_error", "b": "binary_cross_entropy"}
    older = autoencoder(tmp_path, "older", {key: {} for key in both}, {"test_loss": 0.1}, losses=both)
    gone = autoencoder(tmp_path, "gone", {key: {} for key in both}, dict.fromkeys(ERRORS), losses=both)
    writer.runs = [older, gone]
    assert losses(writer) is None
    assert noise(writer) is None


def test_codes_stand_beside_pixels_and_their_own_beginnings(writer, tmp_path):
    sparse = {"hoyer": 0.6, "active": 0.1, "dead": 2}
    found = {"dimensions": 9, **sparse, "untrained": {"hoyer": None, "active": 0.9, "dead": 0}}
    run = autoencoder(tmp_path, "sparse", {"base": {}}, metrics={"code": found})
    place = tmp_path / "sparse/code"
    place.mkdir(parents=True)
    names = ("code", "untrained", "principal", "pixels")
    rows = [(name, 9, count, 0.5, 0.4, 0.6) for name in names for count in (10, 100)]
    frame = pd.DataFrame(rows, columns=["features", "dimensions", "labels", "accuracy", "low", "high"])
    frame.to_csv(place / "labels.csv", index=False)
    writer.runs = [run]
    figure, table = flat(code(writer)["blocks"])
    assert "untrained code: 50.0% with 10, 50.0% with 100" in figure["alt"]
    frame = pd.read_csv(writer.folder / table["file"])
    assert frame["network"].tolist() == ["trained", "untrained"]
    assert frame["hoyer"].isna().tolist() == [False, True]


def test_nothing_without_trainings(writer):
    assert [panel(writer) for panel in (depth, losses, noise, code)] == [None] * 4
