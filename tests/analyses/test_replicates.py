from pathlib import Path

from revisit import paths
from revisit.analyses import replicates
from revisit.models import registry


def test_the_summary_is_that_of_the_first():
    assert replicates.summary([{"a": 1}]) == {"a": 1}
    found = [{"a": 1, "b": {"c": None}}, {"a": 2, "b": {"c": 0.5}}]
    assert replicates.summary(found) == {"a": 1, "b": {"c": None}, "replicates": found}
    assert list(found[0]) == ["a", "b"]  # what it is given stays: no summary holds itself


def test_the_experiment_of_every_folder():
    for number in (0, 1, 12):
        assert registry.experiment(registry.replicate(paths.model("lenet"), number)) == "lenet"
        assert registry.experiment(registry.replicate(paths.features("lenet"), number)) == "lenet"
    assert registry.experiment(Path("lenet")) == "lenet"
