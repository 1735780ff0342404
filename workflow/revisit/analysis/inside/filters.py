"""How chosen filters of the first convolution change in the course of the training."""

from typing import Any

import numpy as np
import pandas as pd

from revisit.analysis import networks
from revisit.analysis.inside.view import View
from revisit.errors import ConfigError


def look(view: View, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """The weights of chosen filters at every snapshot.

    Args:
        view: the network and its snapshots.
        settings: `numbers` of the filters, counted from 0.

    Returns:
        The summary {"numbers", "moments": those of the snapshots, ascending, "unit": what they count}, and
        filters_followed.npy, (snapshots, filters, C, h, w) float32.

    Raises:
        ConfigError: the network has no convolution or no such filter, or the training kept no snapshots.
    """
    first, numbers = networks.first_filters(view.network), settings["numbers"]
    if first is None:
        raise ConfigError("analyses.inspect.filters: the network has no convolution; remove `filters`")
    for number in numbers:
        if not 0 <= number < len(first):
            raise ConfigError(
                f"analyses.inspect.filters.numbers: the first convolution has no filter {number}; "
                f"use 0 to {len(first) - 1}"
            )
    moments = snapshot_moments(view, "filters")
    followed = [networks.first_filters(view.snapshots[moment]())[numbers] for moment in moments]
    summary = {"numbers": list(numbers), "moments": moments, "unit": view.unit}
    return summary, {"filters_followed.npy": np.stack(followed)}


def snapshot_moments(view: View, part: str) -> list[int]:
    """When the snapshots were taken, ascending.

    Raises:
        ConfigError: there are none; `part` is the key in `analyses.inspect` that wants them.
    """
    if not view.snapshots:
        raise ConfigError(
            f"analyses.inspect.{part}: follows the training, which kept no snapshots; set `snapshots` of the "
            "experiment in params.yaml, for example [0, 1]"
        )
    return sorted(view.snapshots)
