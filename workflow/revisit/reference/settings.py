"""What is asked of a reference result: types alone, imported where types are checked."""

from typing import NotRequired, TypedDict

from revisit.data.settings import Prepare, Propose
from revisit.training.settings import Train


class Asked(TypedDict):
    """The settings of an experiment's stages at a scale, besides those of each kind of analysis by its name."""

    train: Train
    prepare: Prepare
    propose: NotRequired[Propose]  # of those with proposals
