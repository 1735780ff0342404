"""Four-legged animals from the side, the head to the left: cat, dog, deer, horse, cow and sheep."""

from revisit_drawing.figures import coats
from revisit_drawing.figures.faces import sitting
from revisit_drawing.figures.quadrupeds import CAT, COW, DEER, DOG, GROUND, HORSE, SHEEP, animal, ear_to, legs
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import mixed, shaded
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.shapes import curve, ellipse, limb, ribbon


def cat(brush: Brush, dice: Dice) -> None:
    """Walking with the tail up, or sitting and looking at us."""
    colour = coats.fur(dice, "cat")
    marks = "stripes" if dice.chance(0.5) else "patches" if dice.chance(0.2) else "plain"
    if dice.chance(0.5):
        sitting(brush, dice, colour, "cat", marks)
        return
    b = CAT.varied(dice)
    root = (b.length, b.back + 0.08)
    up = dice.uniform(0.3, 0.6)
    end = (root[0] + dice.uniform(0.05, 0.3), root[1] - up)
    brush.fill(
        shaded(colour, 90),
        *limb([root, (root[0] + 0.3, root[1] - 0.02), (root[0] + 0.2, root[1] - up * 0.6), end], (0.09, 0.07)),
    )
    placed = animal(brush, dice, b, colour, hoof=None, grazing=False, marks=marks)
    x, y = placed.nape
    brush.fill(shaded(colour, 106), ellipse(x - 0.06, y + 0.02, 0.21, 0.18))
    for side in (-0.17, 0.06):
        ear_to(brush, colour, (x + side, y - 0.1), (0.0, -0.2), 0.16)
        ear_to(brush, mixed(colour, (226, 150, 140), 60), (x + side, y - 0.1), (0.0, -0.13), 0.08)
    brush.fill(mixed(colour, coats.CREAM, 60), ellipse(x - 0.16, y + 0.09, 0.1, 0.07))
    brush.fill((196, 186, 70) if dice.chance(0.6) else (110, 160, 90), ellipse(x - 0.14, y - 0.01, 0.045), light=0)
    brush.fill(coats.DARK, ellipse(x - 0.145, y - 0.01, 0.02, 0.035), ellipse(x - 0.25, y + 0.06, 0.03, 0.025), light=0)


def dog(brush: Brush, dice: Dice) -> None:
    """Standing with a long muzzle and hanging or upright ears, or sitting and looking at us."""
    colour = coats.fur(dice, "dog")
    marks = "patches" if dice.chance(0.35) else "plain"
    if dice.chance(0.45):
        sitting(brush, dice, colour, "dog", marks)
        return
    b = DOG.varied(dice)
    root = (b.length + 0.02, b.back + 0.06)
    brush.fill(
        colour,
        *limb([root, (root[0] + 0.18, root[1] - 0.1), (root[0] + 0.2, root[1] - dice.uniform(0.1, 0.4))], (0.11, 0.05)),
    )
    placed = animal(brush, dice, b, colour, hoof=None, grazing=False, marks=marks)
    (x, y), nose = placed.nape, placed.nose
    brush.fill(coats.DARK, ellipse(nose[0] - 0.05, nose[1] - 0.03, 0.05, 0.045), light=0)
    ear = shaded(colour, 70)
    if dice.chance(0.65):
        brush.fill(ear, *limb([(x + 0.02, y - 0.08), (x + 0.1, y + 0.04), (x + 0.08, y + 0.22)], (0.1, 0.15, 0.08)))
    else:
        ear_to(brush, ear, (x + 0.03, y - 0.08), (0.05, -0.22), 0.14)
        ear_to(brush, shaded(ear, 85), (x - 0.08, y - 0.09), (0.0, -0.18), 0.12)
    if dice.chance(0.4):
        collar = dice.choice(((200, 40, 40), (40, 80, 190), (40, 150, 70)))
        nx, ny = (x * 0.62 + placed.shoulder[0] * 0.38, y * 0.62 + placed.shoulder[1] * 0.38)
        brush.fill(collar, ribbon([(nx - 0.12, ny + 0.02), (nx + 0.13, ny + 0.1)], (0.06, 0.06)))


def deer(brush: Brush, dice: Dice) -> None:
    """Slim, with antlers or with large ears alone."""
    colour = coats.fur(dice, "deer")
    b = DEER.varied(dice)
    placed = animal(
        brush,
        dice,
        b,
        colour,
        hoof=(50, 40, 36),
        grazing=dice.chance(0.12),
        marks="dapples" if dice.chance(0.35) else "plain",
    )
    x, y = placed.nape
    brush.fill(coats.CREAM, ellipse(placed.rump[0] + 0.02, placed.rump[1] + 0.06, 0.06, 0.1))
    brush.fill(coats.DARK, ellipse(placed.nose[0], placed.nose[1], 0.04), light=0)
    for tip in ((0.2, -0.1), (-0.12, -0.16)):
        brush.fill(
            shaded(colour, 88),
            ribbon(
                [(x + 0.02, y - 0.04), (x + tip[0] * 0.6, y + tip[1] * 0.7), (x + tip[0], y + tip[1])],
                (0.04, 0.1, 0.02),
            ),
        )
    if dice.chance(0.6):
        horn, high = (112, 84, 58), dice.uniform(0.3, 0.5)
        for lean in (0.2, -0.18):
            tip = (x + lean, y - high)
            parts = [ribbon(curve([(x, y - 0.06), (x + lean * 1.5, y - high * 0.4), tip], 1), (0.06, 0.045, 0.03))]
            parts.append(
                ribbon([(x + lean * 1.1, y - high * 0.45), (x + lean * 1.1 - 0.12, y - high * 0.8)], (0.045, 0.025))
            )
            parts.append(
                ribbon([(x + lean * 1.1, y - high * 0.6), (x + lean * 1.1 + 0.12, y - high * 0.95)], (0.045, 0.025))
            )
            brush.fill(horn, *parts)


