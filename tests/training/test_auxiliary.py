"""The weight of the losses of auxiliary heads, `objective.auxiliary`."""

import torch
from torch.nn import functional

from revisit.models import registry
from revisit.tasks.classification.task import TASK
from revisit.training.criterion import Criterion

LABELS = torch.tensor([0, 1, 2, 0])


def measured(weight):
    """Loss and gradients by layer of Inception, and its own loss without heads."""
    torch.manual_seed(0)
    network = registry.build("inception", (32, 32, 3), 3, {"width": 0.125}).train()
    images = torch.rand(4, 3, 32, 32)
    criterion = Criterion(network, TASK({"name": "classification", "auxiliary": weight}), False, torch.device("cpu"))
    torch.manual_seed(1)
    loss = criterion.measure(images, LABELS)[0]
    loss.backward()
    torch.manual_seed(1)
    main = functional.cross_entropy(network(images).main, LABELS)
    own = torch.autograd.grad(main, [p for n, p in network.named_parameters() if not n.startswith("aux")])
    return loss, {name: p.grad for name, p in network.named_parameters()}, main, own


def test_a_weight_of_zero_takes_the_heads_out_of_the_loss():
    loss, gradients, main, own = measured(0.0)
    assert loss == main
    trunk = [gradient for name, gradient in gradients.items() if not name.startswith("aux")]
    assert all(torch.equal(*pair) for pair in zip(trunk, own, strict=True))
    assert not any(gradient.any() for name, gradient in gradients.items() if name.startswith("aux"))


def test_another_weight_reaches_the_trunk():
    loss, gradients, main, own = measured(0.3)
    assert loss > main
    trunk = [gradient for name, gradient in gradients.items() if not name.startswith("aux")]
    assert not all(torch.equal(*pair) for pair in zip(trunk, own, strict=True))
    assert all(gradient.any() for name, gradient in gradients.items() if name.endswith("fc2.weight"))
