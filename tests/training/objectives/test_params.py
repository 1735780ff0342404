"""What `params.yaml` may say of an objective is what the objectives do."""

from revisit.params.references import LABELLED, LOSSES
from revisit.params.trainings import Objective
from revisit.training import objectives


def test_params_know_the_losses_and_what_can_be_mixed():
    """They are named there a second time, since importing the objectives takes the seconds of PyTorch."""
    names = Objective.model_fields["name"].annotation.__args__
    found = {name: type(objectives.build({"name": name}, name == "multilabel", "any")) for name in names}
    assert {name: kind.losses for name, kind in found.items() if kind.losses} == LOSSES
    assert {name for name, kind in found.items() if kind.mixes} == set(LABELLED)
