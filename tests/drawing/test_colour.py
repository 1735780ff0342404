"""The colour canvas: areas, unions, blending, owners; and the brush that places figures on it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from revisit_drawing.parts import colour
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import ColourCanvas
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.shapes import box, ellipse

WHITE = (255, 255, 255)


def corners(*points):
    return np.array(points, float)


def test_a_rectangle_covers_exactly_its_pixels_and_parts_of_them():
    mask = ColourCanvas(8, 6).mask([corners((2, 1), (5.5, 1), (5.5, 3.25), (2, 3.25))])
    expected = np.zeros((6, 8), int)
    expected[1:3, 2:5] = 256
    expected[1:3, 5] = 128
    expected[3, 2:5] = 64
    expected[3, 5] = 32
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("seed", range(5))
def test_coverage_is_that_of_pillow_at_a_much_higher_resolution(seed):
    dice = Dice(seed, 1)
    points = [(dice.uniform(-4, 24), dice.uniform(-4, 20)) for _ in range(3)]
    fine = Image.new("L", (20 * 32, 16 * 32))
    ImageDraw.Draw(fine).polygon([(x * 32 - 0.5, y * 32 - 0.5) for x, y in points], fill=1)
    expected = np.asarray(fine).reshape(16, 32, 20, 32).mean(axis=(1, 3))
    mask = ColourCanvas(20, 16).mask([corners(*points)]) / 256
    assert np.abs(mask - expected).max() < 0.15  # four scan lines per pixel
    assert mask.mean() == pytest.approx(expected.mean(), abs=0.01)


def test_outlines_unite_whichever_way_they_turn():
    canvas = ColourCanvas(16, 16)
    left, right = corners((1, 1), (9, 1), (9, 9), (1, 9)), corners((5, 5), (13, 5), (13, 13), (5, 13))
    apart = np.maximum(canvas.mask([left]), canvas.mask([right]))
    np.testing.assert_array_equal(canvas.mask([left, right[::-1]]), apart)


def test_what_lies_beyond_the_canvas_is_cut():
    canvas = ColourCanvas(8, 8)
    assert (canvas.mask([corners((-90, -90), (90, -90), (90, 90), (-90, 90))]) == 256).all()
    assert not canvas.mask([corners((9, 1), (20, 1), (20, 5))]).any()
    assert not canvas.mask([corners((1, -9), (5, -9), (5, -2))]).any()


def test_filling_mixes_by_coverage_opacity_and_mask():
    canvas = ColourCanvas(4, 1, (0, 0, 100))
    left_half = canvas.mask([corners((0, 0), (2, 0), (2, 1), (0, 1))])
    canvas.fill([corners((0.5, 0), (4, 0), (4, 1), (0.5, 1))], (200, 40, 0), opacity=50, within=left_half)
    np.testing.assert_array_equal(canvas.image()[0], [[50, 10, 75], [100, 20, 50], [0, 0, 100], [0, 0, 100]])


def test_light_falls_from_above():
    canvas = ColourCanvas(1, 5)
    canvas.fill([corners((0, 0), (1, 0), (1, 5), (0, 5))], (100, 100, 100), light=20)
    assert canvas.image()[:, 0, 0].tolist() == [120, 110, 100, 90, 80]


def test_owners_are_those_that_are_seen():
    canvas = ColourCanvas(10, 10, owners=True)
    for owner, x in ((1, 0), (2, 3)):
        canvas.owner = owner
        canvas.fill([corners((x, 0), (x + 5, 0), (x + 5, 2), (x, 2))], WHITE)
    assert np.bincount(canvas.owners.ravel()).tolist() == [100 - 16, 6, 10]


def test_a_brush_places_flips_and_turns_the_unit_square():
    def drawn(**pose):
        canvas = ColourCanvas(20, 20)
        brush = Brush(canvas, 10, 10, 8, **pose)
        brush.fill(WHITE, box(-1, -1, 0, -0.5), light=0)
        return canvas.image()[:, :, 0] > 128, brush

    plain, brush = drawn()
    assert plain[2:6, 2:10].all()
    assert plain.sum() == 32
    np.testing.assert_array_equal(drawn(flip=True)[0], plain[:, ::-1])
    np.testing.assert_array_equal(drawn(turn=1.0)[0], np.rot90(plain, -1))
    assert (brush.low.tolist(), brush.high.tolist(), brush.inside) == ([2, 2], [10, 6], 1.0)


def test_inside_is_the_share_of_the_box_on_the_canvas():
    brush = Brush(ColourCanvas(10, 10), 0, 5, 2)
    brush.fill(WHITE, box(-1, -1, 1, 1))
    brush.shadow(0, 0, 9, 9)  # does not count
    assert brush.inside == 0.5


def test_colours():
    assert colour.mixed((0, 100, 200), (100, 100, 0), 25) == (25, 100, 150)
    assert colour.shaded((100, 200, 10), 150) == (150, 255, 15)
    near = [colour.varied(Dice(0, i), (128, 128, 128), 12) for i in range(200)]
    assert 16 >= np.abs(np.array(near) - 128).max() > 10
    assert all(max(c) - min(c) >= 60 for c in (colour.bright(Dice(1, i)) for i in range(200)))


def test_an_ellipse_has_nearly_the_area_of_one():
    mask = ColourCanvas(64, 64).mask([ellipse(32, 32, 24, 12)])
    assert mask.sum() / 256 == pytest.approx(np.pi * 24 * 12, rel=0.03)
