"""The filters of the first convolution: which of them are dead, and how much high and low frequency they carry.

Zeiler & Fergus 2014 (ECCV, arXiv:1311.2901), section 4.1 and figure 6: filters of 11x11 with stride 4 are a mix of
extremely high and low frequencies, some are dead, and the stride causes aliasing; 7x7 with stride 2 has less of both.
The paper judges by eye. Here a filter is dead if it never answers with more than 1% of the largest answer of any
filter (assumed); its high frequencies are those above half the Nyquist frequency, its low ones those below a quarter of
it (assumed), measured by its two-dimensional Fourier transform. Coarseness is what these say together: the share of
dead filters and both ends of the spectrum, added up (assumed); the less, the better the first layer should be.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from revisit.analyses import forward
from revisit.analyses.inspect.means import mean_or_none
from revisit.analyses.inspect.tables import COARSENESS, FIRST_LAYER
from revisit.analyses.inspect.view import View
from revisit.models.parts import layers

DEAD = 0.01  # of the largest activation of any filter
PADDED = 64  # pixels, the side of the filters in zeros whose low frequencies are measured
_ROUNDING = 1e-12  # of a filter's energy: smaller parts of it are nothing but rounding


def look(view: View) -> tuple[dict, dict[str, pd.DataFrame | np.ndarray]]:
    """The filters of the first convolution; nothing without a convolution.

    Args:
        view: what to look at.

    Returns:
        The number of filters, of dead ones and their share, the mean high-frequency share and the mean low-frequency
        share (None if not finite), the kernel's height and width, the stride, and the coarseness, the sum of the three
        shares (None where one is None). `first_layer.csv`: filter, norm
        (Euclidean), largest_activation over the images, dead, high_frequency, low_frequency.
    """
    name, convolution, rectified = first_convolution(view.network)
    if convolution is None:
        return {}, {}
    largest = largest_activations(view, name, rectified)
    filters = convolution.weight.detach().cpu().double().numpy()
    frame = FIRST_LAYER.frame(
        {
            "filter": range(len(filters)),
            "norm": np.sqrt((filters**2).sum(axis=(1, 2, 3))),
            "largest_activation": largest,
            "dead": dead(largest),
            "high_frequency": high_frequency(filters),
            "low_frequency": low_frequency(filters),
        }
    )
    summary: dict[str, Any] = {
        "filters": len(frame),
        "dead": int(frame["dead"].sum()),
        "dead_share": float(frame["dead"].mean()),
        "high_frequency": mean_or_none(frame["high_frequency"]),
        "kernel": list(filters.shape[2:]),
        "stride": convolution.stride[0],
        "low_frequency": mean_or_none(frame["low_frequency"]),
    }
    shares = [summary[key] for key in COARSENESS]
    summary["coarseness"] = None if None in shares else sum(shares)
    return summary, {FIRST_LAYER.file: frame}


def first_convolution(network: nn.Module) -> tuple[str, nn.Conv2d | None, bool]:
    """Name and module of the first convolution, and whether a ReLU directly follows it, in the network's order."""
    name = layers.first_convolution(network)
    if name is None:
        return "", None, False
    leaves = {name: module for name, module in network.named_modules() if not list(module.children())}
    following = dict(pairwise(leaves)).get(name)
    return name, leaves[name], isinstance(leaves.get(following), nn.ReLU)


def first_filters(network: nn.Module) -> np.ndarray | None:
    """The weights of the first convolution: (out, in, height, width) float32; None where there is none."""
    _, convolution, _ = first_convolution(network)
    return None if convolution is None else convolution.weight.detach().to("cpu", torch.float32).numpy()


def largest_activations(view: View, layer: str, rectified: bool) -> np.ndarray:
    """The largest output of each filter of `layer` over all images and places: (filters,) float32.

    After the ReLU if one follows (`rectified`), else by absolute value: what is negative then says something too.
    """
    batches = forward.activations(view.network, view.images, view.preprocessing, [layer], view.device)
    outputs = (output[layer] for _, output in batches)
    largest = [(o.clamp(min=0) if rectified else o.abs()).amax(dim=(0, 2, 3)) for o in outputs]
    return torch.stack(largest).amax(dim=0).cpu().numpy()


def dead(largest: np.ndarray) -> np.ndarray:
    """Filters whose largest activation is at most `DEAD` of the largest of all: (filters,) bool."""
    return largest <= DEAD * largest.max()


def high_frequency(filters: np.ndarray) -> np.ndarray:
    """The share of a filter's energy above half the Nyquist frequency, its mean left out: (F, C, h, w) -> (F,) float64.

    Of the squared magnitudes of the two-dimensional discrete Fourier transform, averaged over the channels. A frequency
    is the length of its vector, so that 0.25 cycles per pixel in any direction are half the Nyquist frequency of 0.5.
    0 where a filter is constant; 5/6 is what to expect of white noise on 5x5, 7x7 and 11x11 pixels alike.
    """
    energy = (np.abs(np.fft.fft2(filters)) ** 2).mean(axis=1)
    whole = energy.sum(axis=(1, 2))
    energy[:, 0, 0] = 0
    height, width = filters.shape[2:]
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    rest = energy.sum(axis=(1, 2))
    high = energy[:, frequency > 0.25].sum(axis=1)
    return np.divide(high, rest, out=np.zeros(len(filters)), where=~(rest <= _ROUNDING * whole))


def low_frequency(filters: np.ndarray) -> np.ndarray:
    """The share of a filter's energy below a quarter of the Nyquist frequency: (F, C, h, w) -> (F,) float64.

    Energy as in `high_frequency`, but with the mean, the lowest of all frequencies, and of the filter set into
    `PADDED` x `PADDED` zeros: that is what the filter does to an image, on a grid that is fine enough and the same for
    every size. The transform of the filter alone has, on 7x7 pixels, nothing below 1/7 cycles per pixel but the mean,
    where a quarter of the Nyquist frequency is 1/8. 0 where a filter is 0; 0.047 is what to expect of white noise,
    whatever its size. The two shares have different wholes and need not add up to 1 or less.
    """
    sides = [max(PADDED, side) for side in filters.shape[2:]]
    energy = (np.abs(np.fft.fft2(filters, sides)) ** 2).mean(axis=1)
    frequency = np.hypot(np.fft.fftfreq(sides[0])[:, None], np.fft.fftfreq(sides[1]))
    low, whole = energy[:, frequency < 0.125].sum(axis=1), energy.sum(axis=(1, 2))
    return np.divide(low, whole, out=np.zeros(len(filters)), where=whole != 0)
