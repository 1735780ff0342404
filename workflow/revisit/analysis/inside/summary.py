"""Everything that is asked for inside one network, in one summary."""

from typing import Any

import numpy as np
import pandas as pd

from revisit import progress
from revisit.analysis import networks
from revisit.analysis.inside import first_layer
from revisit.analysis.inside.parts import FOLLOWING, PARTS
from revisit.analysis.inside.view import View


def look(
    view: View, settings: dict[str, Any], title: str, snapshots: bool = True
) -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """Parameters, activations, first filters, and the parts that `settings` (those of stage `inspect`) ask for.

    Args:
        view: the network and the images.
        settings: key in `PARTS` -> the part's settings, or None.
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
    statistics, strongest = networks.activation_statistics(view.network, view.images, view.inputs, view.device)
    first, found = first_layer.look(view, {})
    summary = {
        "parameters": {row["layer"]: row["parameters"] for row in table},
        "total_parameters": sum(row["parameters"] for row in table),
        "activations": statistics,
        "strongest_map": strongest,
        "first_layer": first or None,
    }
    wanted = [part for part in PARTS if settings[part]]
    with progress.bar(len(wanted), title, unit="look") as bar:
        for part in wanted:
            if snapshots or part not in FOLLOWING:
                summary[part], more = PARTS[part](view, settings[part])
                found |= more
            else:
                summary[part] = None
            bar.update(1)
    found["parameters.csv"] = pd.DataFrame(table)
    found["activations.csv"] = pd.DataFrame([{"layer": layer, **s} for layer, s in statistics.items()])
    if (filters := networks.first_filters(view.network)) is not None:
        found["filters.npy"] = filters
    return summary, found
