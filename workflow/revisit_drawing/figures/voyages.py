"""Vehicles of the air, the water and the rails: aeroplane, boat and train."""

from revisit_drawing.figures.road import TYRE, glass, paint
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, bright, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import mirrored, rounded
from revisit_drawing.parts.shapes import box, curve, ellipse, line, ribbon

HULLS: tuple[Colour, ...] = (
    (232, 232, 234),
    (196, 200, 206),
    (150, 160, 172),
    (92, 104, 118),
    (206, 60, 52),
    (226, 190, 70),
)


def aeroplane(brush: Brush, dice: Dice) -> None:
    """An airliner from the side, a light aircraft, or an aircraft from above."""
    colour = varied(dice, dice.choice(HULLS[:4] if dice.chance(0.75) else HULLS), 12)
    trim = bright(dice)
    kind = dice.choice(("airliner", "airliner", "light", "above"))
    if kind == "airliner":
        _airliner(brush, dice, colour, trim)
    elif kind == "light":
        _light(brush, dice, colour, trim)
    else:
        _above(brush, dice, colour, trim)


def _airliner(brush: Brush, dice: Dice, colour: Colour, trim: Colour) -> None:
    fat = dice.uniform(0.2, 0.27)
    brush.fill(shaded(colour, 70), [(-0.05, -0.05), (0.32, -0.42), (0.44, -0.42), (0.26, -0.05)])
    brush.fill(trim, [(0.52, -0.06), (0.78, -0.52), (0.95, -0.52), (0.88, -0.04)])
    hull = ribbon(
        curve([(-0.98, 0.06), (-0.8, 0.0), (-0.3, 0.0), (0.45, 0.0), (0.97, -0.07)], 2),
        (0.05, fat, fat * 1.05, fat, 0.05),
    )
    brush.fill(colour, hull, light=22)
    brush.fill(shaded(colour, 62), box(-1.0, 0.06, 1.0, 0.4), within=brush.mask(hull), light=0, opacity=60)
    if dice.chance(0.6):
        brush.fill(trim, box(-0.9, 0.02, 0.9, 0.05), within=brush.mask(hull), light=0)
    brush.fill((52, 66, 84), *(box(x / 100, -0.06, x / 100 + 0.045, -0.01) for x in range(-62, 56, 9)), light=0)
    brush.fill((52, 66, 84), [(-0.9, -0.02), (-0.84, -0.06), (-0.76, -0.07), (-0.76, -0.01)], light=0)
    down = dice.uniform(0.36, 0.56)
    brush.fill(shaded(colour, 88), [(-0.16, 0.05), (0.32, down), (0.46, down), (0.22, 0.05)], light=18)
    brush.fill(shaded(colour, 76), [(0.62, -0.02), (0.86, 0.14), (0.97, 0.14), (0.86, -0.03)])
    brush.fill(mixed(trim, colour, 40), ribbon([(-0.06, 0.26), (0.16, 0.26)], (0.14, 0.09)))
    if dice.chance(0.3):  # wheels out
        brush.fill((60, 62, 66), line([(-0.6, 0.1), (-0.6, 0.32)], 0.03), line([(0.2, 0.1), (0.2, 0.36)], 0.03))
        brush.fill(TYRE, ellipse(-0.6, 0.34, 0.055), ellipse(0.2, 0.38, 0.065), light=0)


def _light(brush: Brush, dice: Dice, colour: Colour, trim: Colour) -> None:
    brush.fill(trim, [(0.62, -0.02), (0.8, -0.34), (0.95, -0.32), (0.94, 0.04)])
    hull = ribbon(
        curve([(-0.75, 0.08), (-0.5, 0.04), (-0.1, 0.02), (0.3, 0.02), (0.95, -0.02)], 1), (0.24, 0.34, 0.36, 0.2, 0.06)
    )
    brush.fill(colour, hull, light=22)
    brush.fill(trim, line([(-0.8, 0.12), (0.95, 0.0)], 0.06), within=brush.mask(hull), light=0)
    brush.fill((72, 96, 120), [(-0.46, -0.08), (-0.32, -0.26), (0.02, -0.28), (0.2, -0.08)], light=24)
    if dice.chance(0.5):  # a high wing
        brush.fill(shaded(colour, 88), [(-0.4, -0.3), (0.25, -0.3), (0.42, -0.22), (-0.5, -0.2)])
        brush.fill(shaded(colour, 60), line([(-0.15, -0.22), (-0.1, 0.1)], 0.03))
    else:
        brush.fill(shaded(colour, 84), [(-0.3, 0.12), (0.18, 0.12), (0.42, 0.42), (0.12, 0.42)])
    brush.fill(shaded(colour, 80), [(0.6, 0.0), (0.92, 0.1), (0.98, 0.1), (0.9, 0.0)])
    brush.fill((70, 70, 76), ellipse(-0.88, 0.08, 0.07), ellipse(-0.9, 0.08, 0.025, 0.34), light=0)
    for x in (-0.45, 0.0):
        brush.fill((70, 70, 76), line([(x, 0.15), (x, 0.42)], 0.035))
    brush.fill(TYRE, ellipse(-0.45, 0.44, 0.075), ellipse(0.0, 0.44, 0.075), light=0)


