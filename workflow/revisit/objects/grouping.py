"""Regions of a segmentation, merged greedily until one is left: the hierarchy of selective search.

After Uijlings et al. (2013, IJCV 104:154-171, section 3): the two neighbours that are most alike become one, again and
again. Their likeness is the sum of four, all with a weight of 1 (section 3.2): the intersections of their histograms of
colour and of texture, how small they are together, and how well they fill the box around both. With regions of a and b
pixels, a box of c around both and an image of A, the last two are 1 - (a + b) / A and 1 - (c - a - b) / A. They add up
to 2 - c / A: sizes need not be known but to mix the histograms.
"""

import heapq

import numpy as np
from scipy import ndimage

from revisit.objects.arrays import Flags, Floats, Rows


def histograms(regions: Rows, codes: Rows, bins: int) -> Floats:
    """How often each of `bins` codes occurs in each region, as shares of all the codes there: (n, bins) float64.

    `regions` (H, W) numbers the regions from 0 to n - 1, `codes` (H, W, F) has F codes of each pixel.
    """
    rows = regions.reshape(-1, 1) * bins + codes.reshape(-1, codes.shape[-1])
    counts = np.bincount(rows.ravel(), minlength=(int(regions.max()) + 1) * bins).reshape(-1, bins)
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def neighbours(regions: Rows) -> Flags:
    """Which regions have pixels beside, above or below each other: (n, n) bool, true above the diagonal alone."""
    n = int(regions.max()) + 1
    touch = np.zeros((n, n), bool)
    touch[regions[:, :-1], regions[:, 1:]] = True
    touch[regions[:-1], regions[1:]] = True
    return np.triu(touch | touch.T, 1)


def boxes(regions: Rows) -> Floats:
    """The boxes x0 y0 x1 y1 around the regions: (n, 4) float64."""
    slices = ndimage.find_objects(regions + 1)
    return np.array([(x.start, y.start, x.stop, y.stop) for y, x in slices], np.float64)


def hierarchy(regions: Rows, *features: Floats) -> Floats:
    """The boxes of all regions there ever are, (2n - 1, 4) float64: the n given, then each merged one, last the whole.

    `regions` (H, W) are numbered from 0 on. `features` are the histograms (n, bins) that are intersected, of shares
    that add up to 1 in each region. Of equally alike pairs the one with the lower numbers is merged first.
    """
    given, n, area = boxes(regions), int(regions.max()) + 1, regions.size
    shares = np.zeros((2 * n - 1, sum(feature.shape[1] for feature in features)))
    shares[:n] = np.concatenate(features, axis=1)
    sizes = np.bincount(regions.ravel()).tolist()
    edges = np.zeros((2 * n - 1, 4))  # x0 y0 -x1 -y1, so that the minimum of two is around both
    edges[:n] = given * (1, 1, -1, -1)

    def alike(one: int | Rows, others: Rows) -> list[float]:
        around = np.minimum(edges[one], edges[others])
        box = (around[:, 0] + around[:, 2]) * (around[:, 1] + around[:, 3])
        likeness = np.minimum(shares[one], shares[others]).sum(axis=1) - box / area
        values: list[float] = likeness.tolist()
        return values

    first, second = np.nonzero(neighbours(regions))
    beside: dict[int, set[int]] = {i: set() for i in range(n)}
    for i, j in zip(first.tolist(), second.tolist(), strict=True):
        beside[i].add(j)
        beside[j].add(i)
    queue = [(-value, i, j) for value, i, j in zip(alike(first, second), first.tolist(), second.tolist(), strict=True)]
    heapq.heapify(queue)
    new = n
    while queue:
        _, i, j = heapq.heappop(queue)
        if i not in beside or j not in beside:
            continue  # merged before
        sizes.append(sizes[i] + sizes[j])
        shares[new] = (shares[i] * sizes[i] + shares[j] * sizes[j]) / sizes[new]
        edges[new] = np.minimum(edges[i], edges[j])
        near = (beside.pop(i) | beside.pop(j)) - {i, j}
        for other in near:
            beside[other] -= {i, j}
            beside[other].add(new)
        beside[new] = near
        others = sorted(near)
        if others:
            for value, other in zip(alike(new, np.array(others)), others, strict=True):
                heapq.heappush(queue, (-value, other, new))
        new += 1
    return edges * (1, 1, -1, -1)
