"""Where the parts are that are hidden: true ones, and boxes of their sizes at random places.

All boxes are (4,) int64: top, left, bottom, right in pixels of the network's input, the last two exclusive.
"""

import numpy as np

from revisit.analyses.inspect.objects import share
from revisit.analyses.inspect.passes import KEY
from revisit.errors import ConfigError

SECTION = f"{KEY}.correspondence"


def pixels(part: str, box: list[float], size: tuple[int, int]) -> np.ndarray:
    """A box of shares as pixels of an image of `size` (height, width): top, left, bottom, right, the last exclusive.

    Raises:
        ConfigError: it is smaller than a pixel.
    """
    top, left, bottom, right = (round(share * size[i % 2]) for i, share in enumerate(box))
    if top >= bottom or left >= right:
        raise ConfigError(
            f"{SECTION}.parts.{part}: {list(box)} holds no pixel of {size[0]}x{size[1]}; choose a larger box"
        )
    return np.array([top, left, bottom, right])


def random_parts(on: np.ndarray, boxes: list[np.ndarray], count: int, seed: int) -> dict[str, list[np.ndarray]]:
    """Boxes of the sizes of `boxes` at random places, at least half on the object if any place is so.

    Args:
        on: which pixels of the images belong to the object, (N, H, W) bool.
        boxes: (4,) each: top, left, bottom, right.
        count: of either kind.
        seed: of the choice.

    Returns:
        `random <n>` and `fixed <n>`, n from 1: for each size a place in every image, (N, 4) int64.
    """
    rng = np.random.default_rng(seed)
    places: dict[str, list[np.ndarray]] = {}
    for n in range(1, count + 1):
        places[f"random {n}"], places[f"fixed {n}"] = [], []
        for top, left, bottom, right in boxes:
            size = bottom - top, right - left
            shares = np.stack([share(image, *size) for image in on])
            places[f"random {n}"].append(np.stack([_place(rng, s, size) for s in shares]))
            places[f"fixed {n}"].append(np.tile(_place(rng, shares.min(axis=0), size), (len(on), 1)))
    return dict(sorted(places.items(), key=lambda part: part[0].startswith("fixed")))


def _place(rng: np.random.Generator, shares: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """One of the places where the box is at least half on the object, as a box."""
    candidates = np.argwhere(shares >= 0.5)
    if not len(candidates):
        candidates = np.argwhere(shares >= 0)
    top, left = candidates[rng.integers(len(candidates))]
    return np.array([top, left, top + size[0], left + size[1]])


def inside(frame: np.ndarray, box: list[float]) -> np.ndarray:
    """A box of shares of the height and width of `frame`, a box itself, as a box; it may hold no pixel."""
    corner, sides = np.tile(frame[:2], 2), np.tile(frame[2:] - frame[:2], 2)
    return corner + np.rint(np.array(box) * sides).astype(np.int64)


def hold_pixels(frames: np.ndarray, parts: list[list[float]]) -> np.ndarray:
    """Which of the frames (N, 4) are so large that each part, shares of a frame, holds a pixel: (N,) bool."""
    boxes = np.array([[inside(frame, part) for part in parts] for frame in frames]).reshape(-1, len(parts), 4)
    return np.all(boxes[..., :2] < boxes[..., 2:], axis=(1, 2))


def random_parts_of(frames: np.ndarray, parts: list[list[float]], count: int, seed: int) -> dict[str, list[np.ndarray]]:
    """Boxes of the sizes of the parts at random places within frames, the boxes of objects (N, 4).

    Returns:
        As `random_parts`: `random <n>` lies at another place in every frame, `fixed <n>` at the same in all, which is
        a random part: the same share of what the frame leaves free lies above it, and likewise to its left.
    """
    rng = np.random.default_rng(seed)
    places: dict[str, list[np.ndarray]] = {}
    for kind in ("random", "fixed"):
        for n in range(1, count + 1):
            places[f"{kind} {n}"] = []
            for part in parts:
                free = rng.random((len(frames) if kind == "random" else 1, 2))
                boxes = np.array([inside(frame, part) for frame in frames])
                sizes = boxes[:, 2:] - boxes[:, :2]
                corners = frames[:, :2] + np.rint(free * (frames[:, 2:] - frames[:, :2] - sizes)).astype(np.int64)
                places[f"{kind} {n}"].append(np.concatenate([corners, corners + sizes], axis=1))
    return places