def _above(brush: Brush, dice: Dice, colour: Colour, trim: Colour) -> None:
    """Nose up, wings to both sides."""
    sweep = dice.uniform(0.0, 0.45)
    span = dice.uniform(0.75, 0.98)
    wing = [(0.0, -0.25), (span, -0.05 + sweep), (span, 0.1 + sweep), (0.0, 0.2)]
    tail = [(0.0, 0.66), (0.36, 0.8), (0.36, 0.9), (0.0, 0.88)]
    brush.fill(shaded(colour, 86), wing, mirrored(wing), tail, mirrored(tail), light=14)
    if dice.chance(0.7):
        pod = ribbon([(span * 0.42, -0.2 + sweep * 0.4), (span * 0.42, 0.08 + sweep * 0.4)], (0.09, 0.06))
        brush.fill(shaded(colour, 62), pod, mirrored(pod))
    brush.fill(
        colour,
        ribbon(curve([(0.0, -0.98), (0.0, -0.8), (0.0, 0.2), (0.0, 0.95)], 1), (0.04, 0.2, 0.22, 0.06)),
        light=18,
    )
    brush.fill(trim, [(-0.02, 0.6), (0.02, 0.6), (0.03, 0.96), (-0.03, 0.96)])
    brush.fill((52, 66, 84), ellipse(0.0, -0.74, 0.06, 0.08), light=0)


