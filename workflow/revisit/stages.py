"""Which stage makes what, and how it is told to make it again: the one module whose messages name an engine's commands.

The page has two templates that show them to its readers.
"""

from revisit import paths

TRAININGS = ("train", "finetune", "graft", "pretrain")  # each makes networks, of items of its own


def trains(name: str) -> str:
    """The stage that makes the network `name`, as `finetune@vgg16_tuned`.

    The records that `configure` wrote say which; without any, as by hand before the first run, it is `train`.
    """
    stage = next((stage for stage in TRAININGS if paths.config(stage, name).is_file()), TRAININGS[0])
    return f"{stage}@{name}"


def prepares(name: str) -> str:
    """The stage that makes the prepared data set `name`, as `propose@voc_regions`; decided as in `trains`."""
    stage = "propose" if paths.config("propose", name).is_file() else "prepare"
    return f"{stage}@{name}"


def run(stage: str) -> str:
    """The command that runs `stage` (`prepare@mnist`), with what it needs."""
    return f"`dvc repro {stage}`"


def again(stage: str) -> str:
    """The command that runs `stage` although nothing that it depends on has changed."""
    return f"`dvc repro --force {stage}`"
