"""The project's own ledger against its own configuration."""

import re
from pathlib import Path

import pytest
import yaml

from revisit.report import claims

ROOT = Path(__file__).parents[2]
LEDGER = claims.load(ROOT / claims.LEDGER)
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
TRAININGS = PARAMS["experiments"] | PARAMS["finetunings"]


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)
def test_every_claim_has_its_experiments(claim):
    of_study = {name for name, settings in TRAININGS.items() if settings["study"] == claim.study}
    assert claim.experiments() <= of_study, f"claim {claim.id} names experiments that its study does not run"


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)
def test_every_claim_has_its_variants(claim):
    for experiment, variant in re.findall(r"(\w+)\.\w+\.variants\.(\w+)", " ".join(claim.expressions())):
        assert variant in TRAININGS[experiment].get("variants", ["base"])


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)
def test_ids_begin_with_the_study(claim):
    assert claim.study in PARAMS["studies"]
    assert claim.id.startswith(f"{claim.study}_")


def test_the_published_numbers_stand_as_published():
    published = {claim.id: claim.published for claim in LEDGER if claim.published is not None}
    assert published == {
        "fashion_parameters_conv1": 832,
        "fashion_parameters_conv2": 51264,
        "fashion_parameters_fc1": 3212288,
        "fashion_parameters_fc2": 11264,  # as it stands in the report, error included
        "fashion_three_jumps": 3,
        "fashion_overfitting": 1000,
        "voc_scratch_mean": 0.2417,
        "voc_finetuned_mean": 0.6679,
        "voc_mixup_alpha_2": 0.4,
        "lenet_final_accuracy": 0.972727,
        "rows_gru_128": 0.9324,
        "rows_gru_64": 0.9754,
        "rows_gru_32": 0.9694,
        "cifar_batch128": 0.7503,
        "cifar_batch128_dropout_05": 0.7324,
        "cifar_batch128_dropout_02": 0.7433,
        "cifar_batch64": 0.752,
        "cifar_batch64_decay_001": 0.7634,
        "cifar_batch64_decay_0005": 0.7569,
        "cifar_batch64_dropout_05": 0.7279,
        "cifar_batch64_dropout_02": 0.7493,
        "transfer_extraction": 0.6743,
        "transfer_refined": 0.8505,
        "transfer_refined_100": 0.8441,
        "transfer_refined_1000": 0.8461,
        "transfer_refined_2500": 0.851,
        "seedlings_alexnet_best": 0.94,
        "seedlings_vgg16_best": 0.9333,
    }
