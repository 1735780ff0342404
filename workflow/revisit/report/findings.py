"""Which stage leaves which finding, known by its name, and how damaged ones are mended."""

from pathlib import Path

from revisit import stages
from revisit.reference import store

TRAINING = ("train", "history", "evaluations", "runs")
OWN = (*TRAINING, "proposals")  # made by the stage of what they are found of; others bear the name of their stage


def stage_of(name: str, training: str = "train") -> str:
    """The stage that makes a finding: `roc.csv` in `evaluate/` is made by `evaluate`, `history.csv` by `training`."""
    stem = Path(name).parts[0].partition(".")[0]
    return training if stem in OWN else stem


def again(folder: Path, stage: str) -> str:
    """How the findings of an experiment in `folder` are mended that `stage` left: those of a reference are in git."""
    return f"restore them with `git checkout {folder.parent}`" if kept(folder) else f"run {stages.again(stage)}"


def kept(folder: Path) -> bool:
    """Whether the findings in `folder` are those of a reference result."""
    return folder.name == store.FINDINGS and (folder.parent / store.DESCRIPTION).is_file()
