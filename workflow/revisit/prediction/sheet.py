"""A contact sheet: new images with what a network says of them."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from revisit.prediction.answers import Answer, Guess
from revisit.report.palette import INK, MUTED, PAPER, class_colour

SIDE = 220  # pixels: a tile's picture at most
MARGIN = 12
COLUMNS = 5
LINE = 15  # pixels, with the space below
LINES = 3  # of guesses below a picture
FONT = 11
SWATCH = 9  # pixels
WASH = 0.55  # how much of its colour a mask has


class Sheet:
    """Tiles, added one by one; only what is drawn stays in memory.

    Args:
        most: tiles that are drawn; further ones are counted.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tiles: list[tuple[Image.Image, list[tuple[str, str | None]]]] = []  # with lines and their colours
        self._font = ImageFont.truetype(str(Path(mpl.get_data_path(), "fonts/ttf/DejaVuSans.ttf")), FONT)
        self.images = 0

    def add(self, name: str, pixels: np.ndarray, answer: Answer) -> None:
        """Draw an image (H, W, 3) uint8 and what is said of it."""
        self.images += 1
        if len(self._tiles) >= self._most:
            return
        picture = Image.fromarray(pixels)
        scale = SIDE / max(picture.size)
        size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
        how = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
        picture = _washed(picture.resize(size, how), answer)
        draw = ImageDraw.Draw(picture)
        boxed = [guess for guess in answer.guesses if guess.box is not None]
        for guess in reversed(boxed):  # the surest last, on top
            self._box(draw, picture.size, guess)
        self._tiles.append((picture, [(name, None), *self._lines(answer)]))

    def image(self) -> Image.Image:
        """The sheet; a line at its end says how many images it leaves out."""
        rows = [self._tiles[first : first + COLUMNS] for first in range(0, len(self._tiles), COLUMNS)]
        heights = [max(picture.height for picture, _ in row) for row in rows]
        below = 2 * MARGIN + (1 + LINES) * LINE
        left_out = self.images - len(self._tiles)
        size = (
            (SIDE + 2 * MARGIN) * min(COLUMNS, len(self._tiles)),
            sum(heights) + below * len(rows) + (LINE + MARGIN) * (left_out > 0),
        )
        sheet = Image.new("RGB", size, PAPER)
        draw, top = ImageDraw.Draw(sheet), MARGIN
        for row, height in zip(rows, heights, strict=True):
            for column, (picture, lines) in enumerate(row):
                x = (SIDE + 2 * MARGIN) * column + MARGIN
                sheet.paste(picture, (x + (SIDE - picture.width) // 2, top + height - picture.height))
                self._write(draw, lines, x, top + height + 4)
            top += height + below
        if left_out:
            told = f"and {left_out:,} more images in the table"
            draw.text((MARGIN, top), told, fill=INK, font=self._font)
        return sheet

    def _write(self, draw: ImageDraw.ImageDraw, lines: list[tuple[str, str | None]], x: int, y: int) -> None:
        """The name of an image and what is said of it, below its picture."""
        for number, (text, colour) in enumerate(lines):
            at = y + number * LINE
            if colour:
                draw.rectangle((x, at + 2, x + SWATCH, at + 2 + SWATCH), fill=colour)
            indent = 2 * SWATCH * bool(colour)
            draw.text((x + indent, at), self._fitting(text, indent), fill=INK if number else MUTED, font=self._font)

    def _lines(self, answer: Answer) -> list[tuple[str, str | None]]:
        """What is said of an image; what is drawn in it in a colour of its own has that before it."""
        guesses = answer.guesses
        if not guesses:
            return [("nothing found", None)]
        drawn, shift = guesses[0].box is not None or answer.kinds is not None, answer.kinds is not None
        lines: list[tuple[str, str | None]] = []
        for guess in guesses[:LINES]:
            colour = class_colour(guess.number - shift) if drawn and guess.number >= shift else None
            lines.append((f"{guess.score:.0%}  {guess.kind}", colour))
        if drawn and len(guesses) > LINES:  # of classes of a whole image all have a score
            lines[-1] = f"{lines[-1][0]}, {len(guesses) - LINES} more", lines[-1][1]
        return lines

    def _box(self, draw: ImageDraw.ImageDraw, size: tuple[int, int], guess: Guess) -> None:
        assert guess.box is not None  # noqa: S101  # the caller saw to that
        sides = np.array(size * 2)
        x0, y0, x1, y1 = np.clip(np.rint(np.array(guess.box) * sides), 0, sides - 1).astype(int).tolist()
        colour = class_colour(guess.number)
        draw.rectangle((x0, y0, max(x0, x1), max(y0, y1)), outline=PAPER, width=4)
        draw.rectangle((x0, y0, max(x0, x1), max(y0, y1)), outline=colour, width=2)
        text = f"{guess.kind} {guess.score:.2f}"
        wide = round(draw.textlength(text, font=self._font)) + 4
        x, y = max(min(x0, size[0] - wide), 0), max(y0 - LINE, 0)
        draw.rectangle((x, y, x + wide, y + LINE), fill=colour)
        draw.text((x + 2, y + 1), text, fill=PAPER, font=self._font)

    def _fitting(self, text: str, indent: int) -> str:
        """`text`, its middle left out where it is wider than a tile less its indent."""
        text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
        if self._font.getlength(text) <= SIDE - indent:
            return text
        half = len(text) // 2
        while half > 1 and self._font.getlength(f"{text[:half]}…{text[-half:]}") > SIDE - indent:
            half -= 1
        return f"{text[:half]}…{text[-half:]}"


def _washed(picture: Image.Image, answer: Answer) -> Image.Image:
    """The picture with its masks in the colours of their classes."""
    if answer.kinds is None and answer.masks is None:
        return picture.convert("RGB")
    pixels = np.asarray(picture.convert("RGB")).astype(np.float64)
    x0, y0, x1, y1 = np.rint(np.array(answer.seen) * np.array(picture.size * 2)).astype(int).tolist()
    size = (max(x1 - x0, 1), max(y1 - y0, 1))
    part = pixels[y0 : y0 + size[1], x0 : x0 + size[0]]
    if answer.kinds is not None:
        kinds = np.asarray(Image.fromarray(answer.kinds).resize(size, Image.Resampling.NEAREST))
        layers = [(kinds == guess.number, guess.number - 1) for guess in answer.guesses if guess.number]
    else:
        assert answer.masks is not None  # noqa: S101  # see above
        drawn = (Image.fromarray(mask).resize(size, Image.Resampling.NEAREST) for mask in answer.masks)
        layers = [(np.asarray(mask), guess.number) for mask, guess in zip(drawn, answer.guesses, strict=True)][::-1]
    for mask, number in layers:
        mask = mask[: part.shape[0], : part.shape[1]]
        colour = np.array(tuple(bytes.fromhex(class_colour(number)[1:])))
        part[mask] = (1 - WASH) * part[mask] + WASH * colour
    return Image.fromarray(np.rint(pixels).astype(np.uint8))
