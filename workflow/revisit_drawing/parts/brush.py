"""Draws figures, given in a unit square, somewhere in a picture."""

import numpy as np

from revisit_drawing.parts.colour import Colour, ColourCanvas, moved
from revisit_drawing.parts.raster import Outline
from revisit_drawing.parts.shapes import ellipse


class Brush:
    """Puts outlines of the unit square [-1, 1]² (y down) around (x, y) of a canvas.

    `half`: half the side of the square in pixels. `flip`: mirrored left to right. `stretch`: wider by this factor.
    `turn`: tangent of half the angle that the figure is turned by. `lean`: how far its top moves sideways.
    `low`, `high`: the corners (x, y) of what has been drawn, in pixels, also outside the canvas.
    """

    def __init__(
        self,
        canvas: ColourCanvas,
        x: float,
        y: float,
        half: float,
        *,
        flip: bool = False,
        stretch: float = 1.0,
        turn: float = 0.0,
        lean: float = 0.0,
    ) -> None:
        self.canvas = canvas
        self.half = half
        cosine, sine = (1 - turn * turn) / (1 + turn * turn), 2 * turn / (1 + turn * turn)
        across = half * stretch * (-1 if flip else 1)
        self.matrix = (
            across * cosine,
            half * (lean * cosine - sine),
            across * sine,
            half * (lean * sine + cosine),
            x,
            y,
        )
        self.low = np.full(2, np.inf)
        self.high = np.full(2, -np.inf)

    def fill(
        self,
        colour: Colour | np.ndarray,
        *outlines: Outline,
        light: int = 12,
        opacity: int = 100,
        within: np.ndarray | None = None,
    ) -> None:
        """Paint outlines of the unit square; see `ColourCanvas.fill`."""
        placed = [moved(outline, self.matrix) for outline in outlines]
        if within is None:
            whole = np.concatenate(placed)
            self.low, self.high = np.minimum(self.low, whole.min(axis=0)), np.maximum(self.high, whole.max(axis=0))
        self.canvas.fill(placed, colour, light=light, opacity=opacity, within=within)

    def mask(self, *outlines: Outline) -> np.ndarray:
        """Where outlines of the unit square lie: (height, width) int32, 0..256."""
        return self.canvas.mask([moved(outline, self.matrix) for outline in outlines])

    def shadow(self, x: float, y: float, wide: float, high: float, opacity: int = 35) -> None:
        """A soft dark ellipse, which does not count as a part of the figure."""
        owners, self.canvas.owners = self.canvas.owners, None
        for size in (1.0, 0.7):
            outline = moved(ellipse(x, y, wide * size, high * size), self.matrix)
            self.canvas.fill([outline], (20, 20, 28), opacity=opacity // 2)
        self.canvas.owners = owners

    @property
    def inside(self) -> float:
        """The share of the drawn figure's bounding box that lies on the canvas."""
        size = np.array([self.canvas.width, self.canvas.height])
        shown = np.clip(np.minimum(self.high, size) - np.maximum(self.low, 0), 0, None)
        whole = self.high - self.low
        return float(shown[0] * shown[1] / (whole[0] * whole[1]))
