"""What four-legged animals have in common, seen from the side, the head to the left: trunk, legs, neck, head."""

from dataclasses import dataclass

from revisit_drawing.figures import coats
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import Colour, mixed, shaded
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.raster import Outline, rounded
from revisit_drawing.parts.shapes import box, ellipse, limb

GROUND = 0.96


@dataclass(frozen=True)
class Build:
    """Lengths in the unit square."""

    length: float  # half the trunk
    depth: float  # of the trunk
    leg: float  # from the belly to the ground
    thick: float  # of a leg above; below it is about half
    neck: tuple[float, float]  # from the shoulder to the head: forward, up
    neck_width: float
    head: float  # from the nape to the nose
    head_width: float
    muzzle: float  # width of the nose's end

    @property
    def belly(self) -> float:
        """Height of the belly (y)."""
        return GROUND - self.leg

    @property
    def back(self) -> float:
        """Height of the back (y)."""
        return self.belly - self.depth

    def varied(self, dice: Dice) -> "Build":
        """An individual of this build, with a pose of the head."""
        scale = dice.uniform(0.92, 1.08)
        return Build(
            self.length * scale,
            self.depth * dice.uniform(0.88, 1.12),
            self.leg * dice.uniform(0.88, 1.08),
            self.thick * dice.uniform(0.85, 1.15),
            (self.neck[0] * dice.uniform(0.7, 1.3), self.neck[1] * dice.uniform(0.75, 1.2)),
            self.neck_width * dice.uniform(0.9, 1.1),
            self.head * dice.uniform(0.9, 1.1),
            self.head_width * dice.uniform(0.9, 1.1),
            self.muzzle,
        )


CAT = Build(0.46, 0.34, 0.34, 0.15, (0.16, 0.12), 0.24, 0.16, 0.3, 0.16)
DOG = Build(0.44, 0.36, 0.42, 0.16, (0.16, 0.22), 0.25, 0.38, 0.27, 0.13)
DEER = Build(0.4, 0.33, 0.66, 0.13, (0.24, 0.46), 0.16, 0.32, 0.17, 0.08)
HORSE = Build(0.48, 0.42, 0.62, 0.17, (0.3, 0.4), 0.26, 0.42, 0.2, 0.13)
COW = Build(0.58, 0.5, 0.44, 0.17, (0.22, 0.06), 0.32, 0.34, 0.25, 0.19)
SHEEP = Build(0.46, 0.42, 0.36, 0.1, (0.16, 0.12), 0.2, 0.28, 0.19, 0.12)


@dataclass(frozen=True)
class Placed:
    """Where the parts of a drawn animal are: what ears, horns, manes and tails need."""

    nape: tuple[float, float]
    nose: tuple[float, float]
    shoulder: tuple[float, float]
    rump: tuple[float, float]


def legs(brush: Brush, dice: Dice, b: Build, colour: Colour, hoof: Colour | None, shift: float) -> None:
    """A fore and a hind leg in mid-stride; the far pair is drawn first, with a shift."""
    stride = dice.uniform(-0.16, 0.16)
    parts: list[Outline] = []
    feet: list[Outline] = []
    for x, step in ((-b.length + 0.1, stride), (b.length - 0.1, -stride * 0.8)):
        knee = (x + shift + step * 0.6 + (0.05 if x > 0 else -0.03), b.belly + b.leg * 0.5)
        foot = (x + shift + step, GROUND - 0.03)
        parts += limb(
            [(x + shift, b.belly - b.depth * 0.25), knee, foot], (b.thick * 1.35, b.thick * 0.7, b.thick * 0.55)
        )
        feet.append(box(foot[0] - b.thick * 0.42, GROUND - 0.06, foot[0] + b.thick * 0.3, GROUND + 0.01))
    brush.fill(colour, *parts)
    if hoof is not None:
        brush.fill(hoof, *feet)


def animal(
    brush: Brush, dice: Dice, b: Build, colour: Colour, *, hoof: Colour | None, grazing: bool, marks: str
) -> Placed:
    """Trunk, legs, neck and head; `marks`: "plain", "stripes", "patches" or "dapples"; without `hoof` paws."""
    brush.shadow(0.0, GROUND, b.length + 0.25, 0.07)
    legs(brush, dice, b, shaded(colour, 68), None if hoof is None else shaded(hoof, 80), 0.13)
    sag = dice.uniform(0.0, 0.05)
    trunk = rounded(
        [
            (-b.length - 0.06, b.back + b.depth * 0.3), (-b.length + 0.06, b.back - 0.01), (0.0, b.back + sag),
            (b.length - 0.08, b.back - 0.02), (b.length + 0.08, b.back + b.depth * 0.25),
            (b.length + 0.03, b.belly - 0.05), (0.1, b.belly + sag), (-b.length + 0.05, b.belly + 0.03),
            (-b.length - 0.07, b.belly - b.depth * 0.25),
        ],
        2,
    )  # fmt: skip
    shoulder = (-b.length + 0.1, b.back + b.depth * 0.38)
    if grazing:
        nape = (-b.length - b.neck[0] * 0.9, GROUND - b.head * 1.05)
        nose = (nape[0] - b.head * 0.3, nape[1] + b.head)
    else:
        nape = (-b.length - b.neck[0], b.back - b.neck[1] + 0.1)
        nose = (nape[0] - b.head * 0.85, nape[1] + b.head * dice.uniform(0.3, 0.6))
    legs(brush, dice, b, colour, hoof, 0.0)
    middle = ((shoulder[0] + nape[0]) / 2 - 0.02, (shoulder[1] + nape[1]) / 2 - 0.04)
    neck = limb([shoulder, middle, nape], (b.neck_width * 1.5, b.neck_width, b.head_width * 0.85))
    brush.fill(colour, trunk, *neck, light=16)
    body = brush.mask(trunk, *neck)
    if marks == "stripes":
        coats.stripes(brush, dice, colour, body, -b.length, b.length)
    elif marks == "patches":
        coats.patches(brush, dice, coats.second(dice, colour), body, -b.length, b.length, b.back + b.depth / 2)
    elif marks == "dapples":
        coats.dapples(brush, dice, body, -b.length, b.length, b.back + 0.04, b.back + b.depth * 0.5)
    if marks != "plain" or dice.chance(0.4):  # a light belly
        brush.fill(mixed(colour, coats.CREAM, 60), ellipse(0.0, b.belly + 0.02, b.length * 0.8, 0.07), within=body)
    brush.fill(shaded(colour, 106), *limb([nape, nose], (b.head_width, b.head_width * 0.9, b.muzzle)))
    eye = (nape[0] * 0.62 + nose[0] * 0.38 - 0.01, nape[1] * 0.62 + nose[1] * 0.38 - b.head_width * 0.18)
    brush.fill(coats.DARK, ellipse(*eye, 0.035), light=0)
    return Placed(nape, nose, shoulder, (b.length + 0.03, b.back + b.depth * 0.18))


def ear_to(brush: Brush, colour: Colour, at: tuple[float, float], tip: tuple[float, float], wide: float) -> None:
    """A pointed ear at a place, its tip relative to it."""
    x, y = at
    brush.fill(colour, [(x - wide / 2, y), (x + tip[0], y + tip[1]), (x + wide / 2, y + 0.02)])
