"""Look `deconvnet` in `params.yaml`."""

from typing import TYPE_CHECKING, Any, TypedDict

from pydantic import Field

from revisit.analyses.inspect.kinds import Look
from revisit.params.fields import Layers, Section

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params


class Deconvnet(Section):
    """Projections of strong activations back to the pixels (Zeiler & Fergus 2014)."""

    layers: Layers = Field(description="layers with feature maps")
    maps: int = Field(4, ge=1, le=64, description="feature maps of each layer, those with the strongest activations")
    top: int = Field(9, ge=1, le=64, description="images with the strongest activations of each map")


class Settings(TypedDict):
    """What the look `deconvnet` gets."""

    layers: list[str]
    maps: int
    top: int


def check(params: "Params", name: str, inspect: Any, found: "Mistakes") -> None:  # noqa: ARG001
    """Record more images of a map than are looked at."""
    if inspect.deconvnet.top > inspect.images:
        problem = f"{inspect.deconvnet.top} is more than the {inspect.images} images looked at"
        found.add(("analyses", "inspect", name, "deconvnet", "top"), problem)


LOOK = Look(Deconvnet, order=30, check=check)
