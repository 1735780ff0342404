"""The project's own ledger against its own configuration and against the numbers of the reports."""

import re
from pathlib import Path

import pytest
import yaml

from revisit.report import claims, study, verdicts

ROOT = Path(__file__).parents[2]
LEDGER = claims.load(ROOT / claims.LEDGER)
BY_ID = {claim.id: claim for claim in LEDGER}
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
TRAININGS = PARAMS["experiments"] | PARAMS["finetunings"]

PUBLISHED = {  # as they stand in the reports, errors included; without the table below
    "fashion_parameters_conv1": 832,
    "fashion_parameters_conv2": 51264,
    "fashion_parameters_fc1": 3212288,
    "fashion_parameters_fc2": 11264,
    "fashion_three_jumps": 3,
    "fashion_overfitting": 1000,
    "voc_scratch_mean": 0.2417,
    "voc_finetuned_mean": 0.6679,
    "voc_mixup_alpha_2": 0.4,
    "lenet_final_accuracy": 0.972727,
    "lenet_mean_1": -0.026873315,
    "lenet_variance_1": 0.023991108,
    "lenet_mean_2": -0.15013,
    "lenet_variance_2": 0.07322,
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
    "cifar_probe_flatten": 0.6305,
    "cifar_probe_fc1": 0.59,
    "cifar_probe_fc2": 0.7685,
    "siamese_loss1_accuracy": 0.476,
    "siamese_loss2_accuracy": 0.473,
    "siamese_random_accuracy": 0.682,
    "transfer_extraction": 0.6743,
    "transfer_refined": 0.8505,
    "transfer_refined_100": 0.8441,
    "transfer_refined_1000": 0.8461,
    "transfer_refined_2500": 0.851,
    "seedlings_alexnet_best": 0.94,
    "seedlings_vgg16_best": 0.9333,
}
AVERAGE_PRECISION = {  # table 1 of the report on PASCAL VOC: VGG-16 from scratch, fine-tuned
    "aeroplane": (0.22208, 0.72446),
    "bicycle": (0.24374, 0.65485),
    "bird": (0.22670, 0.68252),
    "boat": (0.23575, 0.74635),
    "bottle": (0.19827, 0.70997),
    "bus": (0.27387, 0.61518),
    "car": (0.27646, 0.63646),
    "cat": (0.27364, 0.72001),
    "chair": (0.25000, 0.63920),
    "cow": (0.22755, 0.62207),
    "diningtable": (0.21844, 0.72092),
    "dog": (0.27500, 0.69964),
    "horse": (0.24905, 0.60439),
    "motorbike": (0.23983, 0.67064),
    "person": (0.20138, 0.59465),
    "pottedplant": (0.28778, 0.68584),
    "sheep": (0.22539, 0.63477),
    "sofa": (0.24753, 0.59944),
    "train": (0.20174, 0.69628),
    "tvmonitor": (0.26026, 0.70030),
}
COLUMNS = ("scratch", "finetuned")
MEANS = [sum(column) / 20 for column in zip(*AVERAGE_PRECISION.values(), strict=True)]
TABLE = {
    f"voc_{column}_{name}": values[i] for i, column in enumerate(COLUMNS) for name, values in AVERAGE_PRECISION.items()
}

every_claim = pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)


def keys_in(claim):
    """(experiment, stage, [key, ...]) of every metric that a claim names."""
    for name in re.findall(r"[a-z_]\w*(?:\.\w+)+", " ".join(claim.expressions())):
        experiment, stage, *keys = name.split(".")
        yield experiment, stage, keys


def classes_of(experiment):
    return PARAMS["raw"][PARAMS["datasets"][TRAININGS[experiment]["dataset"]]["raw"]]["classes"]


def nested(flat):
    """{"a.b": 1} as {"a": {"b": 1}}."""
    metrics = {}
    for name, value in flat.items():
        *parents, key = name.split(".")
        folder = metrics
        for parent in parents:
            folder = folder.setdefault(parent, {})
        folder[key] = value
    return metrics


def verdict(claim, flat):
    return verdicts.judge(BY_ID[claim], nested(flat), "paper", "web")["verdict"]


@every_claim
def test_every_claim_has_its_experiments(claim):
    of_study = {name for name, settings in TRAININGS.items() if settings["study"] == claim.study}
    assert claim.experiments() <= of_study, f"claim {claim.id} names experiments that its study does not run"


@every_claim
def test_every_claim_has_its_variants(claim):
    for experiment, variant in re.findall(r"(\w+)\.\w+\.variants\.(\w+)", " ".join(claim.expressions())):
        assert variant in TRAININGS[experiment].get("variants", ["base"])


@every_claim
def test_every_claim_has_its_analyses(claim):
    for experiment, stage, keys in keys_in(claim):
        if stage in ("train", "statistics"):
            continue
        settings = PARAMS["analyses"][stage][experiment]
        several = TRAININGS[experiment].get("objective", {}).get("name") == "multilabel"
        if stage == "evaluate" and keys[0] == "per_class":
            assert keys[1] in classes_of(experiment)
        if stage == "probe":
            assert keys[0] in settings["layers"]
            assert keys[1] in settings.get("protocols", ["published", "sound"])
            assert keys[2] == ("map" if several else "accuracy")
        if stage == "embed":
            assert keys[0] == "layers"
            assert keys[1] in settings["layers"]
            assert keys[2] in {f"iterations_{count}" for count in settings.get("iterations", [300, 750])}
        if stage == "inspect" and keys[0] not in ("parameters", "activations", "first_layer"):
            part = settings[keys[0]]
            assert keys[1] != "layers" or keys[2] in part["layers"]


