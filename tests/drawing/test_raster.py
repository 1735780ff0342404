"""The rasteriser: areas, unions, poses."""

import numpy as np
import pytest

from revisit_drawing.parts.raster import SAMPLES, Canvas, Pose, mirrored, rounded, stroke

SQUARE = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]


def canvas(**pose):
    return Canvas(16, Pose(**pose))


def test_square_covers_exactly_its_samples():
    mask = canvas().mask(SQUARE)
    expected = np.zeros((64, 64), bool)
    expected[16:48, 16:48] = True
    np.testing.assert_array_equal(mask, expected)


def test_direction_of_an_outline_does_not_matter():
    np.testing.assert_array_equal(canvas().mask(SQUARE), canvas().mask(SQUARE[::-1]))


def test_outlines_unite_whichever_way_they_turn():
    left, right = [(x - 0.2, y) for x, y in SQUARE], [(x + 0.2, y) for x, y in SQUARE]
    apart = canvas().mask(left) | canvas().mask(right)
    np.testing.assert_array_equal(canvas().mask(left, right[::-1]), apart)


def test_outline_beyond_the_canvas_is_cut():
    assert canvas().mask([(-9, -9), (9, -9), (9, 9), (-9, 9)]).all()
    assert not canvas().mask([(2, 2), (3, 2), (3, 3)]).any()


def test_triangle_has_half_the_area():
    area = canvas().mask([(-1, -1), (1, -1), (-1, 1)]).mean()
    assert area == pytest.approx(0.5, abs=0.02)


def test_pose_scales_shifts_and_turns():
    assert canvas(scale_x=0.5).mask(SQUARE).sum() == 16 * 32
    np.testing.assert_array_equal(canvas(shift_x=0.25).mask(SQUARE), np.roll(canvas().mask(SQUARE), 8, axis=1))
    quarter = canvas(turn=1.0).mask([(-0.5, -0.25), (0.5, -0.25), (0.5, 0.25), (-0.5, 0.25)])
    assert (quarter.any(axis=1).sum(), quarter.any(axis=0).sum()) == (32, 16)


def test_image_is_the_rounded_mean_of_the_samples():
    drawn = canvas()
    drawn.shade[: SAMPLES // 2, :SAMPLES] = 101  # half of the first pixel
    drawn.shade[-1, -1] = 900  # cut to 255
    image = drawn.image()
    assert image[0, 0] == 51
    assert image[-1, -1] == 16
    assert image.sum() == 67


def test_paint_and_tint_touch_only_the_mask():
    drawn = canvas()
    drawn.paint(drawn.mask(SQUARE), 200)
    drawn.tint(drawn.mask(SQUARE), 50)
    assert set(np.unique(drawn.shade)) == {0, 100}
    assert (drawn.shade > 0).sum() == 32 * 32


def test_stroke_has_its_width_and_length():
    mask = canvas().mask(*stroke([(-0.5, 0.0), (0.5, 0.0)], 0.25))
    assert (mask.any(axis=0).sum(), mask.any(axis=1).sum()) == (32, 8)


def test_rounded_cuts_corners_and_mirrored_reflects():
    assert canvas().mask(rounded(SQUARE, 3)).sum() < 32 * 32
    assert canvas().mask(rounded(SQUARE, 3))[32, 16:48].all()
    triangle = [(0.1, -0.5), (0.9, -0.5), (0.1, 0.5)]
    mask = canvas().mask(triangle)
    assert (canvas().mask(mirrored(triangle)) != mask[:, ::-1]).sum() <= 32  # samples that lie on the edge
