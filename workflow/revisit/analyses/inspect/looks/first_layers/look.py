"""The first layers of all variants of a training, to be held against what the variants reach.

Zeiler & Fergus 2014 (ECCV, arXiv:1311.2901), section 4.1: "visualization of a trained model can also assist with
selecting good architectures in the first place". They looked at the first layers of two networks; what they looked for
is in `inspect.first_layer`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from revisit.analyses.inspect import first_layer
from revisit.analyses.inspect.looks.first_layers.tables import FIRST_LAYERS
from revisit.analyses.inspect.tables import FIRST_LAYER
from revisit.analyses.inspect.view import View
from revisit.errors import ConfigError

if TYPE_CHECKING:
    from revisit.analyses.inspect.looks.first_layers.settings import Settings


def look(view: View, settings: "Settings") -> tuple[dict[str, Any], dict[str, pd.DataFrame | np.ndarray]]:
    """The first convolutions of the variants whose networks were kept beside the training's own.

    Args:
        view: what to look at, with its variants.
        settings: `variants`, which of them; None: all.

    Returns:
        The summary, variant -> what `first_layer.look` says of it, and the files first_layers.csv, the tables of all
        variants one below the other, and first_layers_<variant>.npy, (filters, C, h, w) float32.

    Raises:
        ConfigError: a variant was not kept, or has no convolution.
    """
    names = settings["variants"] or list(view.variants)
    if missing := [name for name in names if name not in view.variants]:
        raise ConfigError(
            f"analyses.inspect.first_layers: the training kept no network of {', '.join(missing)}; it kept: "
            f"{', '.join(view.variants) or 'none'}"
        )
    if not names:
        raise ConfigError(
            "analyses.inspect.first_layers: the training kept the networks of no other variants; set `keep_all: true` "
            "of the experiment in params.yaml"
        )
    summary, tables = {}, []
    files: dict[str, pd.DataFrame | np.ndarray] = {}
    for name in names:
        own = view.variant(name)
        summary[name], found = first_layer.look(own)
        filters = first_layer.first_filters(own.network)
        if filters is None:
            raise ConfigError(f"analyses.inspect.first_layers: variant {name} has no convolution; leave it out")
        files[f"first_layers_{name}.npy"] = filters
        frame = found[FIRST_LAYER.file]
        tables.append(pd.DataFrame({"variant": name, **{key: frame[key] for key in FIRST_LAYER.columns}}))
    return summary, {FIRST_LAYERS.file: FIRST_LAYERS.frame(pd.concat(tables, ignore_index=True)), **files}
