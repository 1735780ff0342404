import io

import numpy as np
import pytest
from PIL import Image

from revisit.errors import ArtifactError
from revisit.report import figures, sprites
from revisit.report.figures import letters
from revisit.report.palette import CLASSES, NONE, blend, class_colour, of_label


def test_equal_tiles_stand_in_rows_with_transparent_gaps():
    tiles = [np.full((2, 3, 1), shade, np.uint8) for shade in (10, 20, 30)]
    image = figures.mosaic(tiles, 2, gap=1)
    assert image.shape == (5, 7, 4)
    assert image[0, 0].tolist() == [10, 10, 10, 255]
    assert image[0, 4].tolist() == [20, 20, 20, 255]
    assert image[4, 2].tolist() == [30, 30, 30, 255]
    assert image[2, :, 3].tolist() == [*image[:, 3, 3].tolist(), 0, 0] == [0] * 7
    assert image[4, 4:, 3].tolist() == [0, 0, 0]  # no fourth tile


def test_small_pictures_grow_by_whole_factors_and_large_ones_shrink():
    tile = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert figures.enlarged(tile, 7).tolist() == np.kron(tile, np.ones((3, 3, 1), np.uint8)).tolist()
    large = np.zeros((40, 20, 1), np.uint8)
    large[:20] = 200
    shrunk = figures.enlarged(large, 10)
    assert shrunk[:, :, 0].tolist() == [[200] * 5] * 5 + [[0] * 5] * 5


def test_heat_maps_are_dark_at_nothing_and_bright_at_the_largest_value():
    dark, bright = [68, 1, 84], [253, 231, 36]  # the ends of viridis
    image = figures.heat(np.array([[0.0, 4.0], [2.0, np.nan]]), (4, 4))
    assert image.shape == (4, 4, 3)
    assert (image[0, 0].tolist(), image[1, 3].tolist(), image[3, 3].tolist()) == (dark, bright, dark)
    assert sum(dark) < image[3, 0].sum() < sum(bright)
    even = figures.heat(np.full((2, 2), 0.5), (2, 2))
    assert (even == bright).all()
    assert (figures.heat(np.zeros((2, 2)), (2, 2)) == dark).all()
    assert figures.heat(np.array([[-1.0, 0.0, 1.0]]), (1, 3))[0, 0].tolist() == dark


def test_boxes_are_outlined_and_nothing_else_changes():
    tile = np.full((20, 20, 1), 7, np.uint8)
    image = figures.outlined(tile, [((0.5, 0.0, 1.0, 0.5), "#ff0080")], width=2)
    assert image.shape == (20, 20, 3)
    assert image[10, 0].tolist() == image[19, 9].tolist() == [255, 0, 128]
    assert image[12, 2].tolist() == image[9, 0].tolist() == image[15, 10].tolist() == [7, 7, 7]
    assert (image == [255, 0, 128]).all(axis=2).sum() == 10 * 10 - 6 * 6
    assert (tile == 7).all()


def test_large_pictures_are_small_and_keep_their_gaps(tmp_path):
    rng = np.random.default_rng(0)
    shades = rng.integers(0, 256, (30, 1, 1, 3)) + np.linspace(-60, 60, 64)[:, None, None]
    tiles = np.clip(shades + rng.normal(0, 8, (30, 64, 64, 3)), 0, 255).astype(np.uint8)
    image = figures.mosaic(list(tiles), 6)
    figures.save(image, tmp_path / "a.webp")
    figures.save(image, tmp_path / "b.webp")
    assert (tmp_path / "a.webp").read_bytes() == (tmp_path / "b.webp").read_bytes()
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG", optimize=True)
    assert (tmp_path / "a.webp").stat().st_size < 0.2 * len(stream.getvalue())
    with Image.open(tmp_path / "a.webp") as picture:
        read = np.asarray(picture.convert("RGBA")).astype(int)
    assert (read[..., 3] == image[..., 3]).all()
    opaque = image[..., 3] > 0
    assert np.abs(read[opaque] - image[opaque]).mean() < 8


def test_small_pictures_are_kept_to_the_pixel(tmp_path):
    image = figures.mosaic(list(np.random.default_rng(0).integers(0, 256, (4, 30, 30, 3), dtype=np.uint8)), 2)
    figures.save(image, tmp_path / "a.webp")
    with Image.open(tmp_path / "a.webp") as picture:
        read = np.asarray(picture.convert("RGBA"))
    assert (read[..., 3] == image[..., 3]).all()
    assert (read == image)[image[..., 3] > 0].all()


def test_large_maps_of_classes_are_kept_to_the_pixel(tmp_path):
    kinds = np.random.default_rng(0).integers(0, 3, (220, 220)).repeat(3, axis=0).repeat(3, axis=1)
    image = np.asarray([(200, 40, 0), (0, 90, 200), (240, 240, 240)], np.uint8)[kinds]
    figures.save(image, tmp_path / "a.webp")
    with Image.open(tmp_path / "a.webp") as picture:
        assert (np.asarray(picture.convert("RGB")) == image).all()


