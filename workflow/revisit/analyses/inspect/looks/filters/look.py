"""How chosen filters of the first convolution change in the course of the training."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from torch import nn

from revisit.analyses.inspect import first_layer
from revisit.analyses.inspect.means import mean_or_none
from revisit.analyses.inspect.view import View
from revisit.errors import ConfigError

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.filters.settings import Settings

FOLLOWS = True  # the training: it needs the snapshots of one


def look(view: View, settings: "Settings") -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """The weights of chosen filters at every snapshot.

    Args:
        view: the network and its snapshots.
        settings: `numbers` of the filters, counted from 0.

    Returns:
        The summary {"numbers", "moments": those of the snapshots, ascending, "unit": what they count,
        "high_frequency": moment (such as `epoch_30`) -> mean share of high frequencies of the chosen filters, see
        `first_layer`, None if not finite, "high_frequency_all": the same of all filters}, and filters_followed.npy,
        (snapshots, filters, C, h, w) float32.

    Raises:
        ConfigError: the network has no convolution or no such filter, or the training kept no snapshots.
    """
    first, numbers = _first(view.network), settings["numbers"]
    for number in numbers:
        if not 0 <= number < len(first):
            raise ConfigError(
                f"analyses.inspect.filters.numbers: the first convolution has no filter {number}; "
                f"use 0 to {len(first) - 1}"
            )
    moments = view.moments("filters")
    weights = {moment: _first(view.snapshots[moment]()) for moment in moments}
    shares = {
        f"{view.unit}_{moment}": first_layer.high_frequency(filters.astype(np.float64))
        for moment, filters in weights.items()
    }
    summary = {
        "numbers": list(numbers),
        "moments": moments,
        "unit": view.unit,
        "high_frequency": {moment: mean_or_none(share[numbers]) for moment, share in shares.items()},
        "high_frequency_all": {moment: mean_or_none(share) for moment, share in shares.items()},
    }
    return summary, {"filters_followed.npy": np.stack([filters[numbers] for filters in weights.values()])}


def _first(network: nn.Module) -> np.ndarray:
    filters = first_layer.first_filters(network)
    if filters is None:
        raise ConfigError("analyses.inspect.filters: the network has no convolution; remove `filters`")
    return filters
