"""What `params.yaml` may say of an objective is what the objectives do."""

from revisit.params.references import LABELLED, LOSSES
from revisit.params.trainings import Objective, Protocol
from revisit.training import objectives


def test_params_know_the_losses_and_what_can_be_mixed():
    """They are named there a second time, since importing the objectives takes the seconds of PyTorch."""
    names = Objective.model_fields["name"].annotation.__args__
    found = {name: type(objectives.build({"name": name}, name == "multilabel", "any")) for name in names}
    assert {name: kind.losses for name, kind in found.items() if kind.losses} == LOSSES
    assert {name for name, kind in found.items() if kind.mixes} == set(LABELLED)


def test_params_know_how_batches_and_pairs_can_be_drawn():
    samplings = set(Protocol.model_fields["sampling"].annotation.__args__)
    names = Objective.model_fields["name"].annotation.__args__
    built = [objectives.build({"name": name}, name == "multilabel", "any") for name in names]
    assert samplings == {sampling for objective in built for sampling in objective.samplings}
    kinds = Objective.model_fields["test_pairs"].annotation.__args__
    assert {f"loss_{kind}" for kind in kinds} == set(next(o for o in built if o.beside).beside)
