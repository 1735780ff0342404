"""Pairs of images: a contrastive loss on the distance of their features (Hadsell et al. 2006, in S2's two forms)."""

from typing import Any

import torch

from revisit.training.batches import Feed
from revisit.training.objectives.base import Evaluation, Network, Objective, Sampler, Targets, outputs
from revisit.training.randomness import Purpose
from revisit.training.samplers import AnchorPairs, Draw, RandomPairs

SIMILAR = {"contrastive_1": 0.5, "contrastive_2": 1.0}  # the factor of a similar pair's squared distance


class Pairs(Objective):
    """Outputs are features (B, D), targets say which pairs are similar, (pairs,) float32.

    With Y = 1 for a similar pair, 0 otherwise, and the Euclidean distance d of its features:

        contrastive_1: Y d²/2 + (1 - Y) max(margin - d², 0)
        contrastive_2: Y d²   + (1 - Y) max(margin - d², 0)

    The split's numbers are those of as many random pairs as it has images, the same ones in every run.
    """

    labels = "single"
    losses = ("contrastive_1", "contrastive_2")

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._similar = SIMILAR[settings.get("loss") or self.losses[0]]

    def fits(self, output: tuple[int, ...], image: tuple[int, ...], classes: int) -> str | None:  # noqa: D102, ARG002
        return None if len(output) == 1 else "one vector of features; choose a siamese network"

    def sampler(self, feed: Feed, batch_size: int, seed: int) -> Sampler:  # noqa: D102
        pairs = AnchorPairs if self.settings["sampler"] == "anchor" else RandomPairs
        return pairs(feed.labels.cpu().numpy(), batch_size, self.settings["similar"], seed, feed.images.device)

    def targets(self, feed: Feed, draw: Draw, pixels: torch.Tensor) -> Targets:  # noqa: D102, ARG002
        return (draw.similar,)

    def loss(self, output: torch.Tensor, similar: torch.Tensor) -> torch.Tensor:
        """The mean over the pairs; `output` holds the first images' features (or the anchor's), then the second's."""
        pairs = len(similar)
        # Only the square of the distance is needed: no root, whose gradient is infinite for equal features.
        squares = (output[:-pairs] - output[-pairs:]).square().sum(1)
        apart = (self.settings["margin"] - squares).clamp(min=0)
        return (similar * self._similar * squares + (1 - similar) * apart).mean()

    def evaluate(self, network: Network, feed: Feed, index: torch.Tensor, size: int) -> Evaluation:  # noqa: D102
        features, labels = outputs(network, feed, index, size).double(), feed.labels[index].cpu().numpy()
        share = self.settings["similar"]
        pairs = RandomPairs(labels, len(labels), share, 0, torch.device("cpu"), Purpose.TEST_PAIRS).draw(0)
        return Evaluation(self.loss(features[pairs.index], pairs.similar).item(), None, None)
