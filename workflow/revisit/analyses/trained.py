"""Trained networks and the data that they belong to."""

from typing import Any

from revisit import stages
from revisit.errors import ArtifactError


def check_data(network: dict[str, Any], sha256: dict[str, str]) -> None:
    """Raise ArtifactError unless `network` (network.json) was trained on the arrays with these SHA-256 sums."""
    if network["data"] != sha256:
        name, dataset = network["experiment"], network["dataset"]
        raise ArtifactError(
            f"the network of {name} was trained on other data than data/prepared/{dataset} holds now; "
            f"train it again with {stages.run(stages.trains(name))}"
        )
