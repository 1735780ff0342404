"""What the stages get of `params.yaml`."""

import json
from pathlib import Path

import pytest

from revisit.params.graph import findings
from revisit.params.load import load
from revisit.params.resolve import resolve

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def resolved(document, written):
    """`resolved(edit)`: the settings of every stage after `edit` changed the repository's params.yaml."""

    def get(edit=lambda _: None):
        changed = document()
        edit(changed)
        return resolve(load(written(changed)))

    return get


def test_variants_are_whole_protocols(resolved):
    settings = resolved()["train", "lenet_optimizers"]
    assert settings["keep"] == "adagrad"
    assert {name: run["optimizer"]["name"] for name, run in settings["runs"].items()} == {
        "gradient_descent": "sgd",
        "adagrad": "adagrad",
        "momentum": "sgd",
        "adagrad_zero": "adagrad",
    }
    accumulators = {name: run["optimizer"]["initial_accumulator"] for name, run in settings["runs"].items()}
    assert accumulators == {"gradient_descent": 0, "adagrad": 0.1, "momentum": 0, "adagrad_zero": 0}
    assert settings["runs"]["momentum"]["optimizer"]["momentum"] == 0.08
    assert settings["runs"]["gradient_descent"]["optimizer"]["momentum"] == 0
    assert {run["optimizer"]["lr"] for run in settings["runs"].values()} == {0.01}


def test_only_a_sweep_that_keeps_all_networks_says_so(resolved):
    """So that no other training becomes stale."""
    asked = {name: settings for (stage, name), settings in resolved().items() if stage in ("train", "finetune")}
    assert [name for name, settings in asked.items() if "keep_all" in settings] == ["voc_first_layers"]
    assert asked["voc_first_layers"]["keep_all"] is True


def test_the_order_of_keys_makes_no_training_stale(document, tmp_path):
    """Nor that of a network's settings, which are any; a study's table lists variants in the order of the file."""
    texts = []
    for number, backwards in enumerate((False, True)):
        params = document()
        for section in ("pretrained", "experiments", "finetunings"):
            for entry in params[section].values():
                for own in (entry, entry.get("demo", {})):
                    network = sorted(own.get("network", {}).items(), reverse=backwards)
                    own |= {"network": dict(network)} if network else {}
                    items = sorted(own.items(), reverse=backwards)
                    own.clear()
                    own.update(items)
        path = tmp_path / f"{number}.yaml"
        path.write_text(json.dumps(params))
        texts.append(json.dumps([[*stage, settings] for stage, settings in resolve(load(path)).items()]))
    assert texts[0] == texts[1]


def test_an_experiment_without_variants_has_one_run(resolved):
    settings = resolved()["train", "fashion_dynamic"]
    assert list(settings["runs"]) == ["base"] == [settings["keep"]]
    assert settings["runs"]["base"]["network"] == {"dropout": 0.4}
    assert settings["weights"] is None


def test_demo_overrides_reach_into_variants(resolved):
    demo, paper = resolved(), resolved(lambda document: document.update(scale="paper"))
    runs = [stages["finetune", "cifar_transfer"]["runs"] for stages in (paper, demo)]
    steps = [{name: run["freeze"] and run["freeze"]["steps"] for name, run in of.items()} for of in runs]
    assert steps[0] == {"frozen": None, "refined": None, "refined_100": 100, "refined_1000": 1000, "refined_2500": 2500}
    assert steps[1]["refined_2500"] < runs[1]["refined_2500"]["steps"]


def test_a_finetuning_has_the_network_that_its_weights_were_trained_with(resolved):
    """Through a graft, and as the backbone of another network; published weights have the published width."""

    def networks(stages):
        names = ("voc_vgg16_finetuned", "cifar_transfer")
        runs = [next(iter(stages["finetune", name]["runs"].values())) for name in names]
        return [run["network"] for run in runs]

    vgg, transfer = networks(resolved())
    assert vgg == resolved()["pretrain", "imagenet_vgg16"]["training"]["runs"]["base"]["network"]
    assert vgg["width"] == 0.125
    assert transfer == {"backbone": "vgg16", "backbone_width": 0.125, "backbone_batch_norm": True}
    vgg, transfer = networks(resolved(lambda document: document["pretrained"]["imagenet_vgg16"].update(source="web")))
    assert vgg == {}
    assert transfer == {"backbone": "vgg16"}


