"""What is known of a task without PyTorch: what `params.yaml` may ask of it, and what it is used with."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Setting:
    """A key of `objective` that belongs to one task.

    Attributes:
        default: also says the type: a number, or a text out of `choices`.
        description: for readers of `params.yaml`.
        choices: the allowed texts.
        limits: of a number: `gt`, `ge`, `lt` or `le` and the bound.
    """

    default: float | str
    description: str
    choices: tuple[str, ...] = ()
    limits: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What a task is.

    Attributes:
        description: what it minimises, for readers of `params.yaml`.
        labels: the kind of labels it needs, out of `revisit.data.labels.KINDS`, or "any".
        metric: the key of its metric, out of `revisit.metrics.METRICS`; higher is better. None: it has losses only.
        losses: the allowed values of `objective.loss`, the default first; none: it has one loss.
        settings: its own keys of `objective`.
        samplings: how its minibatches may be drawn.
        mixes: whether minibatches can be mixed (mixup).
        stepwise: whether every minibatch has the metric, too.
        scored: whether its outputs are scores of classes, which are written for the test set.
        beside: names of what evaluations measure besides loss and metric.
        objects: what must be known of the objects in the images, "boxes" or "masks" (with boxes), or None.
        reorders: whether the network may see the channels in another order than they are stored.
    """

    description: str
    labels: Literal["single", "multi", "any"]
    metric: str | None = None
    losses: tuple[str, ...] = ()
    settings: dict[str, Setting] = field(default_factory=dict)
    samplings: tuple[str, ...] = ("epoch", "step")
    mixes: bool = False
    stepwise: bool = False
    scored: bool = False
    beside: tuple[str, ...] = ()
    objects: Literal["boxes", "masks"] | None = None
    reorders: bool = True

    def fits(self, kind: str, objects: str | None = None) -> bool:
        """Whether it can be used with labels of this kind, and with this knowledge of objects."""
        return self.labels in ("any", kind) and self.objects in (None, objects, "boxes" if objects else None)
