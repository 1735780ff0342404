"""What `params.yaml` may ask of a task is what the task does."""

import subprocess
import sys
from typing import get_args

import pytest

from revisit.data.formats import registry as formats
from revisit.data.labels import KINDS
from revisit.params.data import Raw
from revisit.params.trainings import Objective, Protocol
from revisit.tasks import registry


def test_every_format_with_a_reader_says_which_labels_it_has():
    assert list(get_args(Raw.model_fields["format"].annotation)) == formats.available()
    assert {formats.facts(name).labels for name in formats.available()} <= set(KINDS)
    assert all(callable(formats.reader(name)) for name in formats.available())


def test_every_sampling_of_a_protocol_is_that_of_a_task():
    allowed = set(get_args(Protocol.model_fields["sampling"].annotation))
    assert allowed == {sampling for name in registry.available() for sampling in registry.facts(name).samplings}


def test_a_key_of_the_objective_belongs_to_one_task():
    """Two of one name would be one key, with the description and the limits of the last."""
    keys = [key for name in registry.available() for key in registry.facts(name).settings]
    assert sorted(keys) == sorted(set(keys))
    assert set(Objective.model_fields) == {"name", "loss", *keys, "auxiliary"}


@pytest.mark.parametrize("value", [0, -1.0, 1001, float("nan"), float("inf"), "wide"])
def test_limits_of_a_number_hold(value):
    with pytest.raises(ValueError, match="margin"):
        Objective(name="pairs", margin=value)


def test_params_are_checked_without_pytorch():
    program = "import sys; from revisit.params.load import load; load(); print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
