"""Image files from strangers to pixels, and pixels to another size."""

import io
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageOps

from revisit.data.listing import hidden
from revisit.errors import DataError

SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".avif", ".ppm", ".pgm",
)  # fmt: skip
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "AVIF", "PPM")  # no other decoder of Pillow sees the bytes
PIXELS = 1 << 26  # of one image, checked before it is decoded
BLOCK = 1 << 22  # bytes of pixels in memory at a time
REMEDY = "get the file again, or remove it from the data set"


def is_image(name: str) -> bool:
    """Whether a file's name ends like an image's and neither it nor a folder above it is hidden or macOS's extras."""
    return name.lower().endswith(SUFFIXES) and not hidden(name)


def decode(data: bytes, size: int | None, where: str, given: tuple[int, int] | None = None) -> np.ndarray:
    """The pixels of an image file, turned as its EXIF orientation says, (H, W, 3) uint8.

    `size`: the height and width to resample to, both, so that nothing is cut off; None keeps the image's own.
    `given`: the height and width that the file must have; None: any.
    Of an animation the first frame. Raises DataError naming `where` for what is not an intact image of one of
    `FORMATS`, has more than `PIXELS` pixels or another size than is given.
    """
    image = _opened(data, where, FORMATS, lambda found: _rgb(ImageOps.exif_transpose(found)))
    _check_size(image, given, where)
    pixels = np.asarray(image)
    return pixels if size is None else resized(pixels, size, size)


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """An image (H, W, C) uint8, C of 1 or 3, resampled as a whole, so that nothing is cut off: (height, width, C)."""
    if image.shape[:2] == (height, width):
        return image
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    found = picture.resize((width, height), Image.Resampling.BILINEAR)  # Pillow's filters widen as images shrink
    return np.asarray(found).reshape(height, width, image.shape[2])


def decode_mask(data: bytes, size: int | None, where: str, given: tuple[int, int] | None = None) -> np.ndarray:
    """The numbers of the pixels of a mask, a PNG file with a palette or 8 bits of grey, (H, W) uint8.

    Resampled to `size` by the nearest pixel. The arguments, and what is refused, as for `decode`.
    """
    mask = _opened(data, where, ("PNG",), lambda found: found.copy())
    if mask.mode not in ("P", "L"):
        raise DataError(f"{where}: expected numbers (a palette or 8 bits of grey), found mode {mask.mode}: {REMEDY}")
    _check_size(mask, given, where)
    if size is not None and mask.size != (size, size):
        mask = mask.resize((size, size), Image.Resampling.NEAREST)
    return np.asarray(mask)


def _opened(
    data: bytes, where: str, formats: tuple[str, ...], decoded: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The image in a file, `decoded`. Raises DataError as `decode`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow on odd metadata, and on sizes that are checked below
            image: Image.Image = Image.open(io.BytesIO(data), formats=formats)
            if image.width * image.height > PIXELS:
                raise DataError(
                    f"{where}: expected at most {PIXELS} pixels, found {image.width} x {image.height}: {REMEDY}"
                )
            if image.mode == "F":  # of any range: nothing says what is white
                raise DataError(
                    f"{where}: expected whole numbers as pixels, found floating-point ones: save it with 8 or 16 bits"
                )
            return decoded(image)
    except DataError:
        raise
    except Exception as error:  # damaged bytes make decoders fail in every way there is
        raise DataError(
            f"{where}: expected an intact image ({', '.join(formats)}), "
            f"found a damaged one or another file ({type(error).__name__}): {REMEDY}"
        ) from None


def _check_size(image: Image.Image, given: tuple[int, int] | None, where: str) -> None:
    if given is not None and (image.height, image.width) != given:
        raise DataError(
            f"{where}: expected {given[1]} x {given[0]} pixels as the annotation says, found "
            f"{image.width} x {image.height}: {REMEDY}"
        )


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would clip at 255
        return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).astype(np.uint8)).convert("RGB")
    if "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def pieces(positions: np.ndarray, block: np.ndarray, size: int | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """A block of images (n, H, W, C) uint8, C of 1 or 3, with their positions (n,), resampled to `size` x `size`.

    The result comes in pieces of about `BLOCK` bytes at most, however large the images become.
    """
    if size is None or block.shape[1:3] == (size, size):
        yield positions, block
        return
    step = max(BLOCK // (size * size * block.shape[3]), 1)
    for start in range(0, len(block), step):
        part = block[start : start + step]
        yield positions[start : start + step], np.stack([resized(image, size, size) for image in part])
