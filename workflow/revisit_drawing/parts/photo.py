"""What a camera adds: exposure, a cast of colour, contrast, grain; and the JPEG file."""

import io

import numpy as np
from PIL import Image

from revisit_drawing.parts.colour import ColourCanvas
from revisit_drawing.parts.dice import Dice


def taken(canvas: ColourCanvas, dice: Dice, strength: int = 100, grain: int = 12) -> np.ndarray:
    """The picture as photographed, (height, width, 3) uint8.

    `strength`: percent of the usual changes of light. `grain`: the strongest noise, in levels of 255.
    """
    exposure = 100 + dice.integer(-22, 18) * strength // 100
    contrast = 100 + dice.integer(-25, 12) * strength // 100
    cast = [exposure + dice.integer(-6, 6) * strength // 100 for _ in range(3)]
    pixels = canvas.pixels * np.array(cast, np.int32) // 100
    pixels = (pixels - 128) * contrast // 100 + 128
    noise = dice.bytes(pixels.size).reshape(pixels.shape).astype(np.int32) - 128
    return np.clip(pixels + noise * dice.integer(2, grain) // 128, 0, 255).astype(np.uint8)


def jpeg(image: np.ndarray) -> bytes:
    """An RGB picture, (H, W, 3) uint8, as a baseline JPEG of quality 90 with full colour resolution."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=90, subsampling=0, optimize=False, progressive=False)
    return stream.getvalue()
