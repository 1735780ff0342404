"""Pairs of images: a contrastive loss on the distance of their features (Hadsell et al. 2006, in S2's two forms)."""

from typing import TYPE_CHECKING

import torch

from revisit.tasks.base import Evaluation, Network, Sampler, Targets, Task, outputs
from revisit.tasks.pairs.facts import FACTS
from revisit.tasks.pairs.samplers import AnchorPairs, RandomPairs
from revisit.training.batches import Augmentation, BatchLoader
from revisit.training.randomness import Purpose
from revisit.training.samplers import Draw

if TYPE_CHECKING:
    from revisit.tasks.pairs.settings import Settings

SIMILAR = {"contrastive_1": 0.5, "contrastive_2": 1.0}  # the factor of a similar pair's squared distance


class Pairs(Task):
    """Outputs are features (B, D), targets say which pairs are similar, (pairs,) float32.

    With Y = 1 for a similar pair, 0 otherwise, and the Euclidean distance d of its features:

        contrastive_1: Y d²/2 + (1 - Y) max(margin - d², 0)
        contrastive_2: Y d²   + (1 - Y) max(margin - d², 0)

    Training draws from the first images of the training set, a share of `pool`. A split's numbers are those of two
    lists of pairs, the same in every run: `loss_anchor` of batches of one anchor each, `loss_random` of random pairs,
    of each about as many as the split has images. `loss` is the one that `test_pairs` names.
    """

    facts = FACTS

    settings: "Settings"

    def __init__(self, settings: "Settings") -> None:
        super().__init__(settings)
        self._similar = SIMILAR[settings.get("loss") or FACTS.losses[0]]

    def fits(self, output: tuple[int, ...] | None, image: tuple[int, ...], classes: int) -> str | None:  # noqa: D102, ARG002
        return None if output is not None and len(output) == 1 else "one vector of features; choose a siamese network"

    def drawn_from(self, count: int) -> int:  # noqa: D102
        return max(1, round(self.settings.get("pool", 1.0) * count))

    def sampler(self, loader: BatchLoader, batch_size: int, seed: int, sampling: str = "epoch") -> Sampler:  # noqa: D102, ARG002
        pool = loader.labels[: self.drawn_from(len(loader.labels))].cpu().numpy()
        pairs = AnchorPairs if self.settings["sampler"] == "anchor" else RandomPairs
        return pairs(pool, batch_size, self.settings["similar"], seed, loader.images.device)

    def targets(self, loader: BatchLoader, draw: Draw, seen: Augmentation, pixels: torch.Tensor) -> Targets:  # noqa: D102, ARG002
        return (_similar(draw),)

    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:
        """The mean over the pairs; `output` holds the first images' features (or the anchor's), then the second's."""
        (similar,) = targets
        pairs = len(similar)
        # Only the square of the distance is needed: no root, whose gradient is infinite for equal features.
        squares = (output[:-pairs] - output[-pairs:]).square().sum(1)
        apart = (self.settings["margin"] - squares).clamp(min=0)
        return (similar * self._similar * squares + (1 - similar) * apart).mean()

    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:  # noqa: D102
        features, labels = outputs(network, loader, index, size).double(), loader.labels[index].cpu().numpy()
        share, cpu = self.settings["similar"], torch.device("cpu")
        drawn = RandomPairs(labels, len(labels), share, 0, cpu, Purpose.TEST_PAIRS).draw(0)
        anchors = AnchorPairs(labels, min(size, len(labels)), share, 0, cpu, Purpose.TEST_ANCHORS)
        batches = [anchors.draw(number) for number in range(max(1, len(labels) // size))]
        of_anchors = [self.loss(features[batch.index], _similar(batch)).item() for batch in batches]
        found = {
            "anchor": sum(of_anchors) / len(batches),
            "random": self.loss(features[drawn.index], _similar(drawn)).item(),
        }
        return Evaluation(found[self.settings.get("test_pairs", "random")], None, None, tuple(found.values()))


def _similar(draw: Draw) -> torch.Tensor:
    if draw.similar is None:
        raise TypeError("a draw of a sampler that draws no pairs")
    return draw.similar


TASK = Pairs
