"""What every task gives; `tests/training/test_invented_task.py` adds one."""

import numpy as np
import pytest
import torch

from revisit.data.labels import KINDS
from revisit.metrics import METRICS
from revisit.tasks import registry


@pytest.mark.parametrize("name", registry.available())
def test_every_task_keeps_the_contract(name):
    facts = registry.facts(name)
    assert facts.description
    assert facts.labels in (*KINDS, "any")
    assert facts.metric is None or facts.metric in METRICS
    assert facts.samplings
    assert not facts.stepwise or facts.metric  # what every minibatch has
    kind = "single" if facts.labels == "any" else facts.labels
    defaults = {key: setting.default for key, setting in facts.settings.items()}
    for loss in facts.losses or (None,):
        task = registry.build({"name": name, "loss": loss, **defaults}, kind, "things", facts.objects)
        assert task.facts is facts


WITHOUT = [name for name in registry.available() if registry.facts(name).objects is None]  # others: test_objects.py


@pytest.mark.parametrize("name", WITHOUT)
def test_evaluations_have_what_the_facts_promise(name, make, make_loader, network):
    facts = registry.facts(name)
    codes = np.where(np.arange(18).reshape(6, 3) % 4 == 0, 1, -1).astype(np.int8)
    labels = codes if facts.labels == "multi" else np.arange(6, dtype=np.int64) % 3
    task, index = make(name, labels="multi" if facts.labels == "multi" else "single"), torch.arange(6)
    loader = make_loader(labels)
    found = task.evaluate(network if task.fits((1, 2, 2), (1, 2, 2), 3) else lambda inputs: inputs, loader, index, 4)
    assert np.isfinite(found.loss)
    assert (found.metric is None) == (facts.metric is None)
    assert (found.scores is None) == (not facts.scored)
    assert len(found.beside) == len(facts.beside)