def horse(brush: Brush, dice: Dice) -> None:
    """A long neck with a mane, a long tail."""
    colour = coats.fur(dice, "horse")
    hair = shaded(colour, 45) if dice.chance(0.7) else mixed(colour, coats.CREAM, 60)
    b = HORSE.varied(dice)
    grazing = dice.chance(0.2)
    rump = (b.length + 0.03, b.back + 0.06)
    out = dice.uniform(0.1, 0.26)
    tail = limb(
        [rump, (rump[0] + out, rump[1] + 0.1), (rump[0] + out * 0.9, rump[1] + dice.uniform(0.45, 0.65))],
        (0.06, 0.15, 0.05),
    )
    brush.fill(hair, *tail)
    marks = "patches" if dice.chance(0.15) else "plain"
    placed = animal(brush, dice, b, colour, hoof=(44, 36, 34), grazing=grazing, marks=marks)
    (x, y), (sx, sy) = placed.nape, placed.shoulder
    mane = [(x - 0.04, y - 0.12), ((x + sx) / 2 + 0.1, (y + sy) / 2 - 0.12), (sx + 0.12, b.back + 0.05)]
    brush.fill(hair, ribbon(curve(mane, 1), (0.1, 0.16, 0.06)))
    ear_to(brush, colour, (x - 0.02, y - 0.08), (0.01, -0.18), 0.09)
    brush.fill(shaded(colour, 60), ellipse(placed.nose[0], placed.nose[1], 0.06))
    if dice.chance(0.3):  # a blaze
        brush.fill(coats.CREAM, ribbon([(x - 0.12, y), (placed.nose[0] - 0.03, placed.nose[1] - 0.08)], (0.04, 0.05)))


def cow(brush: Brush, dice: Dice) -> None:
    """Heavy and square, mostly with patches, horns and an udder."""
    colour = coats.fur(dice, "cow")
    b = COW.varied(dice)
    rump = (b.length + 0.06, b.back + 0.08)
    brush.fill(
        shaded(colour, 75),
        *limb([rump, (rump[0] + 0.06, rump[1] + 0.25), (rump[0] + 0.03, rump[1] + 0.5)], (0.05, 0.04)),
    )
    brush.fill((56, 46, 42), ellipse(rump[0] + 0.03, rump[1] + 0.54, 0.05, 0.09))
    brush.fill((226, 164, 154), ellipse(b.length - 0.3, b.belly + 0.03, 0.13, 0.1))
    placed = animal(
        brush,
        dice,
        b,
        colour,
        hoof=(48, 42, 40),
        grazing=dice.chance(0.3),
        marks="patches" if dice.chance(0.8) else "plain",
    )
    (x, y), nose = placed.nape, placed.nose
    brush.fill((222, 168, 156), ellipse(nose[0], nose[1], 0.11, 0.09))
    brush.fill(coats.DARK, ellipse(nose[0] - 0.04, nose[1], 0.022), light=0)
    brush.fill(shaded(colour, 75), ribbon([(x + 0.02, y - 0.02), (x + 0.2, y + 0.04)], (0.06, 0.1)))
    if dice.chance(0.7):
        brush.fill(
            (226, 216, 190), *limb([(x - 0.03, y - 0.1), (x + 0.04, y - 0.2), (x - 0.04, y - 0.27)], (0.07, 0.03))
        )


def sheep(brush: Brush, dice: Dice) -> None:
    """A ball of wool on thin legs, the face dark or light."""
    wool = coats.fur(dice, "sheep")
    face = (58, 50, 48) if dice.chance(0.5) else mixed(wool, (206, 170, 150), 60)
    b = SHEEP.varied(dice)
    brush.shadow(0.0, GROUND, b.length + 0.2, 0.07)
    legs(brush, dice, b, shaded(face, 80), None, 0.12)
    legs(brush, dice, b, face, None, 0.0)
    middle = b.back + b.depth * 0.5
    curls = [ellipse(0.0, middle, b.length, b.depth * 0.5)]
    for i in range(11):
        angle = i / 11
        at = (angle * 4 % 4) - 2
        x = b.length * (abs(at) - 1)
        y = middle + (1 if at < 0 else -1) * b.depth * 0.42 * (1 - (abs(at) - 1) ** 2 * 0.7)
        curls.append(ellipse(x, y, dice.uniform(0.14, 0.19)))
    brush.fill(wool, *curls, light=22)
    for _ in range(7):
        x, y = dice.uniform(-b.length, b.length) * 0.8, middle + dice.uniform(-0.5, 0.4) * b.depth
        brush.fill(shaded(wool, 110), ellipse(x, y, 0.08, 0.06), light=0)
        brush.fill(shaded(wool, 84), ellipse(x + 0.02, y + 0.06, 0.07, 0.025), light=0)
    grazing = dice.chance(0.4)
    x, y = (-b.length - 0.1, middle + 0.16) if grazing else (-b.length - 0.05, b.back + 0.08)
    nose = (x - 0.1, y + 0.26) if grazing else (x - 0.2, y + 0.14)
    brush.fill(face, *limb([(x, y), nose], (0.24, 0.2, 0.14)))
    brush.fill(shaded(face, 82), ribbon([(x + 0.02, y - 0.02), (x + 0.2, y + 0.06)], (0.05, 0.09)))
    brush.fill(wool, ellipse(x + 0.05, y - 0.11, 0.14, 0.09))
    eye = (235, 225, 205) if sum(face) < 300 else coats.DARK
    brush.fill(eye, ellipse(x - 0.08, y + 0.02, 0.03), light=0)
