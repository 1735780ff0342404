"""Drawn scenes with the twenty classes of PASCAL VOC (Everingham et al. 2010): one to four kinds of objects in a place.

What stands together is what stands together in photographs: riders on cycles, chairs at tables, boats on
water. Person is the most frequent class. A class of which only specks or hidden remains show is "difficult".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from revisit_drawing.figures import animals, creatures, cycles, furniture, household, people, road, voyages
from revisit_drawing.parts.brush import Brush
from revisit_drawing.parts.colour import ColourCanvas
from revisit_drawing.parts.dice import Dice
from revisit_drawing.parts.photo import jpeg, taken
from revisit_drawing.parts.places import PLACES
from revisit_drawing.writers import voc

if TYPE_CHECKING:
    from revisit.data.settings import Drawn

FORMAT = "voc"
NAMED = True
SIZE = 256  # pixels of the shorter side, where the settings name none
TEST_IDS = 500_000  # numbers of the test scenes start above those of training, as an id means one picture
CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog",
    "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
PRESENT, ABSENT, DIFFICULT = 1, -1, 0
SHOWN = 0.35  # a figure of which less is seen is difficult
TRUNCATED = 0.95  # one of which less is seen is truncated
SPECK = 0.1  # and so is one smaller than this share of the picture's shorter side


@dataclass(frozen=True)
class Kind:
    """A class: what is drawn, how large beside a person, how often it is the subject, where, and with what."""

    figure: Callable[[Brush, Dice], None]
    scale: float
    weight: int
    places: tuple[str, ...]
    company: tuple[tuple[str, float], ...]  # other classes with their probability
    herd: float = 0.25  # probability of another one of the class


HOME = (("person", 0.25), ("chair", 0.2), ("tvmonitor", 0.12), ("pottedplant", 0.15), ("bottle", 0.1))
TRAFFIC = (("person", 0.35), ("car", 0.3), ("bicycle", 0.06), ("bus", 0.06), ("motorbike", 0.06))
FIELD = (("person", 0.15), ("sheep", 0.08), ("cow", 0.08), ("dog", 0.06), ("horse", 0.06))
FARM = ("meadow", "meadow", "meadow", "desert")
STREET = ("road", "road", "road", "desert")

KINDS: dict[str, Kind] = {
    "aeroplane": Kind(voyages.aeroplane, 1.5, 6, ("sky", "sky", "runway"), (("person", 0.1), ("car", 0.08)), 0.15),
    "bicycle": Kind(cycles.bicycle, 0.85, 6, ("road", "road", "meadow", "forest"), TRAFFIC),
    "bird": Kind(creatures.bird, 0.55, 7, ("sky", "meadow", "forest", "pond", "sea"), (("boat", 0.05),), 0.4),
    "boat": Kind(voyages.boat, 1.3, 5, ("sea",), (("person", 0.12), ("bird", 0.15)), 0.35),
    "bottle": Kind(household.bottle, 0.45, 5, ("room",), (("diningtable", 0.35), ("person", 0.3), *HOME[1:4]), 0.5),
    "bus": Kind(road.bus, 1.6, 5, ("road",), TRAFFIC),
    "car": Kind(road.car, 1.2, 9, STREET, TRAFFIC, 0.4),
    "cat": Kind(animals.cat, 0.6, 7, ("room", "room", "meadow"), (("sofa", 0.15), *HOME), 0.15),
    "chair": Kind(furniture.chair, 0.75, 6, ("room",), (("diningtable", 0.35), *HOME), 0.5),
    "cow": Kind(animals.cow, 1.0, 5, FARM, FIELD, 0.5),
    "diningtable": Kind(furniture.diningtable, 1.0, 5, ("room",), (("chair", 0.6), ("bottle", 0.35), *HOME), 0.05),
    "dog": Kind(animals.dog, 0.65, 7, ("meadow", "room", "road", "snow"), (("person", 0.3), ("sofa", 0.05)), 0.15),
    "horse": Kind(animals.horse, 1.05, 6, (*FARM, "snow"), (("person", 0.45), *FIELD[1:3]), 0.3),
    "motorbike": Kind(cycles.motorbike, 0.85, 6, STREET, TRAFFIC),
    "person": Kind(people.person, 0.95, 16, ("road", "room", "meadow", "forest", "desert", "snow", "sea"), (), 0.4),
    "pottedplant": Kind(household.pottedplant, 0.65, 5, ("room", "room", "road"), HOME, 0.35),
    "sheep": Kind(animals.sheep, 0.75, 5, FARM, FIELD, 0.6),
    "sofa": Kind(furniture.sofa, 1.1, 5, ("room",), (("cat", 0.1), ("dog", 0.1), *HOME), 0.1),
    "train": Kind(voyages.train, 1.8, 6, ("rails",), (("person", 0.2), ("car", 0.06)), 0.0),
    "tvmonitor": Kind(household.tvmonitor, 0.65, 6, ("room",), (("sofa", 0.2), ("bottle", 0.08), *HOME), 0.15),
}
RIDDEN = {"bicycle": cycles.ridden_bicycle, "motorbike": cycles.ridden_motorbike}
AFLOAT = {"boat": 0.62}  # how far below its centre a figure stands, in its own square; 0.95 for the rest


def write(embedded: "Drawn", seed: int, destination: Path) -> None:
    """Write the official files of the data set; see `revisit.data.embedded.Drawing`."""
    names = embedded.get("splits") or {"train": "trainval", "test": "test"}
    size = embedded.get("size") or SIZE
    train = _numbered(pictures(embedded["train"], seed, 0, size), 1)
    test = _numbered(pictures(embedded["test"], seed, 1, size), 1 + TEST_IDS)
    voc.write(destination, CLASSES, {names["train"]: train, names["test"]: test})


def _numbered(drawn: Iterable["Scene"], first: int) -> Iterator[voc.Picture]:
    for number, scene in enumerate(drawn, start=first):
        yield voc.Picture(f"{number:06d}", jpeg(scene.image), scene.codes, scene.objects, scene.masks)


class Scene(NamedTuple):
    """A picture and what it shows."""

    image: np.ndarray  # (H, W, 3) uint8
    codes: np.ndarray  # (20,) int8: 1, -1 or 0 (difficult only)
    objects: list[voc.Object]
    masks: np.ndarray  # (H, W) uint8: 0 background, j where the j-th object (from 1) shows, 255 void


def pictures(count: int, seed: int, split: int, size: int) -> Iterator[Scene]:
    """Draw a split, one picture at a time.

    The shorter side has `size` pixels, the longer one up to half as many more. Picture i depends on the seed,
    the number of the split and i alone, so a larger draw begins with the smaller one.
    """
    for row in range(count):
        yield scene(Dice(seed, split, 1, row), size)


def scene(dice: Dice, size: int) -> Scene:
    """One scene."""
    longer = int(size * dice.uniform(1.0, 1.5))
    canvas = ColourCanvas(*((longer, size) if dice.chance(0.75) else (size, longer)), owners=True)
    subject = _weighted(dice)
    kind = KINDS[subject]
    place = dice.choice(kind.places)
    cast = [subject] + [subject] * dice.chance(kind.herd)
    for other, probability in kind.company if place != "sky" else ():
        if len(set(cast)) < 4 and other not in cast and dice.chance(probability):
            cast += [other] + [other] * (dice.chance(KINDS[other].herd) and len(cast) < 4)
    horizon = PLACES[place](canvas, dice)
    # the subject fills about half of the picture to all of it; the others are to scale with it, more or less
    unit = size * dice.uniform(0.26, 0.52) / kind.scale
    actors = []
    for number, name in enumerate(cast):
        near = 1.0 if number == 0 else dice.uniform(0.55, 1.15)
        half = unit * KINDS[name].scale * near
        half = min(max(half, size * 0.05), size * 0.75)
        x = canvas.width * (dice.uniform(0.3, 0.7) if number == 0 else dice.uniform(0.08, 0.92))
        actors.append((_feet(canvas, dice, name, place, horizon, half, number == 0), name, x, half))
    actors.sort(key=lambda actor: actor[0])  # the farthest first
    return _played(canvas, dice, actors, size)


@dataclass(frozen=True)
class _Figure:
    """What was painted of one object."""

    name: str
    owner: int  # its number on the canvas
    brush: Brush
    painted: int  # pixels, before others were painted over them


def _played(canvas: ColourCanvas, dice: Dice, actors: list[tuple[float, str, float, float]], size: int) -> Scene:
    """Draw the actors (row of the feet, class, column, half size), farthest first; then judge what is seen of each."""
    figures: list[_Figure] = []
    table: tuple[float, float, float] | None = None
    for feet, name, x, half in actors:
        if name == "bottle" and table is not None:  # bottles stand on the table
            x, feet, half = table[0] + dice.uniform(-0.6, 0.6) * table[2], table[1], min(half, table[2] * 0.45)
        stands = AFLOAT.get(name, 0.0 if name == "aeroplane" else 0.95)
        brush = Brush(
            canvas,
            x,
            feet - half * stands,
            half,
            flip=dice.chance(0.5),
            stretch=dice.uniform(0.9, 1.1),
            turn=dice.uniform(-0.2, 0.2) if name == "aeroplane" else dice.uniform(-0.02, 0.02),
        )
        if name == "diningtable":
            table = (x, feet - half * 0.95, half)
        ridden = name in RIDDEN and dice.chance(0.4)
        owner = canvas.owner = len(figures) + 1
        (RIDDEN[name] if ridden else KINDS[name].figure)(brush, dice)
        for shift, shown in enumerate((name, "person") if ridden else (name,)):
            figures.append(_Figure(shown, owner + shift, brush, canvas.owned(owner + shift)))
    codes, objects, masks = _seen(canvas.figures, figures, size)
    return Scene(taken(canvas, dice), codes, objects, masks)


def _seen(owners: np.ndarray, figures: list[_Figure], size: int) -> tuple[np.ndarray, list[voc.Object], np.ndarray]:
    """Codes, objects and masks of the figures on a canvas with these `owners`.

    A figure of which nothing shows is no object, and nobody could know of it: codes are those of the objects. Difficult
    objects are void, and so is a line as wide as a hundredth of the shorter side around the others, as in VOC's masks.
    """
    codes = np.full(len(CLASSES), ABSENT, np.int8)
    objects: list[voc.Object] = []
    masks = np.zeros(owners.shape, np.uint8)
    for figure in figures:
        shows = owners == figure.owner
        left = int(shows.sum())
        share = figure.brush.inside * left / max(figure.painted, 1)
        large = max(figure.brush.high - figure.brush.low) >= SPECK * size and left > 0
        clear = share >= SHOWN and large
        if left:
            k = CLASSES.index(figure.name)
            codes[k] = PRESENT if clear or codes[k] == PRESENT else DIFFICULT
            objects.append(voc.Object(figure.name, _extent(shows), not clear, share < TRUNCATED))
            masks[shows] = len(objects) if clear else voc.VOID
    masks[_edges(owners, size // 100)] = voc.VOID
    return codes, objects, masks


def _extent(shows: np.ndarray) -> tuple[int, int, int, int]:
    """The first column and row, and the last ones, of the pixels of a mask."""
    rows, columns = np.flatnonzero(shows.any(axis=1)), np.flatnonzero(shows.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def _edges(owners: np.ndarray, width: int) -> np.ndarray:
    """The pixels that lie at most `width` pixels beside, above or below one of another figure: (H, W) bool."""
    found = np.zeros(owners.shape, bool)
    for step in range(1, width + 1):
        for later, earlier in ((np.s_[step:], np.s_[:-step]), (np.s_[:, step:], np.s_[:, :-step])):
            differ = owners[later] != owners[earlier]
            found[later] |= differ
            found[earlier] |= differ
    return found


def _feet(canvas: ColourCanvas, dice: Dice, name: str, place: str, horizon: int, half: float, subject: bool) -> float:
    """The row where a figure touches the ground (of an aeroplane: where its middle is)."""
    if name == "aeroplane" and (place == "sky" or not subject):
        return canvas.height * dice.uniform(0.25, 0.75)
    if place == "sky":
        return canvas.height * dice.uniform(0.3, 0.6) + half
    lowest = canvas.height * (1.04 if subject else 0.98)
    highest = min(max(horizon + canvas.height * 0.06, half), lowest)
    return dice.uniform(0.3, 1.0) * (lowest - highest) + highest


def _weighted(dice: Dice) -> str:
    """The subject of a scene."""
    at = dice.integer(0, sum(kind.weight for kind in KINDS.values()) - 1)
    for name, kind in KINDS.items():
        at -= kind.weight
        if at < 0:
            return name
    raise AssertionError("the weights sum to more than the largest number drawn")
