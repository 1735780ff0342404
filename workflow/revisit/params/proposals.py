"""Mistakes between the `proposals` of `params.yaml` and its other sections."""

from revisit.params.mistakes import Mistakes
from revisit.params.schema import Params
from revisit.params.words import unknown

HOMES = ("datasets", "experiments", "finetunings")  # whose items have folders that an item of proposals would share
SEARCH_ONLY = ("seed", "scales", "shortest", "side")


def check_proposals(params: Params, mistakes: Mistakes) -> None:
    """Record every mistake of `proposals` that lies between their values, or between them and other sections."""
    for name, entry in params.proposals.items():
        place = ("proposals", name)
        if homes := [home for home in HOMES if name in getattr(params, home)]:
            mistakes.add(place, f"one name for several things, in {' and '.join(homes)}, too; rename the proposals")
        if entry.dataset not in params.datasets:
            mistakes.add((*place, "dataset"), unknown(entry.dataset, "data set", params.datasets))
        elif params.datasets[entry.dataset].raw in params.raw and params.objects_of(entry.dataset) is None:
            mistakes.add((*place, "dataset"), _without_objects(params, entry.dataset))
        for key in SEARCH_ONLY:
            if entry.method != "selective_search" and key in entry.model_fields_set:
                mistakes.add(
                    (*place, key), f"belongs to selective_search; {entry.method} has no use for it: leave it out"
                )


def _without_objects(params: Params, dataset: str) -> str:
    known = {name for name, other in params.datasets.items() if other.raw in params.raw}
    having = sorted(name for name in known if params.objects_of(name))
    choice = f", or name one that has: {', '.join(having)}" if having else ""
    return f"nothing is known of the objects in {dataset}; give it `objects`{choice}"
