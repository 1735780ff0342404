import pytest
import torch

from revisit.models import registry


@pytest.fixture(scope="session")
def layout():
    """Build a network without weights: it costs neither time nor memory, and its sizes are real."""

    def build(name, shape, classes, **network):
        with torch.device("meta"):
            return registry.build(name, shape, classes, network)

    return build


@pytest.fixture(scope="session")
def published():
    """The image (height, width, channels) and the number of classes of each network's study or paper."""
    return {
        "alexnet": ((224, 224, 3), 1000),
        "autoencoder": ((28, 28, 1), 10),
        "caffenet": ((224, 224, 3), 20),
        "cifar_convnet": ((32, 32, 3), 10),
        "cifar_densenet": ((32, 32, 3), 10),
        "cifar_resnet": ((32, 32, 3), 10),
        "denoising_autoencoder": ((28, 28, 1), 10),
        "densenet": ((224, 224, 3), 1000),
        "fashion_cnn": ((28, 28, 1), 10),
        "fast_rcnn": ((600, 800, 3), 20),
        "faster_rcnn": ((600, 800, 3), 20),
        "fcn": ((500, 500, 3), 20),
        "inception": ((224, 224, 3), 1000),
        "lenet": ((28, 28, 3), 10),
        "localiser": ((224, 224, 3), 20),
        "mobilenet_v2": ((224, 224, 3), 1000),
        "rcnn": ((500, 500, 3), 20),
        "recurrent": ((28, 28, 1), 10),
        "siamese": ((32, 32, 3), 10),
        "simple_cnn": ((224, 224, 3), 20),
        "small_convnet": ((80, 80, 3), 20),
        "sparse_autoencoder": ((28, 28, 1), 10),
        "squeezenet": ((224, 224, 3), 1000),
        "transfer": ((32, 32, 3), 10),
        "vgg16": ((224, 224, 3), 1000),
        "yolo": ((448, 448, 3), 20),
    }
