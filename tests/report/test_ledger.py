"""The project's own ledger against its own configuration."""

from pathlib import Path

import pytest
import yaml

from revisit.report import claims

ROOT = Path(__file__).parents[2]
LEDGER = claims.load(ROOT / claims.LEDGER)
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)
def test_every_claim_has_its_experiments(claim):
    of_study = {name for name, settings in PARAMS["experiments"].items() if settings["study"] == claim.study}
    assert claim.experiments() <= of_study, f"claim {claim.id} names experiments that its study does not run"


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)
def test_ids_begin_with_the_study(claim):
    assert claim.study in PARAMS["studies"]
    assert claim.id.startswith(f"{claim.study}_")


def test_every_study_has_claims():
    assert {claim.study for claim in LEDGER} == set(PARAMS["studies"])


def test_the_published_numbers_stand_as_published():
    published = {claim.id.removeprefix("fashion_parameters_"): claim.published for claim in LEDGER}
    assert {key: published[key] for key in ("conv1", "conv2", "fc1", "fc2")} == {
        "conv1": 832,
        "conv2": 51264,
        "fc1": 3212288,
        "fc2": 11264,  # as it stands in the report, error included
    }
