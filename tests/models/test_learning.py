"""Every network can learn 32 examples by heart."""

import pytest
import torch
from torch.nn import functional

from revisit.models import registry
from revisit.models.output import Output

OFF = {"dropout": 0.0}
CLASSIFIERS = [  # network, size, settings, learning rate of Adam
    ("fashion_cnn", 12, {"width": 0.25, **OFF}, 0.01),
    ("simple_cnn", 12, {"width": 0.25, **OFF}, 0.01),
    ("fashion_cnn", 12, {"width": 0.25, "initialiser": "pytorch", **OFF}, 0.01),
    ("lenet", 12, {"width": 0.25, **OFF}, 0.003),
    ("lenet", 12, {"width": 0.25, "initialiser": "pytorch", **OFF}, 0.003),
    ("cifar_convnet", 12, {"width": 0.25}, 0.003),
    ("cifar_convnet", 12, {"width": 0.25, "initialiser": "xavier"}, 0.003),
    ("recurrent", 12, {"cell": "rnn", "hidden": 16}, 0.02),
    ("recurrent", 12, {"cell": "lstm", "hidden": 16}, 0.02),
    ("recurrent", 12, {"cell": "gru", "hidden": 16}, 0.02),
    ("recurrent", 12, {"cell": "gru", "hidden": 16, "reset": "after", "initialiser": "pytorch"}, 0.02),
    ("caffenet", 67, {"width": 0.125, **OFF}, 0.002),
    ("caffenet", 67, {"width": 0.125, "relu5": True, "initialiser": "normal", **OFF}, 0.002),
    ("caffenet", 59, {"width": 0.125, "first_layer": "7x7/2", **OFF}, 0.002),
    ("vgg16", 32, {"width": 0.125, **OFF}, 0.001),
    ("vgg16", 32, {"width": 0.125, "initialiser": "kaiming", **OFF}, 0.001),
    ("vgg16", 32, {"width": 0.125, "batch_norm": True, "initialiser": "kaiming", **OFF}, 0.001),
    ("caffenet", 67, {"width": 0.125, "initialiser": "he", **OFF}, 0.001),
    ("alexnet", 63, {"width": 0.125, **OFF}, 0.001),
    ("mobilenet_v2", 32, {"width": 0.125, **OFF}, 0.003),
    ("small_convnet", 32, {"width": 0.25, **OFF}, 0.01),
    # Its logits end in a ReLU: a class that starts below 0 for every image never learns, as happens at other widths.
    ("squeezenet", 48, {"width": 0.375, **OFF}, 0.001),
    ("densenet", 32, {"width": 0.125}, 0.01),
    ("inception", 32, {"width": 0.125}, 0.01),
    ("cifar_resnet", 12, {"width": 0.25}, 0.01),
    ("cifar_resnet", 12, {"width": 0.5, "residual": False, "batch_norm": False}, 0.003),
    ("cifar_densenet", 12, {"depth": 13, "growth": 4}, 0.01),
    ("cifar_densenet", 12, {"depth": 22, "growth": 4, "bottleneck": True, "compression": 0.5}, 0.01),
    ("transfer", 32, {"backbone": "vgg16", "backbone_width": 0.125}, 0.001),
    ("transfer", 32, {"backbone_width": 0.125, "backbone_batch_norm": True}, 0.001),
    ("transfer", 63, {"backbone": "alexnet", "backbone_width": 0.125, "width": 0.25}, 0.003),
    ("transfer", 16, {"backbone": "mobilenet_v2", "backbone_width": 0.125, "width": 0.25}, 0.003),
]
STEPS = 300  # at most; most need fewer than 50


