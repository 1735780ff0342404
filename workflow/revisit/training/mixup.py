"""Mixup (Zhang et al. 2018, section 2): training on convex combinations of pairs of examples."""

import torch

from revisit.device import moved
from revisit.training.randomness import Purpose, generator


def mix(
    inputs: torch.Tensor, targets: tuple[torch.Tensor, ...], alpha: float, seed: int, step: int
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """A minibatch mixed with itself in another order, as in the authors' code: x = share * x + (1 - share) * x'.

    Args:
        inputs: (B, C, h, w) float32.
        targets: tensors of B rows.
        alpha: share ~ Beta(alpha, alpha), one number for the whole minibatch.
        seed: of the share and the order.
        step: counts the draws.

    Returns:
        The mixed inputs, and the targets: the share (a float32 scalar), the targets, the targets of the others.
    """
    draw = generator(Purpose.MIXUP, seed, step)
    share = float(draw.beta(alpha, alpha))
    others = moved(torch.from_numpy(draw.permutation(len(inputs))), inputs.device)
    weight = moved(torch.tensor(share, dtype=torch.float32), inputs.device)  # a static graph takes no new numbers
    return torch.lerp(inputs[others], inputs, share), (weight, *targets, *(target[others] for target in targets))


def parts(
    targets: tuple[torch.Tensor, ...],
) -> tuple[torch.Tensor, tuple[torch.Tensor, ...], tuple[torch.Tensor, ...]]:
    """The share, the targets and the targets of the others, out of what `mix` returned."""
    share, *both = targets
    half = len(both) // 2
    return share, tuple(both[:half]), tuple(both[half:])
