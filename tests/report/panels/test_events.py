"""Learning rates, gradients over the training, and input images."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from revisit.errors import ArtifactError
from revisit.report import figures
from revisit.report.figures.gradients import shortened
from revisit.report.panels.events import gradients, inputs

HOSTILE = "<b>cow</b> & $x^$"


def run_of(writer, name):
    return next(run for run in writer.runs if run.name == name)


def test_a_figure_of_gradients_for_each_network_that_has_them(writer):
    found = gradients(writer)
    assert [block["id"] for block in found["blocks"]] == ["gradients-caffenet", "gradients-dense"]
    caffenet, dense = found["blocks"]
    assert caffenet["caption"].startswith("8 of 11 layers.")
    assert dense["caption"].startswith("All layers with gradients.")
    svg = (writer.folder / caffenet["file"]).read_text()
    assert [number for number in range(1, 12) if f">conv{number}<" in svg] == [1, 2, 4, 5, 7, 8, 10, 11]
    assert "&lt;b&gt;cow&lt;/b&gt; &amp; $x^$" in (writer.folder / dense["file"]).read_text()
    rows = pd.read_csv(writer.folder / caffenet["data"])
    assert rows["layer"].nunique() == 11
    last = rows[(rows["layer"] == "conv1") & (rows["step"] == 700)].iloc[0]
    assert f"conv1 between −{-last['q25']:.4f} and {last['q75']:.4f}" in caffenet["alt"]
    assert caffenet["made_by"] == ["train@caffenet"]
    assert "learning rate" not in found["text"]


def test_bands_are_told_apart_without_colour():
    """From the outside inwards each is darker, on paper and in grey; the median is a line."""
    values = np.tile([-30.0, -3, -1, 0, 1, 3, 40], (4, 1))
    axes = figures.distributions({"fc": (np.arange(1.0, 5), values)}).axes[0]
    opacities = [float(band.get_alpha()) for band in axes.collections]
    assert opacities == sorted(opacities)
    assert min(np.diff(opacities)) > 0.1
    extents = [np.ptp(band.get_paths()[0].vertices[:, 1]) for band in axes.collections]
    assert extents == [70, 6, 2]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), 0)


def test_a_few_layers_are_drawn_as_large_as_many():
    values = np.linspace(-3e-4, 3e-4, 7) * np.ones((4, 1))
    drawings = [figures.distributions({f"fc{number}": (np.arange(4.0), values) for number in range(n)}) for n in (1, 4)]
    assert drawings[0].get_size_inches().tolist() == drawings[1].get_size_inches().tolist()
    np.testing.assert_array_equal(*(drawing.axes[0].get_position().bounds for drawing in drawings))
    assert [label.get_text() for label in drawings[0].axes[0].get_yticklabels()] == ["0", "10⁻⁴", "−10⁻⁴"]


@pytest.mark.parametrize("value", [0.0, 1e-30, 5.0])
def test_gradients_of_one_moment_and_gradients_that_are_all_alike(tmp_path, value):
    drawing = figures.distributions({"fc": (np.array([7.0]), np.full((1, 7), value))})
    figures.save(drawing, tmp_path / "a.svg")
    assert ">fc<" in (tmp_path / "a.svg").read_text()


def test_the_learning_rate_is_drawn_where_it_changes(writer):
    history = run_of(writer, "tuned").history
    history["learning_rate"] = np.repeat([0.01, 0.005, 0.0025], [10, 20, 10])
    found = gradients(writer)
    (block,) = found["blocks"][0]["blocks"]
    assert block["id"] == "rate-tuned"
    assert block["caption"] == "From 0.0100 to 0.00250, in 2 changes."
    rows = pd.read_csv(writer.folder / block["data"])
    assert rows["step"].tolist() == [1, 10, 11, 30, 31, 40]
    assert rows["learning_rate"].tolist() == [0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025]
    assert found["text"].startswith("The learning rate where it is not the same")


def test_inputs_of_networks_that_change_their_images(writer):
    found = inputs(writer)
    (block,) = found["blocks"][0]["blocks"]
    assert block["id"] == "inputs-caffenet"  # `dense` gets its images as they are
    assert block["caption"] == (
        "Cut out at random, 72 by 72 pixels, half of them mirrored, mixed in pairs by mixup with alpha 0.2."
    )
    assert block["rows"] == ["step 1", "step 50", "step 350", "step 700"]
    with Image.open(writer.folder / block["file"]) as picture:
        assert picture.size == (block["width"], block["height"]) == (5 * 68 - 4, 4 * 68 - 4)


def test_findings_of_earlier_versions_have_neither(writer):
    writer.runs = [run for run in writer.runs if run.name in ("scratch", "tuned")]
    assert gradients(writer) is None
    assert inputs(writer) is None


def test_names_of_layers_do_not_reach_into_the_next_small_multiple():
    assert shortened("features.denseblock2.denselayer11.conv2") == "…denseblock2.denselayer11.conv2"
    assert shortened("inception4a.branch1.conv") == "inception4a.branch1.conv"
    assert shortened("x" * 40) == "x" * 40  # there is nothing to leave out


@pytest.mark.parametrize("name", ["gradients.csv", "inputs.csv"])
def test_damaged_findings_are_told_with_the_stage_that_made_them(writer, tmp_path, name):
    run = run_of(writer, "caffenet")
    run.folder = tmp_path / "caffenet"
    (run.folder / "runs").mkdir(parents=True)
    (run.folder / "runs" / name).write_text("step,layer\n1,fc\n")
    with pytest.raises(ArtifactError, match=r"runs.*train@caffenet"):
        run.gradients() if name == "gradients.csv" else run.inputs()