def examples(size, channels=3):
    """32 images of 4 kinds, (32, C, size, size) in 0..1, and their kinds (32,)."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(32) % 4
    kinds = torch.rand(4, channels, 4, 4, generator=generator)[labels]
    coarse = (kinds + 0.3 * torch.rand(32, channels, 4, 4, generator=generator)) / 1.3
    return functional.interpolate(coarse, size=(size, size)), labels


def learn(network, images, lr, objective, goal):
    """The objective after as few steps as reach `goal`, in training mode; the network's own terms are added to it."""
    optimizer = torch.optim.Adam(network.train().parameters(), lr)
    for _ in range(STEPS):
        output = network((images - 0.5) * 4)
        output = output if isinstance(output, Output) else Output(output)
        loss = objective(output.main)
        if loss.item() < goal:
            break
        optimizer.zero_grad()
        loss = loss + 0.3 * sum(objective(logits) for logits in output.auxiliary)
        (loss if output.penalty is None else loss + output.penalty).backward()
        optimizer.step()
    return objective(output.main).item()


@pytest.mark.parametrize(("name", "size", "settings", "lr"), CLASSIFIERS)
def test_classes(name, size, settings, lr):
    images, labels = examples(size)
    torch.manual_seed(1)
    network = registry.build(name, (size, size, 3), 4, settings)
    assert learn(network, images, lr, lambda logits: functional.cross_entropy(logits, labels), goal=0.1) < 0.1


@pytest.mark.parametrize(
    ("name", "size", "settings", "lr"),
    [("simple_cnn", 16, {"width": 0.25, **OFF}, 0.01), ("caffenet", 67, {"width": 0.125, **OFF}, 0.002)],
)
def test_several_labels_per_image(name, size, settings, lr):
    images, kinds = examples(size)
    labels = torch.tensor([[1.0, 0, 0], [0, 1, 1], [1, 1, 0], [0, 0, 1]])[kinds]
    torch.manual_seed(1)
    network = registry.build(name, (size, size, 3), 3, settings)

    def loss(logits):
        return functional.binary_cross_entropy_with_logits(logits, labels)

    assert learn(network, images, lr, loss, goal=0.1) < 0.1


@pytest.mark.parametrize("name", ["autoencoder", "sparse_autoencoder", "denoising_autoencoder"])
def test_reconstruction(name):
    images, _ = examples(8)
    torch.manual_seed(1)
    network = registry.build(name, (8, 8, 3), 0, {"code": 16} if name != "sparse_autoencoder" else {})
    variance = images.var().item()

    def loss(values):
        return functional.mse_loss(values, images)

    assert learn(network, images, 0.003, loss, goal=0.2 * variance) < 0.2 * variance


def test_reconstruction_of_binary_pixels_by_logits():
    pixels = (examples(8)[0] > 0.5).float()
    torch.manual_seed(1)
    network = registry.build("autoencoder", (8, 8, 3), 0, {"code": 16})

    def loss(logits):
        return functional.binary_cross_entropy_with_logits(logits, pixels)

    assert learn(network, pixels, 0.003, loss, goal=0.1) < 0.1


def test_the_penalty_makes_codes_sparse():
    images, _ = examples(8)
    means = {}
    for penalty in (0.0, 3.0):
        torch.manual_seed(1)
        network = registry.build("sparse_autoencoder", (8, 8, 3), 0, {"penalty": penalty, "code": 50})
        learn(network, images, 0.003, lambda values: functional.mse_loss(values, images), goal=0.0)
        means[penalty] = network.code(network.flatten((images - 0.5) * 4)).mean().item()
    assert means[0.0] > 0.3
    assert means[3.0] == pytest.approx(0.05, abs=0.05)


@pytest.mark.parametrize("initialiser", ["normal", "xavier"])
def test_pairs(initialiser):
    """32 pairs, half of them similar, under the report's second contrastive loss (S2)."""
    images, kinds = examples(12)
    first, second = torch.arange(32), (torch.arange(32) * 5 + torch.arange(32) // 16) % 32
    similar = (kinds[first] == kinds[second]).float()
    assert similar.mean() == 0.5
    torch.manual_seed(1)
    network = registry.build("siamese", (12, 12, 3), 4, {"width": 0.25, "initialiser": initialiser})

    def loss(features):
        distance = (features[first] - features[second]).square().sum(1)
        return (similar * distance + (1 - similar) * (1.0 - distance).clamp(min=0)).mean()

    assert learn(network, images, 0.003, loss, goal=0.05) < 0.05
