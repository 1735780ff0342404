"""Drawn shoes seen from the side, the toe to the left: sandal, sneaker, ankle boot."""

from revisit_drawing.parts.cloth import accent, cloth, line
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Canvas, Outline, rounded, stroke


def sole(canvas: Canvas, dice: Dice, thick: float, heel: float, ground: float, shade: int | None = None) -> None:
    """A sole from toe to heel: `thick` in front, raised by `heel` behind."""
    arch = ground - heel
    outline: Outline = [
        (-0.97, ground - thick), (-0.2, ground - thick - heel * 0.15), (0.35, arch - thick), (0.93, arch - thick),
        (0.93, ground), (0.6, ground), (0.5, arch), (0.1, ground - heel * 0.35), (-0.3, ground), (-0.9, ground),
    ]  # fmt: skip
    canvas.paint(canvas.mask(outline), dice.integer(30, 245) if shade is None else shade)


def sandal(canvas: Canvas, dice: Dice) -> None:
    """A sole and straps with gaps between them; flat or with a heel."""
    ground = dice.uniform(0.35, 0.62)
    heel = dice.uniform(0.25, 0.7) if dice.chance(0.45) else dice.uniform(0.0, 0.12)
    strap = dice.integer(40, 240)
    sole(canvas, dice, dice.uniform(0.07, 0.2), heel, ground, None if dice.chance(0.5) else strap)
    high = ground - heel
    straps: list[Outline] = []
    for _ in range(dice.integer(1, 3)):
        x = dice.uniform(-0.8, -0.2)
        straps += stroke(
            [(x, ground - 0.1), (x + 0.2, ground - 0.4), (x + 0.5, ground - 0.25)], dice.uniform(0.07, 0.2)
        )
    if dice.chance(0.8):  # around the ankle, and what joins it to the heel
        y = max(-0.85, high - dice.uniform(0.4, 0.7))
        straps += stroke([(0.2, y + 0.12), (0.5, y), (0.9, y - 0.05)], dice.uniform(0.07, 0.16))
        straps += stroke([(0.88, high - 0.05), (0.9, y - 0.05)], dice.uniform(0.07, 0.2))
        if dice.chance(0.6):
            straps += stroke([(-0.4, ground - 0.3), (0.2, y + 0.12)], dice.uniform(0.07, 0.14))
    canvas.paint(canvas.mask(*straps), strap)


def sneaker(canvas: Canvas, dice: Dice) -> None:
    """A low shoe with a thick sole and laces; at times high enough to be taken for a boot."""
    ground = dice.uniform(0.35, 0.55)
    thick = dice.uniform(0.1, 0.22)
    high = dice.uniform(0.55, 0.85) if dice.chance(0.85) else dice.uniform(0.85, 1.05)
    toe = dice.uniform(0.22, 0.36)
    upper: Outline = [
        (-0.97, ground - toe * 0.4), (-0.8, ground - toe), (-0.35, ground - toe - 0.12), (0.12, ground - high),
        (0.3, ground - high + 0.08), (0.6, ground - high + 0.14), (0.9, ground - high - 0.02), (0.97, ground - 0.1),
        (0.95, ground), (-0.95, ground),
    ]  # fmt: skip
    shoe = canvas.mask(rounded(upper, 2))
    canvas.paint(shoe, cloth(canvas, dice, 0.25))
    for i in range(dice.integer(0, 4)):  # laces
        x = -0.3 + 0.12 * i
        line(
            canvas, [(x, ground - toe - 0.2 - 0.12 * i), (x + 0.12, ground - toe + 0.05)], 0.05, shoe, accent(dice, 75)
        )
    if dice.chance(0.6):  # the maker's stripe
        x = dice.uniform(-0.1, 0.3)
        line(
            canvas,
            [(x, ground - 0.1), (x + 0.3, ground - high + 0.15)],
            dice.uniform(0.07, 0.2),
            shoe,
            accent(dice, 75),
        )
    if dice.chance(0.85):
        sole(canvas, dice, thick, 0.0, ground + thick * 0.4)


def ankle_boot(canvas: Canvas, dice: Dice) -> None:
    """A shaft over the ankle, a heel on most."""
    ground = dice.uniform(0.72, 0.95)
    high = dice.uniform(1.2, 1.75) if dice.chance(0.85) else dice.uniform(0.9, 1.2)
    heel = dice.uniform(0.1, 0.5) if dice.chance(0.6) else dice.uniform(0.0, 0.1)
    front = dice.uniform(-0.12, 0.16)
    toe = dice.uniform(0.24, 0.4)
    peak = ground - high
    upper: Outline = [
        (-0.97, ground - toe * 0.35), (-0.8, ground - toe), (-0.3, ground - toe - 0.16), (front, ground - 0.62),
        (front, peak + 0.2), (front, peak), (front, peak), (0.9, peak), (0.9, peak), (0.85, ground - 0.5),
        (0.97, ground - heel - 0.1), (0.92, ground - heel), (0.3, ground - heel), (-0.2, ground), (-0.93, ground),
    ]  # fmt: skip
    boot = canvas.mask(rounded(upper, 2))
    canvas.paint(boot, cloth(canvas, dice, 0.25))
    sole(
        canvas, dice, dice.uniform(0.06, 0.14), heel, ground + 0.05, None if dice.chance(0.5) else dice.integer(25, 90)
    )
    if dice.chance(0.4):  # a zip
        line(canvas, [(0.45, peak), (0.4, ground - heel - 0.1)], 0.05, boot, accent(dice))
    if dice.chance(0.4):  # a cuff
        line(canvas, [(-1.0, peak + 0.1), (1.0, peak + 0.1)], dice.uniform(0.08, 0.2), boot, accent(dice))
    if dice.chance(0.4):  # laces
        for i in range(4):
            y = ground - 0.62 - 0.14 * i
            line(canvas, [(front - 0.1, y), (front + 0.2, y)], 0.05, boot, accent(dice, 75))
