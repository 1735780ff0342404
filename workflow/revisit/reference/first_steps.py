"""The first steps of a training, as a fingerprint: the same code, settings and data give the same losses again."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from revisit.training.settings import Train

STEPS = 20
DEVIATION = 0.01  # of a loss, relative: other processors round otherwise, and that grows with the steps


def losses(settings: "Train", data: Path, start: Path | None = None, steps: int = STEPS) -> list[float]:
    """The losses of the first minibatches of the kept variant's first seed. Nothing is left behind.

    Args:
        settings: of the training (`config.settings("train", name)`).
        data: the folder of the prepared data set.
        start: the model folder of the starting weights, of a finetuning.
        steps: how many.

    Raises what `revisit.training.train.train` does.
    """
    from revisit.training.train import first_losses

    with tempfile.TemporaryDirectory() as folder:
        return first_losses(settings, data, Path(folder), start, steps)


def deviation(kept: Sequence[float], now: Sequence[float]) -> float:
    """The largest relative difference between losses that were kept and those of today.

    0 where there is none; infinite where there are not as many, or one is no number.
    """
    differences = [abs(a - b) / max(abs(a), 1e-12) for a, b in zip(kept, now, strict=False)]
    if len(kept) != len(now) or any(map(math.isnan, differences)):
        return math.inf
    return max(differences, default=0.0)