@every_claim
def test_ids_begin_with_the_study(claim):
    assert claim.study in PARAMS["studies"]
    assert claim.id.startswith(f"{claim.study}_")


@every_claim
def test_figures_are_sections(claim):
    assert claim.figure in study.SECTIONS


def test_the_published_numbers_stand_as_published():
    published = {claim.id: claim.published for claim in LEDGER if claim.published is not None}
    assert published == PUBLISHED | TABLE


def test_the_class_by_class_claims_are_those_of_the_table():
    assert list(AVERAGE_PRECISION) == PARAMS["raw"]["voc2007"]["classes"]
    assert len(TABLE) == 40
    for i, column in enumerate(COLUMNS):
        for name, values in AVERAGE_PRECISION.items():
            claim = BY_ID[f"voc_{column}_{name}"]
            ours = f"voc_vgg16_{column}.evaluate.per_class.{name}.average_precision"
            theirs = f"voc_vgg16_{COLUMNS[1 - i]}.evaluate.per_class.{name}.average_precision"
            assert (claim.ours, claim.low, claim.high) == (ours, f"{ours}_low", f"{ours}_high")
            assert claim.rule.direction == f"{ours} {'<>'[i]} {theirs}"
            assert f"{values[i]:.5f}" in claim.statement
            assert name in claim.statement.lower().replace(" ", "")


@pytest.mark.parametrize("column", COLUMNS)
def test_the_means_are_those_of_the_twenty_classes(column):
    assert round(MEANS[COLUMNS.index(column)], 4) == BY_ID[f"voc_{column}_mean"].published


def test_what_the_reports_say_agrees_with_their_own_numbers_but_for_one_sentence():
    """The rules, with the published numbers in the place of ours: they must not ask for more than the reports show."""
    flat = {claim.ours: claim.published for claim in LEDGER if claim.published is not None}
    flat |= {name.replace(".published.", ".sound."): value for name, value in flat.items()}
    for column, mean in zip(COLUMNS, MEANS, strict=True):
        flat[f"voc_vgg16_{column}.evaluate.mean_average_precision"] = mean
    found = {claim.id: verdict(claim.id, flat) for claim in LEDGER if claim.rule.kind == "holds"}
    decided = {claim: text for claim, text in found.items() if text != verdicts.Verdict.UNTESTABLE}
    assert decided.pop("cifar_probe_later") == verdicts.Verdict.DIRECTION  # fc1 lies below flatten
    assert set(decided.values()) == {verdicts.Verdict.AGREES}
    assert decided.keys() >= {
        "voc_finetuning_helps",
        "voc_hard_classes",
        "voc_easy_classes",
        "voc_largest_gains",
        "lenet_variance_grows",
        "rows_128_much_lower",
        "rows_64_slightly_better",
        "cifar_dropout_64",
        "cifar_features_fc2",
        "siamese_loss_no_help",
        "siamese_random_better",
        "transfer_refining_better",
        "seedlings_alexnet_better",
    }


@pytest.mark.parametrize(
    ("claim", "ours", "expected"),
    [
        ("voc_scratch_person", {"person": (0.65, 0.93), "mean": (0.4, 0.85)}, "published value in error"),
        ("voc_scratch_person", {"person": (0.38, 0.93), "mean": (0.4, 0.85)}, "same direction"),
        ("voc_scratch_person", {"person": (0.21, 0.93), "mean": (0.4, 0.85)}, "agrees"),
        ("voc_finetuned_person", {"person": (0.65, 0.93), "mean": (0.4, 0.85)}, "published value in error"),
        ("voc_finetuned_person", {"person": (0.65, 0.80), "mean": (0.4, 0.85)}, "same direction"),
        ("voc_finetuned_person", {"person": (0.65, 0.60), "mean": (0.4, 0.55)}, "agrees"),
    ],
)
def test_the_numbers_for_person_are_in_error_when_our_runs_show_it(claim, ours, expected):
    flat = {}
    for i, column in enumerate(COLUMNS):
        flat[f"voc_vgg16_{column}.evaluate.per_class.person.average_precision"] = ours["person"][i]
        flat[f"voc_vgg16_{column}.evaluate.mean_average_precision"] = ours["mean"][i]
    assert verdict(claim, flat) == expected


@pytest.mark.parametrize(
    ("published", "sound", "expected"),
    [
        ({"flatten": 0.63, "fc1": 0.7, "fc2": 0.76}, {"flatten": 0.66, "fc1": 0.72}, "published value in error"),
        ({"flatten": 0.63, "fc1": 0.7, "fc2": 0.76}, {"flatten": 0.73, "fc1": 0.72}, "same direction"),
        ({"flatten": 0.63, "fc1": 0.7, "fc2": 0.6}, {"flatten": 0.73, "fc1": 0.72}, "not reproduced"),
        ({"flatten": 0.63, "fc1": 0.6, "fc2": 0.76}, {"flatten": 0.66, "fc1": 0.72}, "agrees"),
    ],
)
def test_the_svm_on_fc1_is_in_error_when_it_lies_above_flatten_by_both_protocols(published, sound, expected):
    flat = {f"cifar_convnet.probe.{layer}.published.accuracy": value for layer, value in published.items()}
    flat |= {f"cifar_convnet.probe.{layer}.sound.accuracy": value for layer, value in sound.items()}
    assert verdict("cifar_probe_fc1", flat) == expected
