"""Learning curves that have hardly any points, and where their legends are."""

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


@pytest.mark.parametrize(
    ("wished", "flat", "corner"),
    [
        ("upper right", 0.1, "upper right"),
        ("upper right", 0.95, "lower right"),
        ("lower right", 0.9, "lower right"),
        ("lower right", 0.1, "upper right"),
        ("upper right", np.nan, "upper right"),
        ("lower left", 0.1, "lower left"),
    ],
)
def test_a_legend_lies_where_no_curve_ends(wished, flat, corner):
    x = np.arange(101.0)
    curves = [
        figures.Line(x, np.full(101, flat), "test set", "#1f5fa8"),
        figures.Line(x[:50], x[:50] / 50, "a", "#000000"),
    ]
    shown = figures.lines(curves, "accuracy", y_range=(0, 1), legend=wished, until=100)
    assert shown.axes[0].get_legend()._loc == shown.axes[0].get_legend().codes[corner]


def test_a_legend_stays_where_curves_end_in_both_corners():
    x = np.arange(101.0)
    curves = [figures.Line(x, np.full(101, y), name, "#1f5fa8") for y, name in ((0.05, "low"), (0.95, "high"))]
    shown = figures.lines(curves, "accuracy", y_range=(0, 1), legend="lower right")
    assert shown.axes[0].get_legend()._loc == shown.axes[0].get_legend().codes["lower right"]


def test_an_axis_spans_all_finite_values_or_leaves_out_the_highest_few():
    first = np.append(np.linspace(0.0, 1.0, 999), 101.0)
    curves = [first, np.array([np.inf, np.nan, -1.0])]
    assert figures.span(curves) == pytest.approx((-1 - 0.04 * 102, 101 + 0.04 * 102))
    low, high = figures.span(curves, 0.99)
    assert -1.1 < low < -1.07
    assert 1.0 < high < 1.1
    assert figures.span([np.full(3, 0.5)]) == (0.45, 0.55)
    assert figures.span([np.array([np.nan]), np.array([])]) is None


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
