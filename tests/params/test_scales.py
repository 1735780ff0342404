"""Scales: blocks that override an entry, and studies and experiments with a scale of their own."""

import pytest

from revisit.errors import ConfigError
from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit.scales import SCALES, smallest

MNIST_PAPER = {"raw": "mnist", "train": 55000, "test": 10000}


@pytest.fixture
def loaded(edited):
    """`loaded(edits)`: the repository's params.yaml with values replaced; `edits`: place -> value."""
    return lambda edits: load(edited(edits))


@pytest.fixture
def told(loaded):
    """`told(edits)`: the lines on the mistakes of such a file."""

    def get(edits):
        with pytest.raises(ConfigError) as caught:
            loaded(edits)
        return [line.strip() for line in str(caught.value).splitlines()[1:]]

    return get


def test_the_smallest_scale():
    assert smallest(["paper", "laptop"], "demo") == "laptop"
    assert smallest([], "paper") == "paper"


@pytest.mark.parametrize(("scale", "steps"), [("demo", 3), ("laptop", 5), ("paper", 468)])
def test_each_block_overrides_the_entry_at_its_scale_alone(loaded, scale, steps):
    blocks = {"demo": {"steps": 3}, "laptop": {"steps": 5}}
    edits = {f"experiments.rows_cnn.{block}": values for block, values in blocks.items()}
    params = loaded(edits | {"scale": scale})
    assert params.experiments["rows_cnn"].steps == steps
    assert {params.scale_of(name) for name in params.trainings} == {scale}


def test_networks_are_the_published_ones_at_laptop_scale(loaded):
    laptop, paper = (resolve(loaded({"scale": scale})) for scale in ("laptop", "paper"))
    for key, settings in laptop.items():
        if settings.get("weights") == "imagenet_trunk":  # another published trunk, one that a CPU can bear
            backbones = {run["network"]["backbone"] for run in settings["runs"].values()}
            assert backbones == {"mobilenet_v2"}
        elif key[0] in ("train", "finetune"):
            for variant, protocol in settings["runs"].items():
                published = paper[key]["runs"][variant]
                for part in ("model", "network", "objective", "batch_size", "inputs", "mixup", "flip", "graph"):
                    assert protocol[part] == published[part], (key, variant)
                assert protocol["optimizer"]["name"] == published["optimizer"]["name"]


@pytest.mark.parametrize("scale", ["laptop", "paper"])
def test_detectors_whose_operations_are_compared_stand_on_the_same_layers(loaded, scale):
    settings = resolve(loaded({"scale": scale}))
    names = ("voc_yolo", "voc_rcnn", "voc_fast_rcnn", "voc_faster_rcnn")
    networks = [settings["finetune", name]["runs"]["base"]["network"] for name in names]
    assert len({(network["backbone"], network.get("stride", "16")) for network in networks}) == 1


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("experiments.rows_cnn.laptop", {"stepz": 3}, ".stepz: unknown key (did you mean steps?); allowed: "),
        ("experiments.rows_cnn.laptop", 3, ": 3 is not allowed; it must be a mapping of keys and values"),
        ("experiments.rows_cnn.laptop.batch_size", 55_001, ": 55001 is more than the 55000 training images of mnist"),
        ("experiments.lenet_clean.laptop.network", {"width": 0.3}, ".width: 0.3 is not allowed; allowed: a number"),
        ("experiments.voc_simple_cnn.laptop.crop", 100, ": 100 is more than the 96 pixels of voc2007"),
        ("analyses.embed.siamese_loss1", {"layers": ["fc2"], "laptop": {"pca": 1}}, ".laptop.pca: 1 is not allowed"),
        ("experiments.rows_cnn.laptop.scale", "paper", ": is the same at every scale; set it in experiments.rows_cnn"),
        ("experiments.rows_cnn.demo.dataset", "cifar10", ": is the same at every scale; set it in experiments.rows_c"),
        ("finetunings.voc_mixup.laptop.weights", "imagenet_vgg16", ": is the same at every scale; set it in finetuni"),
        ("datasets.mnist.laptop", {"raw": "cifar10"}, ".raw: is the same at every scale; set it in datasets.mnist its"),
        ("experiments.lenet_rates.variants.lr_1e1.scale", "demo", ": unknown key"),
        ("studies.lenet.scale", "papier", ": 'papier' is not allowed (did you mean paper?); allowed: demo, laptop, p"),
    ],
)
def test_a_mistake_of_a_block_is_told_there_and_once(told, place, value, message):
    (line,) = told({place: value})
    assert line.startswith(f"{place}{message}")


def test_a_mistake_between_entries_says_at_which_scale(told):
    lines = told({"datasets.cifar10.laptop.train": 100})
    problem = "batch_size: 128 is more than the 100 training images of cifar10 (at laptop scale)"
    assert f"experiments.cifar_convnet.{problem}" in lines
    assert all(line.endswith("(at laptop scale)") for line in lines)


# Several scales in one tree


def test_an_experiment_s_own_scale_counts_before_its_study_s_and_that_before_the_one_at_the_top(loaded):
    params = loaded({"studies.lenet.scale": "laptop", "experiments.lenet_audit.scale": "paper"})
    scales = {name: params.scale_of(name) for name in ("lenet_audit", "lenet_clean", "rows_cnn")}
    assert scales == {"lenet_audit": "paper", "lenet_clean": "laptop", "rows_cnn": "demo"}
    assert params.experiments["lenet_audit"].replicates == 5
    assert params.experiments["lenet_clean"].replicates == 2
    assert params.experiments["rows_cnn"].replicates == 1
    study = resolve(params)["study", "lenet"]
    assert study["scale"] == "laptop"
    assert study["scales"] == dict.fromkeys(study["experiments"], "laptop") | {"lenet_audit": "paper"}
    assert resolve(params)["study", "rows"]["scale"] == "demo"


