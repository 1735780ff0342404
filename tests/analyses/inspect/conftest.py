"""A small network trained on small pictures, and the states it went through."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from revisit.analyses.inspect.view import View
from revisit.data.tensors import Preprocessing

CPU = torch.device("cpu")
CLASSES = ["bar", "beam", "blob"]
MEAN, STD = [0.25], [0.25]
MOMENTS = (0, 10, 60)  # steps


def bars_beams_blobs(count: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Grey pictures (count, 12, 12, 1) uint8, dark with one light vertical bar, horizontal beam or square blob."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.resize(np.arange(3), count))
    images = rng.integers(0, 30, (count, 12, 12, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        height, width = ((8, 2), (2, 8), (4, 4))[label]
        top, left = rng.integers(0, 13 - height), rng.integers(0, 13 - width)
        image[top : top + height, left : left + width] += np.uint8(200)
    return images, labels


def new_network() -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 4, 3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(4, 6, 3, padding=1),
            relu2=nn.ReLU(inplace=True),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            fc1=nn.Linear(54, 16),
            relu3=nn.ReLU(),
            fc2=nn.Linear(16, 3),
        )
    )


@pytest.fixture(scope="session")
def trained_states() -> dict[int, dict[str, torch.Tensor]]:
    """The weights at `MOMENTS`: at the last one it knows all the pictures."""
    images, labels = bars_beams_blobs()
    x, y = Preprocessing(MEAN, STD, CPU)(torch.from_numpy(images)), torch.from_numpy(labels)
    states = {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = new_network()
        speeds = [torch.zeros_like(parameter) for parameter in network.parameters()]
        for step in range(MOMENTS[-1] + 1):
            if step in MOMENTS:
                states[step] = {name: value.clone() for name, value in network.state_dict().items()}
            loss = functional.cross_entropy(network(x), y)
            gradients = torch.autograd.grad(loss, list(network.parameters()))
            with torch.no_grad():  # by hand: importing an optimiser would take longer than all of this
                for parameter, speed, gradient in zip(network.parameters(), speeds, gradients, strict=True):
                    parameter -= speed.mul_(0.9).add_(0.05 * gradient)
    return states


@pytest.fixture
def view(trained_states) -> View:
    """The trained network with its pictures and snapshots at `MOMENTS`, the last of which is the network itself."""

    def load(moment: int) -> nn.Module:
        network = new_network()
        network.load_state_dict(trained_states[moment])
        return network.eval()

    images, labels = bars_beams_blobs()
    snapshots = {moment: lambda moment=moment: load(moment) for moment in MOMENTS}
    network, preprocessing = load(MOMENTS[-1]), Preprocessing(MEAN, STD, CPU)
    others = bars_beams_blobs(40, seed=1)  # in the place of what it was trained on
    return View(network, preprocessing, CPU, images, labels, CLASSES, 0, "step", snapshots, *others)
