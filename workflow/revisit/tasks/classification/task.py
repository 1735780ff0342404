"""One class per image: softmax cross-entropy and accuracy."""

import torch
from torch.nn.functional import cross_entropy

from revisit.tasks.base import Evaluation, Network, Task, outputs
from revisit.tasks.classification.facts import FACTS
from revisit.training.batches import BatchLoader


class Classification(Task):
    """Outputs are logits (B, K), targets the classes (B,) int64."""

    facts = FACTS

    def loss(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:  # noqa: D102
        (labels,) = targets
        return cross_entropy(output, labels)

    def accuracy(self, output: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:  # noqa: D102
        (labels,) = targets
        return (output.argmax(1) == labels).float().mean()

    def evaluate(self, network: Network, loader: BatchLoader, index: torch.Tensor, size: int) -> Evaluation:  # noqa: D102
        logits, labels = outputs(network, loader, index, size), loader.labels[index].cpu()
        loss = cross_entropy(logits.double(), labels).item()
        return Evaluation(loss, (logits.argmax(1) == labels).double().mean().item(), logits)


TASK = Classification