def test_what_trainings_use_has_their_scale_and_raw_files_are_enough_for_all(loaded):
    stages = resolve(loaded({"studies.lenet.scale": "paper"}))
    sizes = {name: stages["prepare", name]["train"] for name in ("cifar10_small", "cifar10", "mnist")}
    assert sizes == {"cifar10_small": 5000, "cifar10": 4000, "mnist": 4000}
    assert stages["fetch", "cifar10"]["embedded"] == {"drawing": "objects", "train": 5000, "test": 1000}
    mirrored = resolve(loaded({"studies.lenet.scale": "paper", "raw.cifar10.source": "mirror"}))
    assert mirrored["fetch", "cifar10"]["mirror"] == "data/mirror/cifar10"
    assert mirrored["fetch", "mnist"]["source"] == "embedded"
    assert mirrored["prepare", "cifar10_small"]["source"] == "mirror"


def test_analyses_have_the_scale_of_their_experiment(loaded):
    params = loaded({"experiments.fashion_static.scale": "demo", "studies.fashion.scale": "demo", "scale": "laptop"})
    assert params.analyses.extract["fashion_dynamic"].train == 1000
    assert params.analyses.extract["cifar_convnet"].train == 4000


def test_other_stages_are_as_if_there_were_one_scale(loaded):
    demo, paper = (resolve(loaded({"scale": scale})) for scale in ("demo", "paper"))
    mixed = resolve(loaded({"studies.lenet.scale": "paper"}))
    assert mixed.keys() == demo.keys() == paper.keys()
    of_lenet = {key for key in mixed if str(key[1]).startswith("lenet") or key[1] in ("cifar10_small", "cifar10_audit")}
    for key in mixed.keys() - {("fetch", "cifar10"), ("study", "lenet")}:
        assert mixed[key] == (paper if key in of_lenet else demo)[key], key


@pytest.mark.parametrize("scale", SCALES)
def test_one_scale_said_everywhere_is_that_scale(document, loaded, scale):
    studies = document()["studies"]
    everywhere = resolve(loaded({f"studies.{name}.scale": scale for name in studies}))
    at_the_top = resolve(loaded({"scale": scale}))
    assert everywhere == at_the_top


def test_a_data_set_that_scales_share_is_refused_unless_it_is_the_same(loaded, told):
    (line,) = told({"experiments.rows_cnn.scale": "paper"})
    assert line.startswith("datasets.mnist: used at demo scale by autoencoder, ")
    assert line.endswith(
        " and at paper scale by rows_cnn, for whom it is not the same; give them all one `scale`, or write it again "
        "under another name, such as mnist_paper, and name that as `dataset` of rows_cnn"
    )
    apart = {"datasets.mnist_paper": MNIST_PAPER, "experiments.rows_cnn.dataset": "mnist_paper"}
    stages = resolve(loaded(apart | {"experiments.rows_cnn.scale": "paper"}))
    sizes = {name: stages["prepare", name]["train"] for name in ("mnist", "mnist_paper")}
    assert sizes == {"mnist": 4000, "mnist_paper": 55000}
    assert stages["fetch", "mnist"]["embedded"]["train"] == 55000
    assert loaded({"datasets.mnist": MNIST_PAPER, "experiments.rows_cnn.scale": "paper"})


VGG = [f"finetunings.{name}.scale" for name in ("voc_vgg16_finetuned", "voc_mixup")]
APART = {"datasets.voc2007.demo": None, "datasets.voc2007.laptop": None}  # one data set for all scales


def test_a_finetuning_has_the_scale_of_what_it_starts_from(told):
    lines = told({"experiments.voc_vgg16_scratch.scale": "paper"} | APART)
    assert lines == [
        f"finetunings.{name}.weights: {name} is at demo scale and starts from voc_vgg16_scratch "
        "(through voc_vgg16_start), which is at paper scale; give both one `scale`"
        for name in ("voc_mixup", "voc_vgg16_finetuned")
    ]


def test_stand_ins_have_one_scale_and_published_weights_fit_all(loaded, told):
    scales = dict.fromkeys(("experiments.voc_vgg16_scratch.scale", *VGG), "paper") | APART
    (line,) = told(scales)
    assert line.startswith("pretrained.imagenet_vgg16: used at demo scale by cifar_transfer, ")
    assert " and at paper scale by voc_mixup, voc_vgg16_finetuned, for whom it is not the same; " in line
    assert line.endswith("such as imagenet_vgg16_paper, and name that as `weights` of voc_mixup, voc_vgg16_finetuned")
    params = loaded(scales | {"pretrained.imagenet_vgg16.source": "web"})
    assert (params.scale_of("voc_mixup"), params.scale_of("voc_vgg16_fresh_fc8")) == ("paper", "demo")
    alone = loaded({"finetunings.seedlings_mobilenet.scale": "demo", "finetunings.voc2012_mobilenet.scale": "demo"})
    assert alone.pretrained["imagenet_mobilenet"].network == {"width": 0.25}
