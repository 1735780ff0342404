"""Whether a reference result answers what `params.yaml` asks for today: which settings that matter differ.

Settings that change when something is measured, but not what is learnt, do not matter; neither does how many seeds
there are, which the report says.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Settings = Mapping[str, Any]
MEASURING = frozenset({"backend", "evaluate_every", "read_at", "seed", "snapshots"})  # of a protocol
AROUND = {  # keys of other stages' settings that change nothing
    "prepare": frozenset({"dataset", "seed", "source"}),
    "analysis": frozenset({"device", "experiment"}),
}
MISSING = "missing"  # what stands for a stage that a reference result lacks
TRAINING = ("train", "prepare")  # a difference in one of these is one in everything computed from the network


def differences(kept: Mapping[str, Settings], today: Mapping[str, Settings]) -> dict[str, list[str]]:
    """Stage -> the keys that differ, for every stage of `today`: `train`, `prepare` and the kinds of analysis.

    `["missing"]` for a stage that the reference lacks. Variants that only the reference has do not count.
    """
    found = {}
    for stage, settings in today.items():
        if stage not in kept:
            found[stage] = [MISSING]
            continue
        ours, theirs = (dict(_meaning(stage, each)) for each in (settings, kept[stage]))
        extra = {key for key in theirs.keys() - ours.keys() if key.startswith("runs.")}
        extra = {key for key in extra if key.split(".")[1] not in settings.get("runs", {})}
        keys = sorted((ours.keys() | theirs.keys()) - extra)
        if differ := [key for key in keys if ours.get(key) != theirs.get(key)]:
            found[stage] = differ
    return found


def _meaning(stage: str, settings: Settings) -> Iterator[tuple[str, Any]]:
    """(key, value) of everything that matters, keys of nested settings joined by dots."""
    if stage != "train":
        ignored = AROUND.get(stage, AROUND["analysis"])
        yield from _flat({key: value for key, value in settings.items() if key not in ignored})
        return
    yield from _flat({key: settings[key] for key in ("model", "weights", "keep") if key in settings})
    for variant, protocol in settings["runs"].items():
        yield from _flat({key: value for key, value in protocol.items() if key not in MEASURING}, f"runs.{variant}.")


def _flat(settings: Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
