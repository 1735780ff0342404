"""Trained networks as they were before their training."""

from typing import Any

import torch
from torch import nn

from revisit.models import registry


def initial(
    info: dict[str, Any], seed: int, model: str | None = None, network: dict[str, Any] | None = None
) -> nn.Module:
    """The network of `info`, network.json, with the weights that its training drew by `seed`.

    `model` and `network`: another one, with these settings, for the same images and classes.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        settings = info["network"] if network is None else network
        return registry.build(model or info["model"], info["shape"], len(info["classes"]), settings)
