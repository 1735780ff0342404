"""Several classes per image: sigmoid cross-entropy and mean average precision, without the labels that are excluded.

The labels are those of PASCAL VOC (Everingham et al. 2010, section 3.1): 1 present, -1 absent, 0 only "difficult"
objects, which count neither in the loss nor in the evaluation.
"""

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from revisit import ranking
from revisit.tasks.base import Evaluation, Network, Task, outputs
from revisit.tasks.multilabel.facts import FACTS
from revisit.training.batches import BatchLoader


class MultiLabel(Task):
    """Outputs are logits (B, K), targets the codes (B, K) int8."""

    facts = FACTS

    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:
        """The mean over the labels that count; 0 where none does."""
        (codes,) = targets
        counts = (codes != 0).to(output.dtype)
        losses = binary_cross_entropy_with_logits(output, (codes == 1).to(output.dtype), reduction="none")
        return (losses * counts).sum() / counts.sum().clamp(min=1)

    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:  # noqa: D102
        logits, codes = outputs(network, loader, index, size), loader.labels[index].cpu()
        loss = self.loss(logits.double(), codes).item()
        return Evaluation(loss, mean_average_precision(logits.numpy(), codes.numpy()), logits)


def mean_average_precision(scores: np.ndarray, codes: np.ndarray) -> float:
    """The mean over the classes of the area under the precision-recall curve; NaN where it is not defined.

    Args:
        scores: (N, K) float; higher means "present".
        codes: (N, K) int8: 1, -1 or 0 (left out). A class without a present label is left out of the mean.
    """
    if not np.isfinite(scores).all():
        return float("nan")
    areas = [
        ranking.area(labels[labels != 0] == 1, values[labels != 0])
        for labels, values in zip(codes.T, scores.T, strict=True)
        if (labels == 1).any()
    ]
    return float(np.mean(areas)) if areas else float("nan")


TASK = MultiLabel
