"""Whether a reference result answers what `params.yaml` asks for today: which settings that matter differ.

Settings that change when something is measured, but not what is learnt, do not matter; neither does how many seeds
there are, which the report says.
"""

from collections.abc import Mapping
from typing import Any

from revisit.nested import flatten

Settings = Mapping[str, Any]
MEASURING = frozenset({"backend", "evaluate_every", "read_at", "seed", "snapshots"})  # of a protocol
AROUND = {  # keys of other stages' settings that change nothing
    "prepare": frozenset({"dataset", "seed", "source"}),
    "propose": frozenset({"dataset", "proposals", "seed"}),
    "analysis": frozenset({"device", "experiment"}),
}
MISSING = "missing"  # what stands for a stage that a reference result lacks
TRAINING = ("train", "prepare", "propose")  # a difference in one is one in everything computed from the network


def differences(kept: Mapping[str, Any], today: Mapping[str, Any]) -> dict[str, list[str]]:
    """Stage -> the keys that differ, for every stage of `today`, as in `Published`.

    `["missing"]` for a stage that the reference lacks. Variants that only the reference has do not count.
    """
    found = {}
    for stage, settings in today.items():
        if stage not in kept:
            found[stage] = [MISSING]
            continue
        ours, theirs = (_meaning(stage, each) for each in (settings, kept[stage]))
        extra = {key for key in theirs.keys() - ours.keys() if key.startswith("runs.")}
        extra = {key for key in extra if key.split(".")[1] not in settings.get("runs", {})}
        keys = sorted((ours.keys() | theirs.keys()) - extra)
        if differ := [key for key in keys if ours.get(key) != theirs.get(key)]:
            found[stage] = differ
    return found


def _meaning(stage: str, settings: Settings) -> dict[str, Any]:
    """Everything that matters, keys of nested settings joined by dots."""
    if stage != "train":
        ignored = AROUND.get(stage, AROUND["analysis"])
        return flatten({key: value for key, value in settings.items() if key not in ignored})
    found = {key: settings[key] for key in ("model", "weights", "keep") if key in settings}
    for variant, protocol in settings["runs"].items():
        found |= flatten({key: value for key, value in protocol.items() if key not in MEASURING}, f"runs.{variant}")
    return found
