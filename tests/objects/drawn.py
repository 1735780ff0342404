"""Objects and detections as tests want them: many overlaps, many ties."""

import numpy as np
from hypothesis import strategies as st

from revisit.objects.found import Detections, Truths

IMAGES, CLASSES = 4, 3


def truths(rows, images=IMAGES, classes=CLASSES):
    """Of rows (image, class, box, difficult)."""
    image, kind, box, difficult = zip(*rows, strict=True) if rows else ([], [], [], [])
    return Truths(
        np.array(image, np.int64),
        np.array(kind, np.int64),
        np.array(box, np.float64).reshape(-1, 4),
        np.array(difficult, bool),
        images,
        classes,
    )


def detections(rows):
    """Of rows (image, class, score, box)."""
    image, kind, score, box = zip(*rows, strict=True) if rows else ([], [], [], [])
    return Detections(
        np.array(image, np.int64),
        np.array(kind, np.int64),
        np.array(score, np.float64),
        np.array(box, np.float64).reshape(-1, 4),
    )


def scattered(seed, images=30, classes=3, objects=4, found=12, difficult=0.2):
    """Objects on a grid of a few places, and detections near them, some wrong: overlaps of all sizes."""
    rng = np.random.default_rng(seed)
    real, reported = [], []
    for image in range(images):
        for _ in range(rng.integers(0, objects + 1)):
            corner, side = rng.integers(0, 60, 2), rng.integers(8, 40, 2)
            kind = int(rng.integers(classes))
            real.append((image, kind, [*corner, *(corner + side)], rng.random() < difficult))
            for _ in range(rng.poisson(found / max(objects, 1) / 2)):
                near = np.array([*corner, *(corner + side)]) + rng.normal(0, 4, 4)
                other = int(rng.integers(classes)) if rng.random() < 0.2 else kind
                reported.append((image, other, round(rng.normal(1), 1), np.sort(near.reshape(2, 2), axis=0).ravel()))
        for _ in range(rng.poisson(found / 4)):
            corner, side = rng.integers(0, 60, 2), rng.integers(8, 40, 2)
            reported.append((image, int(rng.integers(classes)), round(rng.normal(0), 1), [*corner, *(corner + side)]))
    rng.shuffle(reported)
    return detections([(int(a), int(b), float(c), d) for a, b, c, d in reported]), truths(real, images, classes)


@st.composite
def boxes(draw):
    """Boxes of whole numbers on a small grid, so that overlaps and equal overlaps are frequent."""
    x0, y0 = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    return [x0, y0, x0 + draw(st.integers(1, 4)), y0 + draw(st.integers(1, 4))]


def real():
    return st.lists(
        st.tuples(st.integers(0, IMAGES - 1), st.integers(0, CLASSES - 1), boxes(), st.booleans()), max_size=14
    )


def reported():
    """Scores of few levels, so that there are ties."""
    return st.lists(
        st.tuples(st.integers(0, IMAGES - 1), st.integers(0, CLASSES - 1), st.integers(0, 5), boxes()), max_size=20
    )
