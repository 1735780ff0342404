"""What `params.yaml` and the engines must know of a kind of analysis: each folder's `settings.py` says it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from revisit.analyses import loading
from revisit.params.fields import Section

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params

Settings = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of analysis.

    Attributes:
        settings: the section of `analyses.<kind>.<experiment>`; its docstring says what the kind does.
        reads: what it is computed from: the trained network and its data, its features, or its test scores.
        needs: the objective of a training that it can look at, and what a network for that is called; None: of any.
        findings: whether it leaves findings, which the report reads; else features, for other kinds.
        check: records what is wrong with the settings of an experiment beyond their section: of all parameters, the
            name of the experiment, which exists and has the objective, its settings, and where to record it.
        resolved: the settings as the stage gets them, where they are not those of the section as they are: likewise.
        modules: what `compute` loads by name for some settings of the stage.
    """

    settings: type[Section]
    reads: Literal["network", "features", "scores"]
    needs: tuple[str, str] | None = None
    findings: bool = True
    check: Callable[..., None] = lambda _params, _name, _settings, _found: None
    resolved: Callable[..., Settings] = lambda _params, _name, settings: settings.model_dump()
    modules: Callable[[Settings], list[str]] = lambda _settings: []


def check_drawn(params: "Params", place: tuple[str, str, str], found: "Mistakes") -> None:
    """Record a training that began with other weights than those that its seed draws; `place` ends with its name."""
    if place[-1] in params.finetunings:
        found.add(place, f"draws initial weights again; {place[-1]} starts from the weights of another network")


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name, found without importing what computes them."""
    return {name: loading.load(name, "settings").KIND for name in loading.available("settings")}


def modules(kind: str, settings: Settings) -> list[str]:
    """The modules that stage `kind` with these settings loads by name."""
    return [loading.name(kind, "compute"), *kinds()[kind].modules(settings)]
