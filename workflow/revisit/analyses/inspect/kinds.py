"""What `params.yaml` must know of a look inside a network: each look's `settings.py` says it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from revisit.analyses import loading
from revisit.params.constants import constant
from revisit.params.fields import Section


@dataclass(frozen=True)
class Look:
    """A kind of look.

    Attributes:
        settings: the section of `analyses.inspect.<experiment>.<look>`; its docstring says what is looked at.
        order: among the looks, in the summary and in the reference of `params.yaml`.
        classifier: whether the network must give classes.
        check: records what is wrong beyond the section: of all parameters, the experiment's name, the settings of all
            looks, and where to record it.
    """

    settings: type[Section]
    order: int
    classifier: bool = False
    check: Callable[..., None] = lambda _params, _name, _inspect, _found: None


@cache
def looks() -> dict[str, Look]:
    """All looks by name, in their order, found without importing what looks."""
    names = loading.available("settings", loading.LOOKS)
    found = {name: loading.load(name, "settings", loading.LOOKS).LOOK for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def follows(look: str) -> bool:
    """Whether a look follows the training, and needs the snapshots of one: what looks says so itself."""
    return constant(loading.name(look, "look", loading.LOOKS), "FOLLOWS", default=False)


def more_images(look: str, *keys: str) -> Callable[..., None]:
    """A check that records settings `keys` of a look (default: `images`) that are more images than are looked at."""

    def check(_params: Any, name: str, inspect: Any, found: Any) -> None:
        for key in keys or ("images",):
            if (images := getattr(getattr(inspect, look), key)) > inspect.images:
                problem = f"{images} is more than the {inspect.images} images looked at"
                found.add(("analyses", "inspect", name, look, key), problem)

    return check