def boat(brush: Brush, dice: Dice) -> None:
    """A freighter or liner, a sailing boat, or a fishing boat; the water line is at y = 0.6."""
    kind = dice.choice(("ship", "ship", "sail", "fisher"))
    colour = varied(dice, dice.choice(((180, 48, 44), (44, 62, 104), (54, 56, 60), (228, 228, 226), (60, 110, 90))), 14)
    brush.shadow(0.0, 0.64, 0.95, 0.07, opacity=30)
    if kind == "sail":
        lean = dice.uniform(-0.06, 0.06)
        brush.fill((120, 90, 60), line([(0.0, 0.4), (lean, -0.95)], 0.035))
        sail = (246, 244, 238) if dice.chance(0.7) else bright(dice)
        brush.fill(sail, rounded([(lean + 0.03, -0.9), (0.3, -0.2), (0.62, 0.28), (0.04, 0.28)], 1), light=10)
        brush.fill(shaded(sail, 88), [(lean - 0.03, -0.8), (-0.05, 0.26), (-0.58, 0.26)])
        brush.fill(colour, [(-0.72, 0.36), (0.74, 0.36), (0.56, 0.64), (-0.5, 0.64)], light=20)
    elif kind == "fisher":
        brush.fill((232, 230, 222), box(0.05, -0.25, 0.5, 0.28))
        brush.fill(glass(dice), box(0.1, -0.15, 0.45, 0.05))
        brush.fill((110, 84, 60), line([(-0.3, 0.3), (-0.3, -0.75)], 0.04), line([(-0.3, -0.5), (0.2, -0.25)], 0.03))
        hull = rounded([(-0.95, 0.02), (-0.7, 0.24), (0.9, 0.2), (0.82, 0.64), (-0.62, 0.64)], 0)
        brush.fill(colour, hull, light=20)
        brush.fill(
            mixed(colour, (245, 240, 230), 80),
            line([(-0.9, 0.08), (-0.7, 0.27), (0.9, 0.23)], 0.05),
            within=brush.mask(hull),
        )
    else:
        top = dice.uniform(-0.3, -0.05)
        brush.fill((236, 234, 228), box(0.25, top, 0.75, 0.3), box(0.32, top - 0.2, 0.66, top + 0.02))
        brush.fill(
            (56, 70, 88),
            *(box(x / 100, y, x / 100 + 0.06, y + 0.06) for x in range(30, 72, 11) for y in (top + 0.08, top + 0.24)),
            light=0,
        )
        brush.fill(bright(dice), [(0.44, top - 0.2), (0.46, top - 0.5), (0.6, top - 0.5), (0.62, top - 0.2)])
        if dice.chance(0.55):
            for i in range(6):
                x, y = -0.72 + 0.3 * (i % 3), 0.14 - 0.17 * (i // 3)
                if i < 3 or dice.chance(0.7):
                    brush.fill(bright(dice), box(x, y, x + 0.28, y + 0.16), light=8)
        else:
            brush.fill(
                (90, 92, 98),
                line([(-0.4, 0.3), (-0.4, -0.5)], 0.04),
                line([(-0.72, 0.25), (-0.4, -0.4), (-0.05, 0.28)], 0.02),
            )
        hull = [(-0.98, 0.18), (-0.8, 0.28), (0.95, 0.28), (0.9, 0.64), (-0.74, 0.64)]
        brush.fill(colour, hull, light=18)
        brush.fill((168, 50, 46), box(-1.0, 0.54, 1.0, 0.7), within=brush.mask(hull), light=0)


def train(brush: Brush, dice: Dice) -> None:
    """A locomotive with a carriage, a modern train from ahead of it, or a steam engine, on rails."""
    colour, trim = paint(dice), bright(dice)
    kind = dice.choice(("side", "side", "front", "steam"))
    if kind == "front":
        brush.fill((120, 110, 100), [(-0.45, 0.72), (0.45, 0.72), (0.85, 1.0), (-0.85, 1.0)])
        brush.fill(
            (86, 82, 84), line([(-0.3, 0.75), (-0.55, 1.0)], 0.05), line([(0.3, 0.75), (0.55, 1.0)], 0.05), light=0
        )
        brush.fill(
            colour,
            rounded([(-0.5, -0.85), (0.5, -0.85), (0.62, -0.3), (0.62, 0.78), (-0.62, 0.78), (-0.62, -0.3)], 1),
            light=12,
        )
        brush.fill(glass(dice), [(-0.42, -0.62), (0.42, -0.62), (0.5, -0.1), (-0.5, -0.1)], light=24)
        brush.fill(trim, box(-0.61, 0.12, 0.61, 0.26), light=0)
        brush.fill(
            (252, 246, 210), ellipse(-0.4, 0.44, 0.1), ellipse(0.4, 0.44, 0.1), ellipse(0.0, -0.74, 0.06), light=0
        )
        brush.fill((46, 46, 50), box(-0.56, 0.62, 0.56, 0.8), light=0)
        return
    brush.fill((112, 102, 94), box(-1.0, 0.82, 1.0, 0.9), light=0)
    brush.fill((74, 72, 76), box(-1.0, 0.8, 1.0, 0.835), light=0)
    if kind == "steam":
        dark = mixed((44, 44, 48), colour, 25)
        puffs = [ellipse(-0.6 + 0.24 * i, -0.66 - 0.06 * i, 0.13 + 0.04 * i, 0.1 + 0.03 * i) for i in range(4)]
        brush.fill((226, 226, 228), *puffs, opacity=80)
        brush.fill(
            dark, box(-0.78, 0.0, 0.3, 0.5), ellipse(-0.78, 0.25, 0.1, 0.25), box(-0.7, -0.5, -0.54, 0.05), light=24
        )
        brush.fill(shaded(dark, 70), box(-0.75, -0.54, -0.49, -0.44), ellipse(-0.2, 0.0, 0.1, 0.12))
        brush.fill(colour, box(0.26, -0.4, 0.66, 0.6), box(0.7, 0.0, 0.98, 0.6), light=14)
        brush.fill(glass(dice), box(0.36, -0.28, 0.56, 0.0))
        brush.fill(shaded(colour, 60), box(0.2, -0.46, 0.72, -0.38))
        brush.fill((180, 52, 46), *(ellipse(x, 0.66, 0.15) for x in (-0.4, -0.06, 0.28)))
        brush.fill(
            (60, 60, 64),
            *(ellipse(x, 0.66, 0.09) for x in (-0.4, -0.06, 0.28)),
            *(ellipse(x, 0.72, 0.09) for x in (-0.72, 0.8)),
            light=0,
        )
        brush.fill((150, 152, 158), line([(-0.42, 0.68), (0.3, 0.68)], 0.04), light=0)
        brush.fill((52, 52, 56), [(-0.86, 0.55), (-0.98, 0.8), (-0.8, 0.8)])
        return
    top = dice.uniform(-0.2, 0.0)
    nose = dice.uniform(0.05, 0.3)
    body = [(-0.98, 0.66), (-0.98, 0.4), (-0.98 + nose, top), (0.98, top), (0.98, 0.66)]
    brush.fill(colour, body, light=16)
    inside = brush.mask(body)
    brush.fill(trim, box(-1.0, 0.38, 1.0, 0.48), within=inside, light=0)
    panes = glass(dice)
    brush.fill(panes, *(box(x / 100, top + 0.12, x / 100 + 0.17, top + 0.32) for x in range(-55, 90, 23)), light=20)
    brush.fill(
        panes,
        [(-0.94, 0.32), (-0.92 + nose * 0.9, top + 0.06), (-0.8 + nose * 0.9, top + 0.06), (-0.76, 0.32)],
        light=20,
    )
    brush.fill(shaded(colour, 45), box(0.28, top, 0.31, 0.66), light=0)
    brush.fill((50, 50, 54), *(box(x, 0.64, x + 0.34, 0.74) for x in (-0.86, -0.1, 0.5)), light=0)
    brush.fill((70, 70, 74), *(ellipse(x, 0.73, 0.075) for x in (-0.78, -0.6, -0.02, 0.16, 0.58, 0.76)))
    if dice.chance(0.5):  # a pantograph
        brush.fill(
            (60, 60, 64),
            line([(0.5, top), (0.62, top - 0.16), (0.5, top - 0.28)], 0.025),
            line([(0.36, top - 0.28), (0.66, top - 0.28)], 0.025),
        )