def test_weights_are_got_as_their_source_says(resolved):
    def source(value):
        return lambda document: document["pretrained"]["imagenet_mobilenet"].update(source=value)

    drawn = resolved()["pretrain", "imagenet_mobilenet"]
    assert drawn["training"]["dataset"] == "patterns"
    assert drawn["training"]["runs"]["base"]["model"] == "mobilenet_v2"
    copied = resolved(source("mirror"))["pretrain", "imagenet_mobilenet"]
    assert copied["file"] == "data/mirror/weights/mobilenet_v2_imagenet.safetensors"
    assert set(copied) == set(resolved(source("web"))["pretrain", "imagenet_mobilenet"]) | {"file"}


def test_as_much_is_drawn_as_the_largest_data_set_needs(resolved):
    def shrink(document):
        for name, counts in (("cifar10", (500, 400)), ("cifar10_small", (700, 100)), ("cifar10_audit", (200, 100))):
            document["datasets"][name]["demo"] = {"train": counts[0], "test": counts[1]}

    stages = resolved(shrink)
    assert stages["fetch", "cifar10"]["embedded"] == {"drawing": "objects", "train": 700, "test": 400}
    assert stages["fetch", "voc2007"]["embedded"]["splits"] == {"train": "trainval", "test": "test"}


def test_a_study_says_where_data_and_weights_come_from(resolved):
    def mirrored(document):
        document["raw"]["cifar10"]["source"] = "mirror"

    study = resolved(mirrored)["study", "transfer"]
    assert study["sources"] == {"cifar10": "mirror"}
    assert study["pretrained"]["imagenet_vgg16"]["source"] == "embedded"
    assert "patterns" in study["pretrained"]["imagenet_vgg16"]["note"]
    assert set(resolved()["study", "voc"]["pretrained"]) == {"imagenet_vgg16", "imagenet_mobilenet"}
    assert resolved()["study", "lenet"]["pretrained"] == {}


def test_collect_knows_which_stage_trains_what(resolved):
    settings = resolved()["collect", None]
    assert settings["stages"]["voc_mixup"] == "finetune"
    assert settings["stages"]["voc_caffenet"] == "train"
    assert settings["studies"] == {study: findings(load(ROOT / "params.yaml"), study) for study in settings["studies"]}
    assert "runs" in settings["studies"]["lenet"]["lenet_clean"]


def test_an_edit_reaches_only_the_stages_that_use_it(resolved):
    before = resolved()
    after = resolved(lambda document: document["experiments"]["lenet_clean"].update(seed=5))
    assert {stage for stage in before if before[stage] != after[stage]} == {
        ("train", "lenet_clean"),
        ("study", "lenet"),
    }


def test_top_k_accuracies_follow_the_classes_where_they_are_known(resolved):
    """Of the files of a folder nobody knows them before they are read."""
    assert resolved()["evaluate", "fashion_static"]["top_k"] == [1, 5]
    assert resolved()["evaluate", "voc_caffenet"]["top_k"] == []
    assert resolved()["evaluate", "seedlings_vgg16"]["top_k"] is None


def test_pictures_of_another_kind_come_with_the_search_where_the_data_set_has_regions(resolved):
    stages = resolved()
    asked, search = stages["detect", "voc_rcnn"]["restyled"], stages["propose", "voc2012_regions"]
    assert asked == {"styles": ["painting", "sketch"], "images": 80, "propose": search}
    assert stages["detect", "voc_yolo"]["restyled"] == {"styles": ["painting", "sketch"], "images": 80}
    assert "restyled" not in stages["detect", "voc_fast_rcnn"]  # as it was before there was any
