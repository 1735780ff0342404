"""Outlines: directions, curves, ribbons."""

import math

import numpy as np
import pytest

from revisit_drawing.parts.colour import ColourCanvas
from revisit_drawing.parts.shapes import CIRCLE, box, curve, direction, limb, line, ribbon


@pytest.mark.parametrize("turns", [-1.3, -0.25, 0.0, 0.07, 0.125, 0.3, 0.5, 0.61, 0.99, 2.2])
def test_direction_is_sine_and_cosine(turns):
    x, y = direction(turns)
    assert (x, y) == pytest.approx((math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns)), abs=2e-4)
    assert math.hypot(x, y) == pytest.approx(1, abs=1e-14)


def test_circle_is_sixteen_even_directions():
    angles = np.unwrap(np.arctan2(CIRCLE[:, 1], CIRCLE[:, 0]))
    np.testing.assert_allclose(np.diff(angles), math.pi / 8, atol=3e-4)


def test_curve_keeps_its_ends_and_stays_within():
    smooth = np.array(curve([(0, 0), (1, 2), (3, 0)], 3))
    assert (smooth[0].tolist(), smooth[-1].tolist()) == ([0, 0], [3, 0])
    assert 0.9 < smooth[:, 1].max() < 2
    assert (np.diff(smooth[:, 0]) > 0).all()


def test_ribbon_has_its_widths():
    outline = np.array(ribbon([(0, 5), (4, 5), (8, 5)], (2, 6)))
    assert outline[:3, 1].tolist() == [6, 7, 8]
    assert outline[3:, 1].tolist() == [2, 3, 4]


def area(*outlines):
    return ColourCanvas(40, 40).mask([np.asarray(outline, float) for outline in outlines]).sum() / 256


def test_line_and_limb_have_their_area():
    assert area(line([(5, 10), (35, 10)], 4)) == pytest.approx(120, abs=0.5)
    round_ends = math.pi * 4
    assert area(*limb([(10, 20), (30, 20)], (4, 4))) == pytest.approx(80 + round_ends, abs=1.5)
    assert area(box(3, 4, 9, 6)) == 12
