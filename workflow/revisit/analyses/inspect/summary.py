"""Everything that is asked for inside one network, in one summary."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from revisit import progress
from revisit.analyses import loading
from revisit.analyses.inspect import first_layer, networks
from revisit.analyses.inspect.tables import ACTIVATIONS, PARAMETERS
from revisit.analyses.inspect.view import View


def look(
    view: View, settings: Mapping[str, Any], title: str, snapshots: bool = True
) -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """Parameters, activations, first filters, and the looks that `settings` (those of stage `inspect`) ask for.

    Args:
        view: the network and the images.
        settings: name of a look -> its settings, or None.
        title: of the progress bar.
        snapshots: whether the training kept any; without, the looks that follow them are None. Only the first
            replicate of a training keeps them.

    Returns:
        The summary (inspect.json) and the files to write beside it.

    Raises:
        ConfigError: settings that do not suit the network.
        ArtifactError: activations that must be finite are not.
    """
    table = networks.parameters(view.network)
    statistics, strongest = networks.activation_statistics(view.network, view.images, view.preprocessing, view.device)
    first, found = first_layer.look(view)
    summary = {
        "parameters": {row["layer"]: row["parameters"] for row in table},
        "total_parameters": sum(row["parameters"] for row in table),
        "activations": statistics,
        "strongest_map": strongest,
        "first_layer": first or None,
    }
    looks = set(loading.available("look", loading.LOOKS))
    wanted = [key for key, asked in settings.items() if key in looks and asked]
    with progress.bar(len(wanted), title, unit="look") as bar:
        for key in wanted:
            module = loading.load(key, "look", loading.LOOKS)
            if snapshots or not getattr(module, "FOLLOWS", False):
                summary[key], more = module.look(view, settings[key])
                found |= more
            else:
                summary[key] = None
            bar.update(1)
    found[PARAMETERS.file] = PARAMETERS.frame(table)
    found[ACTIVATIONS.file] = ACTIVATIONS.frame([{"layer": layer, **s} for layer, s in statistics.items()])
    if (filters := first_layer.first_filters(view.network)) is not None:
        found["filters.npy"] = filters
    return summary, found
