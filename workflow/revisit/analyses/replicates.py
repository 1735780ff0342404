"""The replicates of a training: networks that differ in nothing but their seed, each analysed like the first.

Where they lie, in `results/models/<name>` and `results/features/<name>`, says `models.registry.replicates`.
"""

from typing import Any


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """That of replicate 0; where there are more, with those of all of them, in order, as `replicates`."""
    return found[0] | ({"replicates": found} if len(found) > 1 else {})
