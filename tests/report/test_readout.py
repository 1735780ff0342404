"""Where the curves of a figure lie: read back from the SVG itself."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from revisit.report import figures

X, Y = np.array([0.0, 10.0, 40.0]), np.array([0.2, 0.8, 0.4])


def values(scales, path):
    """The values of a curve from the path that the SVG holds."""
    numbers = np.array(re.findall(r"-?[\d.]+", path), float).reshape(-1, 2)
    return [
        np.interp(numbers[:, i], *zip(*sorted(zip(scales[key]["at"], scales[key]["value"], strict=True)), strict=True))
        for i, key in enumerate("xy")
    ]


def path_of(file, name):
    group = ElementTree.parse(file).getroot().find(f".//*[@id='{name}']")  # noqa: S314  (drawn here)
    return next(element.get("d") for element in group.iter() if element.tag.endswith("path"))


@pytest.mark.parametrize("kind", ["lines", "variants", "half"])
def test_scales_and_curves_are_those_of_the_svg(tmp_path, kind):
    if kind == "lines":
        curves = [figures.Line(X, Y, "a $x^$", "#123456"), figures.Line(X, Y / 2, "b", "#654321")]
        noisy = figures.Line(X, 2 * Y, "noisy", "#123456", noisy=True)
        drawing = figures.lines([noisy, *curves], "accuracy", percent=True)
    else:
        made = [figures.Variant(X, y, y, y, name=name, end="1") for name, y in (("a $x^$", Y), ("b", Y / 2))]
        made.append(figures.Variant(*[X[:0]] * 4, name="none", end=""))
        drawing = figures.variants(made, "accuracy", percent=True, half=kind == "half")
    figures.save(drawing, tmp_path / "figure.svg")
    found = figures.readout(drawing)
    assert [curve["name"] for curve in found["curves"]] == ["a $x^$", "b"]
    assert (found["x"]["label"], found["x"]["percent"]) == ("step", False)
    assert (found["y"]["label"], found["y"]["percent"]) == ("accuracy", True)
    for curve, y in zip(found["curves"], (Y, Y / 2), strict=True):
        x_found, y_found = values(found, path_of(tmp_path / "figure.svg", curve["id"]))
        np.testing.assert_allclose(x_found, X, atol=0.01)
        np.testing.assert_allclose(y_found, y, atol=1e-4)


def test_other_figures_have_none(tmp_path):
    drawing = figures.dots(["a", "b"], {"one": [0.1, 0.2]}, "accuracy")
    figures.save(drawing, tmp_path / "figure.svg")
    assert figures.readout(drawing) is None
