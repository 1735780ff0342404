"""CaffeNet (S0, question 2): AlexNet on one GPU, as in Caffe (Jia et al. 2014, arXiv:1408.5093).

conv 11x11x96/4 valid, pool 3/2, conv 5x5x256 same, pool 3/2, conv 3x3x384, conv 3x3x384, conv 3x3x256, pool 3/2,
fc 4096, fc 4096, outputs.

What the report does not say is taken from the hand-out of its course (CMU 16-824, spring 2019: README.md of the
repository alasin/pascal_object_classification_tf). It lists a ReLU behind each of these layers but conv5 and the last;
so conv5 has none here by default, although in Caffe's network, and in the solution which that repository holds, it has
one. It asks for tf.keras and names no initialiser; weights are therefore drawn as Keras does by default.

Krizhevsky et al. 2012 have two more details, which neither lists and which are left out: channels in two groups, made
for two GPUs with 3 GB each, and local response normalisation, which changes little (Simonyan & Zisserman 2015, section
4.1).
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import nn

from revisit.models.parts import initialise, sizes
from revisit.models.parts.width import scaled

STD = 0.01
FIRST = {  # kernel and stride of conv1, stride of conv2
    "11x11/4": (11, 4, 1),
    "11x11/2": (11, 2, 2),
    "7x7/4": (7, 4, 1),
    "7x7/2": (7, 2, 2),
}
MINIMUM = {"11x11/4": 67, "11x11/2": 63, "7x7/4": 63, "7x7/2": 59}  # pixels: leaves one position behind pool5


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    first_layer: Literal["11x11/4", "11x11/2", "7x7/4", "7x7/2"] = "11x11/4",
    dropout: float = 0.5,
    width: float = 1.0,
    relu5: bool = False,
    initialiser: Literal["xavier", "normal", "he"] = "xavier",
) -> nn.Sequential:
    """The network.

    Args:
        shape: height, width and channels of an image; height and width are at least 67 (`MINIMUM` with others).
        classes: the number of outputs (logits).
        first_layer: the published first convolution, or that of Zeiler & Fergus 2014 (section 4.1 and figure 3):
            7x7 with stride 2 keeps more of the image. As there, conv2 then has stride 2, which leaves the maps behind
            it about as large as before, so that the two networks differ in nothing else. The other two change the size
            or the stride alone.
        dropout: the probability with which a unit of fc6 or fc7 is dropped in training.
        width: what the numbers of channels and units are multiplied by.
        relu5: whether conv5 has a ReLU too, as in Krizhevsky et al. 2012 (section 3.5) and in Caffe.
        initialiser: of the weights: "xavier" is Glorot & Bengio 2010, "normal" is N(0, 0.01²) (Krizhevsky et al. 2012,
            section 5; at width 1, see `parts.initialise.normal`), "he" is He et al. 2015, of the fully connected
            layers, too; biases are 0.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes). Its layers are conv1 to conv5, pool1, pool2, pool5
        and fc6 to fc8; conv1 to conv4, fc6 and fc7, and with `relu5` conv5, are followed by relu<number>.

    Raises:
        ConfigError: the images are too small, or the width gives no whole numbers.
    """
    sizes.check(f"caffenet with first_layer {first_layer}", shape, MINIMUM[first_layer])
    kernel, stride, stride2 = FIRST[first_layer]
    c1, c2, c3, c4, c5 = (scaled(count, width) for count in (96, 256, 384, 384, 256))
    units = scaled(4096, width)
    with torch.device("meta"):
        convolutions = OrderedDict(
            conv1=nn.Conv2d(shape[2], c1, kernel, stride),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(3, stride=2),
            conv2=nn.Conv2d(c1, c2, kernel_size=5, stride=stride2, padding=2),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(3, stride=2),
            conv3=nn.Conv2d(c2, c3, kernel_size=3, padding=1),
            relu3=nn.ReLU(),
            conv4=nn.Conv2d(c3, c4, kernel_size=3, padding=1),
            relu4=nn.ReLU(),
            conv5=nn.Conv2d(c4, c5, kernel_size=3, padding=1),
            **({"relu5": nn.ReLU()} if relu5 else {}),
            pool5=nn.MaxPool2d(3, stride=2),
            flatten=nn.Flatten(),
        )
        inputs = sizes.flattened(nn.Sequential(convolutions), shape)
        network = nn.Sequential(
            convolutions
            | OrderedDict(
                fc6=nn.Linear(inputs, units),
                relu6=nn.ReLU(),
                dropout6=nn.Dropout(dropout),
                fc7=nn.Linear(units, units),
                relu7=nn.ReLU(),
                dropout7=nn.Dropout(dropout),
                fc8=nn.Linear(units, classes),
            )
        )
    if initialiser != "normal":
        return initialise.materialise(network, initialise.xavier if initialiser == "xavier" else initialise.he)
    return initialise.materialise(network, initialise.normal(STD, width, first=network.get_submodule("conv1")))
