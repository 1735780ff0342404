"""The `analyses` of `params.yaml`: a section for each kind, which every kind describes in a folder of its own."""

from types import GenericAlias
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from revisit.analyses.kinds import kinds
from revisit.params.fields import Name, Section
from revisit.params.words import unknown

if TYPE_CHECKING:
    from revisit.params.mistakes import Mistakes
    from revisit.params.schema import Params

_FIELDS: dict[str, Any] = {
    name: (GenericAlias(dict, (Name, kind.settings)), Field({}, description=(kind.settings.__doc__ or "").strip()))
    for name, kind in kinds().items()
}
Analyses: Any = create_model(
    "Analyses",
    __base__=Section,
    __doc__="What is looked at, by experiment.",
    **_FIELDS,
)


def check_analyses(params: "Params", mistakes: "Mistakes") -> None:
    """Record every mistake between the analyses and what they analyse."""
    trainings, extract = params.trainings, params.analyses.extract
    for name, kind in kinds().items():
        for experiment, settings in getattr(params.analyses, name).items():
            place = ("analyses", name, experiment)
            if experiment not in trainings:
                mistakes.add(place, unknown(experiment, "experiment", trainings))
                continue
            objective = trainings[experiment].objective.name
            if kind.needs and objective != kind.needs[0]:
                mistakes.add(place, f"needs {kind.needs[1]}; {experiment} is trained for {objective}")
                continue
            if kind.reads == "features":
                _check_layers(place, settings.layers, extract.get(experiment), mistakes)
            kind.check(params, experiment, settings, mistakes)


def _check_layers(place: tuple[str, ...], layers: list[str], extract: Any, mistakes: "Mistakes") -> None:
    for layer in layers:
        if extract is None:
            mistakes.add(place, f"needs features: add analyses.extract.{place[-1]}")
        elif layer not in extract.layers:
            mistakes.add((*place, "layers"), unknown(layer, "extracted layer", extract.layers))
