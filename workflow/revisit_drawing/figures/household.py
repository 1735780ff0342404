"""Small things of a home: bottle, potted plant, television."""

from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import bright, mixed, shaded, varied
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Outline, mirrored, rounded
from revisit_drawing.parts.shapes import box, curve, direction, ellipse, limb, line, ribbon


def bottle(brush: Brush, dice: Dice) -> None:
    """Wine, beer or water, with a label."""
    colour = varied(
        dice,
        dice.choice(((34, 72, 44), (96, 56, 30), (150, 196, 206), (40, 44, 52), (196, 216, 214), (52, 110, 66))),
        12,
    )
    wide, neck = dice.uniform(0.22, 0.3), dice.uniform(0.07, 0.1)
    shoulder = dice.uniform(-0.35, -0.1)
    top = dice.uniform(-0.95, -0.8)
    side: Outline = [
        (neck, top),
        (neck, shoulder - 0.26),
        (wide * 0.75, shoulder - 0.08),
        (wide, shoulder + 0.06),
        (wide, 0.92),
        (wide * 0.9, 0.96),
    ]
    brush.shadow(0.0, 0.95, wide * 1.3, 0.05)
    glass = [*side, *mirrored(side)[::-1]]
    brush.fill(colour, glass, light=10)
    inside = brush.mask(glass)
    brush.fill(
        mixed(colour, (250, 250, 250), 50),
        box(-wide * 0.75, shoulder, -wide * 0.5, 0.86),
        box(-neck * 0.6, top, -neck * 0.2, shoulder - 0.2),
        within=inside,
        light=0,
        opacity=70,
    )
    brush.fill(shaded(colour, 65), box(wide * 0.6, -1.0, wide, 1.0), within=inside, light=0, opacity=70)
    brush.fill(
        bright(dice) if dice.chance(0.6) else (200, 170, 120), box(-neck * 1.15, top - 0.04, neck * 1.15, top + 0.1)
    )
    if dice.chance(0.8):
        paper = (238, 230, 208) if dice.chance(0.6) else bright(dice)
        y = shoulder + dice.uniform(0.2, 0.35)
        brush.fill(paper, box(-wide, y, wide, y + 0.44), within=inside, light=6)
        brush.fill(bright(dice), box(-wide * 0.7, y + 0.1, wide * 0.7, y + 0.2), within=inside, light=0)


def pottedplant(brush: Brush, dice: Dice) -> None:
    """A pot with broad leaves, long leaves, a bush or flowers."""
    green = varied(dice, dice.choice(((52, 120, 56), (84, 146, 66), (44, 96, 60), (112, 148, 74))), 14)
    pot = varied(dice, dice.choice(((186, 98, 62), (226, 222, 214), (86, 90, 98), (60, 110, 140))), 14)
    wide, top = dice.uniform(0.26, 0.36), dice.uniform(0.34, 0.48)
    brush.shadow(0.0, 0.95, wide * 1.3, 0.05)
    kind = dice.choice(("broad", "long", "bush", "flowers"))
    if kind in ("bush", "flowers"):
        high = dice.uniform(0.2, 0.5)
        brush.fill((104, 78, 52), *limb([(0.0, top), (0.02, top - 0.3), (0.0, -high)], (0.08, 0.05)))
        for shade in (74, 90, 108):
            clumps = [
                ellipse(dice.uniform(-0.42, 0.42), -high + dice.uniform(-0.4, 0.45), dice.uniform(0.15, 0.26))
                for _ in range(5)
            ]
            brush.fill(shaded(green, shade), *clumps)
        if kind == "flowers":
            petal = bright(dice)
            blossoms = [(dice.uniform(-0.5, 0.5), -high + dice.uniform(-0.5, 0.4)) for _ in range(8)]
            brush.fill(petal, *(ellipse(x, y, 0.09) for x, y in blossoms))
            brush.fill((244, 216, 90), *(ellipse(x, y, 0.035) for x, y in blossoms), light=0)
    else:
        count = dice.integer(7, 10)
        width = dice.uniform(0.2, 0.3) if kind == "broad" else dice.uniform(0.07, 0.11)
        for i in range(count):
            x, y = direction(0.55 + 0.4 * ((i * 3) % count) / (count - 1) + dice.uniform(-0.02, 0.02))
            long = dice.uniform(0.8, 1.25)
            bend = 0.0 if kind == "broad" else 0.25
            tip = (x * long * 0.85, top + y * long + abs(x) * bend)
            leaf = ribbon(
                curve([(0.0, top), (x * long * 0.45, top + y * long * 0.62), tip], 2),
                (0.03, width * 0.5, width, width * 0.8, 0.01),
            )
            brush.fill(shaded(green, dice.integer(76, 112)), leaf)
            brush.fill(
                mixed(green, (210, 226, 150), 50), line([(x * long * 0.3, top + y * long * 0.45), tip], 0.02), light=0
            )
    brush.fill(pot, [(-wide, top), (wide, top), (wide * 0.72, 0.95), (-wide * 0.72, 0.95)], light=10)
    brush.fill(shaded(pot, 86), box(-wide * 1.12, top - 0.05, wide * 1.12, top + 0.08))


def tvmonitor(brush: Brush, dice: Dice) -> None:
    """A flat screen on a foot, or an old television with a box; a picture on most."""
    frame = varied(dice, dice.choice(((36, 36, 40), (60, 60, 66), (196, 198, 202), (110, 74, 48))), 10)
    old = dice.chance(0.3)
    wide, top, low = (0.72, -0.6, 0.66) if old else (dice.uniform(0.82, 0.97), -0.62, 0.5)
    brush.shadow(0.0, 0.9, 0.6, 0.05)
    if old:
        brush.fill(
            (90, 92, 98), line([(-0.04, top), (-0.4, top - 0.36)], 0.03), line([(0.04, top), (0.3, top - 0.38)], 0.03)
        )
        brush.fill(shaded(frame, 60), box(-0.5, low, -0.4, 0.9), box(0.4, low, 0.5, 0.9))
    else:
        brush.fill(
            shaded(frame, 80),
            box(-0.08, low, 0.08, 0.8),
            rounded([(-0.42, 0.78), (0.42, 0.78), (0.5, 0.88), (-0.5, 0.88)], 0),
        )
    brush.fill(frame, rounded([(-wide, top), (wide, top), (wide, low), (-wide, low)], 1 if old else 0), light=8)
    right = wide - (0.34 if old else 0.08)
    screen = box(-wide + 0.08, top + 0.08, right, low - 0.1)
    on = dice.chance(0.7)
    glow = mixed(bright(dice), (60, 120, 200), 50) if on else (30, 34, 40)
    brush.fill(glow, screen, light=24)
    inside = brush.mask(screen)
    if on:
        brush.fill(bright(dice), box(-1.0, dice.uniform(-0.1, 0.2), 1.0, 1.0), within=inside)
        brush.fill(
            bright(dice),
            ellipse(dice.uniform(-0.4, 0.3), dice.uniform(-0.3, 0.1), dice.uniform(0.1, 0.24)),
            within=inside,
        )
    brush.fill(
        (250, 250, 255),
        [(-wide, top), (-wide + 0.5, top), (-wide + 0.1, low), (-wide, low)],
        within=inside,
        light=0,
        opacity=18,
    )
    if old:
        brush.fill(
            shaded(frame, 150) if sum(frame) < 300 else shaded(frame, 60),
            ellipse(wide - 0.16, top + 0.25, 0.09),
            ellipse(wide - 0.16, top + 0.52, 0.09),
        )
