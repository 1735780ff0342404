"""Image files: decoded as Pillow does, turned upright, refused when damaged or too large."""

import io

import numpy as np
import pytest
from PIL import Image

from revisit.data import images
from revisit.errors import DataError

RAMP = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_lossless_formats_give_the_pixels(kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_array_equal(images.decode(saved(Image.fromarray(RAMP), kind, **options), None, "x"), RAMP)


def test_jpeg_and_gif_come_close():
    for kind in ("JPEG", "GIF"):
        decoded = images.decode(saved(Image.new("RGB", (9, 6), (200, 100, 50)), kind), None, "x")
        assert decoded.shape == (6, 9, 3)
        assert abs(decoded.astype(int) - (200, 100, 50)).max() <= 3


def test_grey_palette_transparent_and_16_bit_images_become_rgb():
    grey = RAMP[..., 0]
    for image in (Image.fromarray(grey), Image.fromarray(RAMP).quantize(4), Image.fromarray(RAMP).convert("RGBA")):
        assert images.decode(saved(image, "PNG"), None, "x").shape == (6, 9, 3)
    palette = saved(Image.fromarray(RAMP).quantize(4), "PNG", transparency=bytes([0, 255, 128, 9]))
    assert images.decode(palette, None, "x").shape == (6, 9, 3)
    deep = Image.fromarray(grey.astype(np.uint16) * 256 + 77)
    np.testing.assert_array_equal(images.decode(saved(deep, "PNG"), None, "x"), np.repeat(grey[..., None], 3, 2))


def test_orientation_is_applied():
    image = Image.fromarray(RAMP)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    np.testing.assert_array_equal(images.decode(saved(image, "PNG", exif=exif), None, "x"), np.rot90(RAMP, -1))


def test_whole_image_is_resampled_to_the_square():
    """A picture of two halves keeps both, with the mean of what each new pixel covers."""
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 40:] = 240
    small = images.decode(saved(Image.fromarray(wide), "PNG"), 4, "x")
    assert small.shape == (4, 4, 3)
    assert small[:, 0].max() == 0
    assert small[:, 3].min() == 240
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    small = images.decode(saved(Image.fromarray(noise), "PNG"), 8, "x")
    assert small.std() < 6  # without antialiasing it would be 74


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_truncated_image_names_the_member(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
    data = saved(noise, kind)
    for end in (0, 10, len(data) // 2):
        with pytest.raises(DataError, match=r"a\.zip: 'b/1\.png': expected an intact image"):
            images.decode(data[:end], None, "a.zip: 'b/1.png'")


@pytest.mark.parametrize("data", [b"<html>", b"%!PS-Adobe-3.0 EPSF-3.0\n", saved(Image.fromarray(RAMP), "TGA")])
def test_other_files_reach_no_decoder(data):
    with pytest.raises(DataError, match="expected an intact image"):
        images.decode(data, None, "x")


def test_pixels_without_a_known_range_are_refused():
    with pytest.raises(DataError, match="x: expected whole numbers as pixels, found floating-point ones"):
        images.decode(saved(Image.new("F", (4, 4)), "TIFF"), None, "x")


def test_too_many_pixels_are_refused_before_they_are_decoded(monkeypatch):
    data = saved(Image.new("1", (20_000, 20_000)), "PNG")  # 400 megapixels in a few kilobytes
    with pytest.raises(DataError, match=r"x: expected"):
        images.decode(data, 8, "x")
    monkeypatch.setattr(images, "PIXELS", 53)
    with pytest.raises(DataError, match=r"x: expected at most 53 pixels, found 9 x 6"):
        images.decode(saved(Image.fromarray(RAMP), "PNG"), None, "x")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/1.jpg", True), ("1.JPEG", True), ("a/b.WebP", True), ("a/notes.txt", False), ("a/.1.jpg", False),
        (".git/1.jpg", False), ("__MACOSX/a/1.jpg", False), ("jpg", False),
    ],
)  # fmt: skip
def test_which_names_are_images(name, expected):
    assert images.is_image(name) is expected
