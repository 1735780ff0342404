"""Learning curves that have hardly any points."""

import numpy as np
import pytest

from revisit.report import figures

ONE, TWO = np.array([8.0]), np.array([8.0, 16.0])


def dark(figure, tmp_path):
    """How many pixels of the axes are drawn on, in a colour."""
    figure.savefig(tmp_path / "figure.png", dpi=50)
    from PIL import Image

    with Image.open(tmp_path / "figure.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    return int((np.ptp(pixels, axis=2) > 60).sum())


@pytest.mark.parametrize("half", [False, True])
def test_a_variant_that_was_scored_once_is_a_dot(half, tmp_path):
    def drawn(x):
        curve = figures.Variant(x, x / 20, x / 20, x / 20, name="a", end="40%")
        return figures.variants([curve], "accuracy", until=20, half=half)

    shown = drawn(ONE)
    (curve, *_) = shown.axes[0].lines
    assert curve.get_marker() == "o"
    assert dark(shown, tmp_path) > 20
    assert drawn(TWO).axes[0].lines[0].get_marker() == "None"


def test_a_curve_of_one_point_is_a_dot(tmp_path):
    from revisit.report.figures.curves import Line

    shown = figures.lines([Line(ONE, ONE / 20, "test set", "#1f5fa8")], "accuracy")
    assert shown.axes[0].lines[0].get_marker() == "o"
    assert dark(shown, tmp_path) > 10
