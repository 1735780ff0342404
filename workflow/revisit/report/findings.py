"""Which stage leaves which finding: known by its name."""

from pathlib import Path

TRAINING = ("train", "history", "evaluations", "runs")
OWN = (*TRAINING, "proposals")  # made by the stage of what they are found of; others bear the name of their stage


def stage_of(name: str, training: str = "train") -> str:
    """The stage that makes a finding: `roc.csv` in `evaluate/` is made by `evaluate`, `history.csv` by `training`."""
    stem = Path(name).parts[0].partition(".")[0]
    return training if stem in OWN else stem
