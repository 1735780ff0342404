"""Inception v1, GoogLeNet (Szegedy et al. 2015, arXiv:1409.4842, table 1 and figures 2 and 3), after torchvision.

Nine modules of parallel 1x1, 3x3 and 5x5 filters and pooling, behind 1x1 convolutions that reduce the channels; two
auxiliary heads act as a regulariser in training. Torchvision's differs from the paper in batch normalisation behind
each convolution, in no local response normalisation, and in 3x3 filters where the paper has 5x5. The modules may be
the paper's naive ones, without the reductions, or have filters of one size instead of all; and there may be fewer.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models.googlenet import BasicConv2d, GoogLeNet, Inception, InceptionAux

from revisit.errors import ConfigError
from revisit.models.output import Output
from revisit.models.parts import initialise, sizes
from revisit.models.parts.pooling import AdaptiveAveragePool
from revisit.models.parts.width import rescale

MINIMUM = 15  # pixels: leaves one position in the last modules
OUTPUTS = {"fc", "aux1.fc2", "aux2.fc2"}
STD = 0.01
HEADS = {"aux1": "inception4a", "aux2": "inception4d"}  # each sees the output of a module
KEPT = {10: "a", 16: "ab", 22: "abcde"}  # layers with weights, as the paper counts them -> modules of each group
SIDES = {"1x1": 1, "3x3": 3, "5x5": 5}  # of filters, pixels


class InceptionNetwork(GoogLeNet):
    """GoogLeNet that gives its auxiliary logits with its own in training mode."""

    def forward(self, images: Tensor) -> Tensor | Output:
        """(N, C, H, W) -> logits (N, classes); in training an `Output` with those of aux1 (lower) and aux2."""
        if not self.training:
            return super().forward(images)
        main, upper, lower = super().forward(images)
        return Output(main, (lower, upper))


class AuxiliaryHead(InceptionAux):
    """A head on the outputs of a module, (N, C, H, W): pooling to 4x4, 1x1 convolution, fc1, dropout, fc2."""

    def __init__(self, *arguments: object, **settings: object) -> None:
        super().__init__(*arguments, **settings)
        self.avgpool = AdaptiveAveragePool(4, 4)

    def forward(self, maps: Tensor) -> Tensor:
        """The logits (N, classes)."""
        hidden = torch.relu(self.fc1(self.conv(self.avgpool(maps)).flatten(1)))
        return self.fc2(self.dropout(hidden))


class NaiveModule(Inception):
    """A module without reductions (figure 2a), from `entering` channels: filters and pooling see them all.

    What pooling gives goes on as it is, so that outputs are `entering` channels and those of the filters.
    """

    def __init__(self, entering: int, ones: int, _reduced3: int, threes: int, _reduced5: int, fives: int) -> None:
        super().__init__(entering, ones, 1, threes, 1, fives, 1)
        self.branch2 = BasicConv2d(entering, threes, kernel_size=3, padding=1)
        self.branch3 = BasicConv2d(entering, fives, kernel_size=3, padding=1)
        self.branch4 = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)


def build(
    shape: tuple[int, int, int],
    classes: int,
    *,
    width: float = 1.0,
    reductions: bool = True,
    branches: Literal["mixed", "1x1", "3x3", "5x5"] = "mixed",
    depth: int = 22,
) -> nn.Module:
    """The network with torchvision's initialisation; its own change of the input's scale is off.

    Args:
        shape: height, width and channels of an image; height and width are at least 15.
        classes: the number of outputs (logits).
        width: what the numbers of channels and units are multiplied by.
        reductions: whether 1x1 convolutions reduce the channels before 3x3 and 5x5 filters and after pooling (section
            4); without, mixed modules are the naive ones of figure 2a, whose outputs grow by their inputs.
        branches: filters of a module: "mixed" as published; "1x1", "3x3" or "5x5" alone, without pooling, with as many
            outputs as the published module. Their reduction, a 1x1 convolution, has as many channels as give the
            module the operations of the published one, to the nearest multiple of 8. 5x5 filters are real ones.
        depth: layers with weights, the two of a module and four others: 22 as published, with nine modules in groups of
            2, 5 and 2 between poolings; 16 with the first two of each group, 10 with the first alone. A head whose
            module is left out sees the output of the last one before it.

    Returns:
        A network from images (N, C, H, W) to logits (N, classes), in training mode to an `Output` whose `auxiliary`
        are the logits of the two heads, whose weight in the loss is `objective.auxiliary`. It has torchvision's names:
        `inception3a` to `inception5b`, `aux1`, `aux2`, `avgpool`, `fc`.

    Raises:
        ConfigError: the images are too small, the width gives no whole numbers, or the depth is none of these three.
    """
    if depth not in KEPT:
        raise ConfigError(f"network.depth: {depth} is not allowed with inception; allowed: {', '.join(map(str, KEPT))}")
    sizes.check("inception", shape, MINIMUM)
    with torch.device("meta"):
        blocks = [BasicConv2d, Inception, AuxiliaryHead]
        network = InceptionNetwork(classes, transform_input=False, init_weights=False, blocks=blocks)
        if not reductions or branches != "mixed" or depth < max(KEPT):
            _replace_modules(network, classes, reductions, branches, KEPT[depth])
        rescale(network, width, shape[2], OUTPUTS)
    return initialise.materialise(network, _initialise)


def _replace_modules(network: InceptionNetwork, classes: int, reductions: bool, branches: str, kept: str) -> None:
    """Put other modules in the places of the published ones, and what depends on the channels that they give.

    Args:
        network: as published, on the meta device.
        classes: the number of outputs.
        reductions: as those of `build`.
        branches: as those of `build`.
        kept: the letters of the modules that stay; the others become identities.
    """
    heads = {module: head for head, module in HEADS.items()}
    leaving = None
    for name, module in list(network.named_children()):
        if not isinstance(module, Inception):
            continue
        entering, *counts = _counts(module)
        entering = leaving or entering
        filters = counts[0] + counts[2] + counts[4]
        new: nn.Module
        if name[-1] not in kept:
            new, leaving = nn.Identity(), entering
        elif branches != "mixed":
            leaving = filters + counts[5]
            new = _single((entering, *counts), leaving, SIDES[branches], reductions)
        elif not reductions:
            new, leaving = NaiveModule(entering, *counts[:-1]), entering + filters
        else:
            new, leaving = Inception(entering, *counts, conv_block=BasicConv2d), filters + counts[5]
        network.set_submodule(name, new)
        if name in heads:
            network.set_submodule(heads[name], AuxiliaryHead(leaving, classes))
    network.fc = nn.Linear(leaving or network.fc.in_features, classes)


def _counts(module: Inception) -> tuple[int, int, int, int, int, int, int]:
    """Channels of a published module, as table 1 has them: input, 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool proj."""
    convolutions = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    ones, reduced3, threes, reduced5, fives, pooled = (part.out_channels for part in convolutions)
    return convolutions[0].in_channels, ones, reduced3, threes, reduced5, fives, pooled


def _single(counts: tuple[int, ...], leaving: int, side: int, reductions: bool) -> nn.Module:
    """A module of filters of one `side`, behind a reduction or not, in place of the published one with these counts."""
    entering, ones, reduced3, threes, reduced5, fives, pooled = counts
    operations = entering * (ones + reduced3 + reduced5 + pooled) + 9 * (reduced3 * threes + reduced5 * fives)
    between = entering
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if reductions:
        between = 8 * max(1, round(operations / (entering + side**2 * leaving) / 8))
        parts["reduction"] = BasicConv2d(entering, between, kernel_size=1)
    parts["filters"] = BasicConv2d(between, leaving, kernel_size=side, padding=side // 2)
    return nn.Sequential(parts)


def _initialise(layer: nn.Conv2d | nn.Linear) -> None:
    """Weights N(0, 0.01²), cut off at ±2 (which none reaches); biases as PyTorch draws them."""
    if isinstance(layer, nn.Linear):
        layer.reset_parameters()
    nn.init.trunc_normal_(layer.weight, std=STD)
