"""Drawn tops: T-shirt, pullover, dress, coat, shirt. Their cuts overlap, so that they can be mistaken."""

from dataclasses import dataclass

import numpy as np

from revisit_drawing.parts.cloth import accent, cloth, line
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Canvas, Outline, mirrored, stroke


@dataclass(frozen=True)
class Cut:
    """The cut of a top: half widths and heights in the unit square (y down)."""

    shoulder: float
    chest: float
    waist: float
    hem: float
    bottom: float
    neck: float
    neckline: float  # its depth
    sleeve: float  # 0 none .. 1 down to the hips
    cuff: float  # width of the sleeve's end
    spread: float  # how far the sleeves' ends stand out


def top(canvas: Canvas, dice: Dice, cut: Cut, plane: np.ndarray, pointed: bool = False) -> np.ndarray:
    """Paint body and sleeves in the shades of a plane; return the mask of the body."""
    drop = -0.86 + dice.uniform(0.02, 0.1)  # height of the shoulder's end
    armpit = drop + dice.uniform(0.3, 0.42)
    right: Outline = [
        (cut.neck, -0.95),
        (cut.shoulder, drop),
        (cut.chest, armpit),
        (cut.waist, (armpit + cut.bottom) / 2),
        (cut.hem, cut.bottom),
    ]
    low = -0.95 + cut.neckline
    dip: Outline = [(0.0, low)] if pointed else [(-cut.neck * 0.6, low - 0.03), (cut.neck * 0.6, low - 0.03)]
    body = canvas.mask([*right, *mirrored(right)[::-1], *dip])
    if cut.sleeve > 0:
        end_x = cut.shoulder + (cut.spread - cut.shoulder) * (0.35 + 0.65 * cut.sleeve)
        end_y = drop + (0.75 - drop) * cut.sleeve
        sleeve: Outline = [
            (cut.shoulder * 0.72, -0.92),
            (cut.shoulder, drop),
            ((cut.shoulder + end_x) / 2 + 0.07, (drop + end_y) / 2 - 0.05),
            (end_x + cut.cuff / 2, end_y - 0.03),
            (end_x - cut.cuff / 2, end_y + 0.03),
            (cut.chest * 0.92, armpit + 0.02),
        ]
        arms = canvas.mask(sleeve, mirrored(sleeve))
        canvas.paint(arms, plane * dice.integer(86, 100) // 100 if dice.chance(0.85) else cloth(canvas, dice, 0.0))
        seam: Outline = [(cut.shoulder * 0.97, drop), (cut.chest * 1.01, armpit), (cut.waist * 1.06, 0.75 * cut.sleeve)]
        canvas.paint(body, plane)
        seams = canvas.mask(*stroke(seam, 0.045), *stroke(mirrored(seam), 0.045))
        canvas.tint(seams & (arms | body), dice.integer(25, 80))
    canvas.paint(body, plane)
    return body


def collar(canvas: Canvas, dice: Dice, body: np.ndarray, neck: float) -> None:
    """Two lapels from the neck to the front."""
    tip = dice.uniform(-0.78, -0.62)
    lapel: Outline = [(neck * 0.9, -1.0), (neck * 1.4, -0.84), (neck * 0.75, tip), (0.0, -0.78)]
    canvas.tint(canvas.mask(lapel, mirrored(lapel)) & body, accent(dice, 50))


def t_shirt(canvas: Canvas, dice: Dice) -> None:
    """Short sleeves (at times none), a round or pointed neckline."""
    wide = dice.uniform(0.44, 0.56)
    neck = dice.uniform(0.16, 0.3)
    sleeve = 0.0 if dice.chance(0.12) else dice.uniform(0.16, 0.42)
    cut = Cut(
        shoulder=wide + dice.uniform(0.0, 0.12) if sleeve else wide * 0.8,
        chest=wide,
        waist=wide - dice.uniform(0.0, 0.08),
        hem=wide + dice.uniform(-0.04, 0.05),
        bottom=dice.uniform(0.82, 0.97),
        neck=neck,
        neckline=dice.uniform(0.08, 0.28),
        sleeve=sleeve,
        cuff=dice.uniform(0.2, 0.32),
        spread=dice.uniform(0.85, 1.15),
    )
    body = top(canvas, dice, cut, cloth(canvas, dice, 0.5, ("print", "stripes across")), pointed=dice.chance(0.3))
    if dice.chance(0.4):
        line(canvas, [(-neck, -0.9), (0.0, -0.86 + cut.neckline), (neck, -0.9)], 0.07, body, accent(dice))


def pullover(canvas: Canvas, dice: Dice) -> None:
    """Long sleeves, a small neckline, ribs at hem, cuffs and neck."""
    wide = dice.uniform(0.42, 0.54)
    cut = Cut(
        shoulder=wide + dice.uniform(0.0, 0.1),
        chest=wide,
        waist=wide + dice.uniform(-0.06, 0.03),
        hem=wide + dice.uniform(-0.07, 0.03),
        bottom=dice.uniform(0.78, 0.95),
        neck=dice.uniform(0.15, 0.27),
        neckline=dice.uniform(0.03, 0.16),
        sleeve=dice.uniform(0.72, 1.0),
        cuff=dice.uniform(0.14, 0.24),
        spread=dice.uniform(0.78, 0.98),
    )
    body = top(
        canvas, dice, cut, cloth(canvas, dice, 0.4, ("stripes across", "two colours")), pointed=dice.chance(0.15)
    )
    if dice.chance(0.7):
        y = cut.bottom - dice.uniform(0.05, 0.14)
        line(canvas, [(-1.0, y), (1.0, y)], dice.uniform(0.03, 0.1), body, accent(dice, 45))
    if dice.chance(0.5):
        line(canvas, [(-cut.neck, -0.93), (0.0, -0.9 + cut.neckline), (cut.neck, -0.93)], 0.1, body, accent(dice, 45))
    if dice.chance(0.15):  # a cardigan: open in front, like a coat
        line(canvas, [(0.0, -0.9), (0.0, 1.0)], 0.04, body, accent(dice, 60))


def dress(canvas: Canvas, dice: Dice) -> None:
    """Narrow and long, with a waist; sleeves of any length or none."""
    wide = dice.uniform(0.24, 0.36)
    sleeve = 0.0 if dice.chance(0.5) else dice.uniform(0.15, 0.45) if dice.chance(0.65) else dice.uniform(0.6, 0.9)
    neck = dice.uniform(0.1, 0.2)
    cut = Cut(
        shoulder=wide + (dice.uniform(0.0, 0.05) if sleeve else -0.05),
        chest=wide,
        waist=wide - dice.uniform(-0.02, 0.1),
        hem=wide + dice.uniform(0.0, 0.32),
        bottom=dice.uniform(0.9, 1.0),
        neck=neck,
        neckline=dice.uniform(0.06, 0.34),
        sleeve=sleeve,
        cuff=dice.uniform(0.12, 0.2),
        spread=dice.uniform(0.5, 0.66),
    )
    body = top(canvas, dice, cut, cloth(canvas, dice, 0.5, ("dots", "two colours")), pointed=dice.chance(0.4))
    if dice.chance(0.5):
        y = dice.uniform(-0.3, 0.0)
        line(canvas, [(-1.0, y), (1.0, y)], dice.uniform(0.03, 0.12), body, accent(dice))


def coat(canvas: Canvas, dice: Dice) -> None:
    """Long sleeves, longer and straighter than a pullover, a front edge from collar to hem."""
    wide = dice.uniform(0.4, 0.52)
    cut = Cut(
        shoulder=wide + dice.uniform(0.0, 0.07),
        chest=wide,
        waist=wide + dice.uniform(-0.07, 0.03),
        hem=wide + dice.uniform(-0.02, 0.1),
        bottom=dice.uniform(0.86, 1.0),
        neck=dice.uniform(0.13, 0.23),
        neckline=dice.uniform(0.04, 0.22),
        sleeve=dice.uniform(0.75, 1.0),
        cuff=dice.uniform(0.14, 0.24),
        spread=dice.uniform(0.72, 0.92),
    )
    body = top(canvas, dice, cut, cloth(canvas, dice, 0.2), pointed=dice.chance(0.6))
    edge = dice.uniform(-0.06, 0.06)
    if dice.chance(0.88):
        line(canvas, [(0.0, -0.9), (edge, 1.0)], dice.uniform(0.03, 0.09), body, dice.integer(10, 65))
    if dice.chance(0.6):
        collar(canvas, dice, body, cut.neck * dice.uniform(1.0, 1.4))
    if dice.chance(0.35):  # pockets
        y = dice.uniform(0.2, 0.4)
        for x in (-0.3, 0.18):
            line(canvas, [(x, y), (x + 0.14, y)], 0.05, body, dice.integer(30, 75))
    if dice.chance(0.2):  # a belt
        line(canvas, [(-1.0, 0.05), (1.0, 0.05)], 0.09, body, accent(dice))


def shirt(canvas: Canvas, dice: Dice) -> None:
    """A collar and a row of buttons on most; sleeves short, rolled up or long."""
    wide = dice.uniform(0.42, 0.54)
    sleeve = dice.uniform(*dice.choice(((0.22, 0.5), (0.5, 0.72), (0.5, 0.72), (0.72, 1.0))))
    cut = Cut(
        shoulder=wide + dice.uniform(0.0, 0.1),
        chest=wide,
        waist=wide - dice.uniform(-0.02, 0.08),
        hem=wide + dice.uniform(-0.05, 0.06),
        bottom=dice.uniform(0.82, 0.98),
        neck=dice.uniform(0.14, 0.26),
        neckline=dice.uniform(0.04, 0.24),
        sleeve=sleeve,
        cuff=dice.uniform(0.15, 0.28),
        spread=dice.uniform(0.78, 1.0),
    )
    body = top(canvas, dice, cut, cloth(canvas, dice, 0.65, ("checks", "stripes along")), pointed=dice.chance(0.5))
    if dice.chance(0.8):
        collar(canvas, dice, body, cut.neck * dice.uniform(1.0, 1.3))
    if dice.chance(0.85):
        edge = dice.integer(60, 88) if dice.chance(0.4) else dice.integer(115, 150)
        line(canvas, [(0.0, -0.85), (0.0, cut.bottom)], dice.uniform(0.06, 0.16), body, edge)
        count, buttons = dice.integer(4, 7), dice.integer(5, 45)
        for i in range(count):
            y = -0.65 + (cut.bottom + 0.5) * i / count
            line(canvas, [(0.0, y), (0.0, y + 0.09)], 0.1, body, buttons)
    if dice.chance(0.3):  # a breast pocket
        line(canvas, [(0.14, -0.28), (0.34, -0.28)], 0.05, body, accent(dice))
