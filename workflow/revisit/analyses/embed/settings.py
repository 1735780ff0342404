"""Stage `embed` in `params.yaml`."""

from typing import TYPE_CHECKING, Annotated, TypedDict

from pydantic import Field

from revisit.analyses.extract.settings import rows
from revisit.analyses.kinds import Kind
from revisit.params.fields import EACH_ONCE, Layers, Section

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params

Iterations = Annotated[int, Field(ge=10, le=100_000)]


class Embed(Section):
    """t-SNE maps of features."""

    layers: Layers = Field(description="layers, among those extracted")
    points: int = Field(1000, ge=10, le=1_000_000, description="random test images on the map")
    pca: int = Field(50, ge=2, le=10_000, description="principal components before t-SNE")
    perplexity: float = Field(40.0, ge=2, le=10_000, allow_inf_nan=False, description="effective number of neighbours")
    iterations: Annotated[list[Iterations], Field(min_length=1), EACH_ONCE] = Field(
        [300, 750], description="lengths of the optimisation, each shown"
    )
    seed: int = Field(0, ge=0, lt=2**31, description="of the choice of images and of the start")


class Settings(TypedDict):
    """What the stage `embed` gets."""

    experiment: str
    layers: list[str]
    points: int
    pca: int
    perplexity: float
    iterations: list[int]
    seed: int


def check(params: "Params", name: str, embed: Embed, found: "Mistakes") -> None:
    """t-SNE looks at 3 * perplexity neighbours of each point; the points are all images where there are fewer."""
    there = rows(params, name)
    count = embed.points if there is None else min(there, embed.points)
    fewer = count < embed.points
    if 3 * embed.perplexity > count - 1:
        what, limit = ("test images with features" if fewer else "points"), (count - 1) // 3
        remedy = f"at most {limit}" if limit >= 2 else "it takes 7 at least"
        problem = f"{embed.perplexity} is too large for {count} {what}; {remedy}"
        found.add(("analyses", "embed", name, "perplexity"), problem)


KIND = Kind(Embed, reads="features", check=check)