def test_a_class_has_its_colour_several_their_mean_and_none_is_grey():
    assert blend([3]) == class_colour(3) == CLASSES[3]
    assert len(set(CLASSES)) == 20
    assert class_colour(23) == class_colour(3)
    channels = [int(blend([0, 1])[at : at + 2], 16) for at in (1, 3, 5)]
    both = [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in CLASSES[:2]]
    assert channels == pytest.approx(np.mean(both, axis=0), abs=0.5)
    assert of_label("0 1") == blend([0, 1])
    assert of_label("") == NONE


def write_tiles(folder, rows, columns=2):
    """Tiles of 2 x 3 pixels, each of the shade of its row."""
    image = np.zeros((2 * -(-len(rows) // columns), 3 * columns), np.uint8)
    for number, row in enumerate(rows):
        top, left = number // columns * 2, number % columns * 3
        image[top : top + 2, left : left + 3] = row
    folder.mkdir(parents=True)
    Image.fromarray(image).save(folder / "thumbnails.png")
    (folder / "sprite.json").write_text(f'{{"columns": {columns}, "tile": [2, 3], "rows": {rows}, "classes": ["a"]}}')


def test_tiles_are_cut_from_several_sources(tmp_path):
    write_tiles(tmp_path / "x/embed", [4, 8, 15])
    write_tiles(tmp_path / "y/embed", [16, 23, 4], columns=3)
    image, sprite = sprites.cut([tmp_path / "x/embed", tmp_path / "y/embed"], [23, 4, 15])
    assert sprite == {"columns": 3, "tile": [2, 3], "rows": [23, 4, 15], "classes": ["a"]}
    assert image[:, ::3].tolist() == [[23, 4, 15]] * 2
    assert sprites.save(image, tmp_path / "all") == "all.webp"
    with Image.open(tmp_path / "all.webp") as picture:
        assert np.abs(np.asarray(picture.convert("L")).astype(int) - image).mean() < 4


def test_tiles_that_are_missing_or_differ_name_their_stage(tmp_path):
    write_tiles(tmp_path / "x/embed", [4, 8])
    with pytest.raises(ArtifactError, match=r"no tile of test image 5: run `dvc repro --force embed@x`"):
        sprites.cut([tmp_path / "x/embed"], [4, 5])
    write_tiles(tmp_path / "y/embed", [4, 8])
    described = (tmp_path / "y/embed/sprite.json").read_text()
    (tmp_path / "y/embed/sprite.json").write_text(described.replace('"a"', '"b"'))
    with pytest.raises(ArtifactError, match="different data"):
        sprites.cut([tmp_path / "x/embed", tmp_path / "y/embed"], [4])
    (tmp_path / "y/embed/sprite.json").write_text("{}")
    with pytest.raises(ArtifactError, match=r"cannot be read.*embed@y"):
        sprites.cut([tmp_path / "y/embed"], [4])


def test_a_grey_box_lies_where_its_shares_say():
    image = figures.covered(np.zeros((20, 10, 1), np.uint8), (0.25, 0.2, 0.75, 0.8))
    assert image.shape == (20, 10, 3)
    assert (image[6:14, 3:7] == 128).all()
    assert (image[5, 2:8] == 255).all()
    assert image[:5].max() == image[15:].max() == image[:, :2].max() == 0


def test_regions_touch_along_a_side():
    numbers = np.array([[1, 1, 2], [2, 1, 2], [1, 2, 2]])
    found = [{tuple(place) for place in region.tolist()} for region in letters.regions(numbers)]
    assert found == [{(0, 0), (0, 1), (1, 1)}, {(0, 2), (1, 2), (2, 2), (2, 1)}, {(1, 0)}, {(2, 0)}]


def test_the_midst_of_a_region_lies_in_it():
    ring = np.array([place for place in np.ndindex(5, 5) if place != (2, 2)])
    assert tuple(letters.midst(ring)) in {tuple(place) for place in ring.tolist()}
    assert letters.midst(np.array(list(np.ndindex(3, 5)))) == (1, 2)
    tail = np.array([*np.ndindex(3, 3), *((1, column) for column in range(3, 12))])
    assert letters.midst(tail) == (1, 1)  # where there is room, not in the mean


def test_a_map_of_classes_can_be_read_without_colour():
    numbers = np.zeros((4, 6), int)
    numbers[:, 3:] = 1
    numbers[0, 5] = 2  # too small for a letter
    plain = figures.lettered(numbers, (80, 120), {})
    image = figures.lettered(numbers, (80, 120), {0: "A", 1: "B", 2: "C"})
    assert image.shape == (80, 120, 3)
    changed = (image != plain).any(axis=2)
    assert changed[20:60, 10:50].any()
    assert changed[20:60, 70:110].any()
    assert not changed[:, 55:65].any()
    assert not changed[:20, 100:].any()
    halves = [plain[40:60, :60].astype(int), plain[40:60, 60:].astype(int)]
    assert halves[0].std(axis=(0, 1)).max() == 0  # plain
    assert halves[1].std(axis=(0, 1)).max() > 5  # striped
    other = figures.lettered(numbers, (80, 120), {0: "B", 1: "A"})
    assert (other[:, :60] != image[:, :60]).any()
