"""Bad configurations: each gives one message that names the key and what is allowed."""

from pathlib import Path

import pytest

from revisit.analyses.kinds import kinds
from revisit.errors import ConfigError
from revisit.params.load import load

ROOT = Path(__file__).resolve().parents[2]
DELETE = ...  # in place of a value: the key is taken away
FINETUNING = {
    "study": "voc",
    "dataset": "voc2007",
    "model": "vgg16",
    "weights": "imagenet_vgg16",
    "objective": {"name": "multilabel"},
    "optimizer": {"name": "adam", "lr": 0.1},
    "batch_size": 20,
    "epochs": 1,
    "evaluate_every": 10,
}
WEIGHTS = {
    "model": "vgg16",
    "source": "mirror",
    "dataset": "patterns",
    "optimizer": {"name": "adam", "lr": 0.1},
    "batch_size": 20,
    "epochs": 1,
    "evaluate_every": 10,
}

# the place of a value, what to put there, what the message must say
BAD = [
    ("scale", "tiny", "scale: 'tiny' is not allowed; allowed: demo, laptop, paper"),
    ("scale", "papier", "did you mean paper?"),
    ("scale", 1, "scale: 1 is not allowed"),
    ("source", "internet", "source: 'internet' is not allowed; allowed: embedded, mirror, web"),
    ("mirror", 5, "mirror: 5 is not allowed; it must be text"),
    ("device", "gpu", "device: 'gpu' is not allowed; allowed: auto, cpu, cuda"),
    ("experimets", {}, "experimets: unknown key (did you mean experiments?); allowed: analyses, datasets"),
    ("experiments", DELETE, "experiments: missing"),
    ("experiments", [1], "experiments: [1] is not allowed; it must be a mapping"),
    ("experiments.fashion_static", None, "experiments.fashion_static: None is not allowed; it must be a mapping"),
    ("experiments.Fashion-2", {}, "experiments.Fashion-2: 'Fashion-2' is not a name; allowed: small letters"),
    ("experiments.x;rm", {}, "experiments.x;rm: 'x;rm' is not a name"),
    ("experiments.fashion_static.epoch", 3, "experiments.fashion_static.epoch: unknown key (did you mean epochs?)"),
    ("experiments.fashion_static.epochs", 0, "experiments.fashion_static.epochs: 0 is not allowed; it must be greater"),
    ("experiments.fashion_static.epochs", "ten", "epochs: 'ten' is not allowed; it must be a whole number"),
    ("experiments.fashion_static.epochs", 2.5, "epochs: 2.5 is not allowed; it must be a whole number"),
    ("experiments.fashion_static.epochs", True, "epochs: True is not allowed; it must be a whole number"),
    ("experiments.fashion_static.dataset", DELETE, "experiments.fashion_static.dataset: missing"),
    ("experiments.fashion_static.dataset", "fashion_mnits", "data set 'fashion_mnits' (did you mean fashion_mnist?)"),
    ("experiments.fashion_static.model", "resnet", "model: unknown model 'resnet'"),
    ("experiments.fashion_static.study", "fasion", "study: unknown study 'fasion' (did you mean fashion?)"),
    ("experiments.fashion_static.graph", "lazy", "graph: 'lazy' is not allowed; allowed: dynamic, static"),
    ("experiments.fashion_static.network.dropout", 1.0, "dropout: 1.0 is not allowed; allowed: a number, ≥ 0, < 1"),
    ("experiments.fashion_static.network.dropout", float("nan"), "dropout: nan is not allowed"),
    ("experiments.fashion_static.network.dropout", "0.4", "dropout: '0.4' is not allowed; allowed: a number"),
    ("experiments.fashion_static.network.drop", 0.4, "unknown setting of fashion_cnn 'drop' (did you mean dropout?)"),
    ("experiments.rows_optimizers.network.cell", "lstmm", "cell: 'lstmm' is not allowed; allowed: rnn, lstm, gru"),
    ("experiments.rows_optimizers.network.hidden", 0, "hidden: 0 is not allowed; allowed: a whole number, ≥ 1"),
    ("experiments.rows_optimizers.network.hidden", 64.0, "hidden: 64.0 is not allowed; allowed: a whole number"),
    ("experiments.fashion_static.steps", 10, "epochs: give the length of the training as epochs or as steps"),
    ("experiments.fashion_static.epochs", DELETE, "epochs: give the length of the training as epochs or as steps"),
    ("experiments.fashion_static.schedule", {"factor": 2.0, "every": 5}, "schedule.factor: 2.0 is not allowed"),
    ("experiments.fashion_static.schedule", {"facto": 0.5, "every": 5}, "facto: unknown key (did you mean factor?)"),
    ("experiments.fashion_static.objective", {"name": "multilabel"}, "multilabel does not fit fashion_mnist, whose i"),
    ("experiments.voc_caffenet.objective", {"name": "pairs"}, "name: pairs does not fit voc2007, whose images have s"),
    ("experiments.siamese_loss1.objective.loss", "mean_squared_error", "is not allowed with pairs; allowed: contrast"),
    ("experiments.fashion_static.objective", {"loss": "contrastive_1"}, "classification has one loss only: leave it"),
    ("experiments.siamese_loss1.mixup", 0.2, "mixup: mixes labels; pairs has none"),
    ("experiments.voc_caffenet.crop", 300, "crop: 300 is more than the 256 pixels of voc2007"),
    ("experiments.lenet_rates.keep", "lr_1e5", "keep: unknown variant 'lr_1e5' (did you mean lr_1e4?)"),
    ("experiments.lenet_rates.variants.lr_1e1.dataset", "mnist", "lenet_rates.variants.lr_1e1.dataset: unknown key"),
    ("experiments.lenet_rates.variants.lr_1e1.optimizer.lr", -1.0, "variants.lr_1e1.optimizer.lr: -1.0 is not"),
    ("experiments.lenet_rates.variants.lr_1e1.network", {"drop": 1}, "variants.lr_1e1.network.drop: unknown setting"),
    ("experiments.lenet_rates.variants.lr_1e1", 5, "experiments.lenet_rates.variants.lr_1e1: 5 is not allowed"),
    ("experiments.lenet_rates.replicates", 0, "replicates: 0 is not allowed"),
    ("experiments.cifar_convnet.variants.batch64.optimizer", {"decay_layers": ["fc1"]}, "without weight_decay nothing"),
    ("finetunings.voc_mixup.weights", "imagenet_vgg", "unknown network 'imagenet_vgg' (did you mean imagenet_vgg16?)"),
    ("finetunings.voc_mixup.weights", DELETE, "finetunings.voc_mixup.weights: missing"),
    ("finetunings.voc_mixup.weights", "voc_mixup", "finetunings.voc_mixup: starts from itself"),
    ("finetunings.lenet_clean", FINETUNING, "one name for several networks, in experiments and finetunings"),
    ("grafts.voc_vgg16_start.head", "imagenet_vgg16", "'imagenet_vgg16' is the trunk already"),
    ("grafts.voc_vgg16_start.head", "voc_vgg", "grafts.voc_vgg16_start.head: unknown network 'voc_vgg'"),
    ("grafts.voc_vgg16_start.head", "voc_mixup", "starts from itself, through the networks that it starts from"),
    ("pretrained.imagenet_vgg16", WEIGHTS, "pretrained.imagenet_vgg16.mirror: missing; its source is mirror"),
    ("pretrained.imagenet_vgg16.dataset", "pattern", "unknown data set 'pattern' (did you mean patterns?)"),
    ("experiments.fashion_static.batch_size", -1, "batch_size: -1 is not allowed"),
    ("experiments.fashion_static.seed", -1, "seed: -1 is not allowed"),
    ("experiments.fashion_static.read_at", [4, 11], "read_at: 11 is after the last of 10 epochs"),
    ("experiments.fashion_static.read_at", 4, "read_at: 4 is not allowed; it must be a list"),
    ("experiments.fashion_dynamic.snapshots", [0, 12], "snapshots: 12 is after the last of 10 epochs"),
    ("experiments.fashion_static.optimizer", "sgd", "optimizer: 'sgd' is not allowed; it must be a mapping"),
    ("experiments.fashion_static.optimizer.name", "rmsprop", "optimizer.name: 'rmsprop' is not allowed; allowed: sgd"),
    ("experiments.fashion_static.optimizer.lr", 0, "optimizer.lr: 0 is not allowed"),
    ("experiments.fashion_static.optimizer.lr", float("inf"), "optimizer.lr: inf is not allowed"),
    ("experiments.voc_caffenet.optimizer.name", "adam", "optimizer.momentum: only sgd has momentum, not adam"),
    ("experiments.fashion_static.demo.epochs", 0, "experiments.fashion_static.demo.epochs: 0 is not allowed"),
    (
        "experiments.fashion_static.demo.epocs",
        1,
        "experiments.fashion_static.demo.epocs: unknown key (did you mean epo",
    ),
    (
        "raw.fashion_mnist.format",
        "png",
        "raw.fashion_mnist.format: 'png' is not allowed; allowed: cifar, coco, folder, idx, voc, xml",
    ),
    ("raw.fashion_mnist.embedded", "objects", "embedded: objects is not drawn as idx; allowed: digits, garments"),
    ("raw.cifar10.classes", DELETE, "raw.cifar10.classes: missing; only a folder names its classes itself"),
    ("raw.seedlings", {"format": "folder", "source": "web", "web": ["https://host/"]}, "raw.seedlings.files: missing"),
    ("datasets.fashion_mnist.raw", "fashion", "raw: unknown raw files 'fashion' (did you mean fashion_mnist?)"),
    ("datasets.voc2007.size", DELETE, "datasets.voc2007.size: missing; the images of a voc differ in size"),
    ("datasets.mnist.splits", {"test": "val"}, "datasets.mnist.splits: only voc has image sets, not idx"),
    ("datasets.seedlings.test_share", 1.0, "test_share: 1.0 is not allowed"),
    ("datasets.fashion_mnist.train", None, "datasets.fashion_mnist.train: embedded data need a number"),
    ("raw.fashion_mnist.embedded", DELETE, "raw.fashion_mnist.embedded: missing; its source is embedded"),
    ("raw.fashion_mnist", {"source": "web", "format": "idx", "classes": ["a", "b"]}, "web: missing; its source"),
    ("datasets.fashion_mnist.train", 0, "datasets.fashion_mnist.train: 0 is not allowed"),
    ("analyses.probes", {}, "analyses.probes: unknown key (did you mean probe?)"),
    ("analyses.probe.fashion_dynamc", {"layers": ["fc1"]}, "unknown experiment 'fashion_dynamc' (did you mean fash"),
    ("analyses.probe.fashion_dynamic.layers", ["flaten"], "unknown extracted layer 'flaten' (did you mean flatten?)"),
    ("analyses.probe.fashion_static", {"layers": ["fc1"]}, "needs features: add analyses.extract.fashion_static"),
    ("analyses.probe.fashion_dynamic.C", [0.0], "C.0: 0.0 is not allowed"),
    ("analyses.embed.fashion_dynamic.perplexity", 400.0, "perplexity: 400.0 is too large for 1000 points; at most 333"),
    ("analyses.neighbours.fashion_dynamic.k", 0, "k: 0 is not allowed"),
    ("analyses.neighbours.voc_caffenet.classes", ["persn"], "unknown class 'persn' (did you mean person?)"),
    ("analyses.evaluate.voc_caffenet", {"top_k": [1]}, "top_k: counts images of one label"),
    (
        "analyses.inspect.fashion_static.reuse",
        {},
        "reuse: looks into dense blocks; fashion_static is a fashion_cnn, not one of cifar_densenet, densenet",
    ),
    ("analyses.inspect.seedlings_densenet.reuse", {"images": 201}, "images: 201 is more than the 200 images looked at"),
    ("analyses.inspect.fashion_static.evolution", {"layers": ["conv1"]}, "evolution: follows the training: give fashi"),
    ("analyses.inspect.fashion_static.first_layers", {}, "compares variants: give fashion_static `keep_all: true`"),
    (
        "analyses.inspect.voc_first_layers.first_layers",
        {"variants": ["size_7_stride_2", "size_11_stride_4"]},
        "no variants of voc_first_layers besides the one that is kept: size_11_stride_4; there are: size_11_stride_2, ",
    ),
    ("analyses.inspect.voc_caffenet.evolution.maps", 30, "maps: 30 is more than the 24 maps whose jumps are counted"),
    ("analyses.inspect.fashion_static.filters", {"numbers": [-1]}, "filters.numbers.0: -1 is not allowed"),
    (
        "analyses.inspect.lenet_clean",
        {"images": 8, "faithfulness": {"layers": ["tanh1"], "images": 9}},
        "faithfulness.images: 9 is more than the 8 images looked",
    ),
    (
        "analyses.inspect.lenet_clean",
        {"images": 8, "faithfulness": {"layers": ["tanh1"], "images": 8, "top": 9}},
        "faithfulness.top: 9 is more than the 8 images looked",
    ),
    ("analyses.inspect.fashion_dynamic.occlusion.size", 1.0, "occlusion.size: 1.0 is not allowed; it must be less"),
    (
        "analyses.inspect.siamese_loss1",
        {"occlusion": {"layer": "conv1"}},
        "needs a classifier; siamese_loss1 is traine",
    ),
    ("analyses.inspect.fashion_dynamic.deconvnt", {"layers": ["relu1"]}, "unknown key (did you mean deconvnet?)"),
    ("analyses.inspect.fashion_dynamic.correspondence.label", "Pulover", "unknown class 'Pulover' (did you mean Pull"),
    ("analyses.inspect.fashion_dynamic.correspondence.parts.collar", [0.5, 0.5, 0.2, 0.6], "is no box: top, left, bo"),
    ("analyses.inspect.fashion_dynamic.correspondence.parts.collar", [0.5, 0.5, 2.0, 0.6], "collar.2: 2.0 is not allo"),
    ("analyses.inspect.fashion_dynamic.correspondence.of", "box", "of: the data set fashion_mnist has no boxes; give"),
    ("analyses.inspect.fashion_dynamic.correspondence.of", "image", "of: 'image' is not allowed; allowed: box"),
    ("datasets.voc2007.objects", DELETE, "voc_caffenet.correspondence.of: the data set voc2007 has no boxes; give it"),
    (
        "analyses.evaluate.siamese_loss1",
        {},
        "analyses.evaluate.siamese_loss1: scores classes; siamese_loss1 is trained",
    ),
    (
        "analyses.detect.fashion_static",
        {},
        "analyses.detect.fashion_static: needs a detector; fashion_static is trained for classification",
    ),
    (
        "analyses.segment.fashion_static",
        {},
        "analyses.segment.fashion_static: needs a network that classifies pixels; fashion_static is trained for cla",
    ),
    (
        "analyses.costs.siamese_loss1",
        {},
        "analyses.costs.siamese_loss1: needs a classifier of one class; siamese_loss1 is trained for pairs",
    ),
    (
        "analyses.costs.seedlings_mobilenet",
        {"images": 8},
        "analyses.costs.seedlings_mobilenet: draws initial weights again; seedlings_mobilenet starts from the weights",
    ),
    (
        "analyses.code.lenet_clean",
        {},
        "analyses.code.lenet_clean: needs an autoencoder; lenet_clean is trained for classification",
    ),
    (
        "analyses.code.sparse_autoencoder.labels",
        [10, 5],
        "analyses.code.sparse_autoencoder.labels.1: 5 is not allowed; it must be 10, one for each class, to ",
    ),
    (
        "analyses.costs.cifar_resnets.beside",
        {"vgg": {"model": "vgg"}},
        "analyses.costs.cifar_resnets.beside.vgg.model: unknown network 'vgg' (did you mean vgg16?)",
    ),
    (
        "analyses.costs.cifar_resnets.beside",
        {"vgg": {"model": "vgg16", "network": {"deep": 3}}},
        "analyses.costs.cifar_resnets.beside.vgg: network.deep: vgg16 has no such setting; it has: ",
    ),
    (
        "analyses.costs.cifar_resnets.beside",
        {"plain_20": {"model": "vgg16"}},
        "analyses.costs.cifar_resnets.beside.plain_20: is a variant of cifar_resnets; give the network another name",
    ),
    ("analyses.evaluate.fashion_static.top_k", [1, 11], "top_k: 11 is more than the 10 classes"),
    (
        "studies.lenet.assumptions",
        [{"text": "One."}, {"text": "Two.", "varied_by": ["voc_mixup", "lenet_rate"]}],  # of any study
        "studies.lenet.assumptions.1.varied_by: unknown experiment 'lenet_rate' (did you mean lenet_rates?)",
    ),
    ("studies.lenet.assumptions", ["One."], "studies.lenet.assumptions.0: 'One.' is not allowed; it must be a mapping"),
    ("studies.lenet.assumptions", [{"text": "One.", "status": "sure"}], "assumptions.0.status: 'sure' is not allowed"),
    ("studies.lenet.assumptions", [{"text": "One.", "statu": "open"}], "0.statu: unknown key (did you mean status?)"),
    ("studies.empty", {"title": "T", "question": "Q", "protocol": "P"}, "studies.empty: no experiment belongs to it"),
    *(
        (
            f"studies.{name}",
            {"title": "T", "question": "Q", "protocol": "P"},
            f"studies.{name}: the report calls a part of its own so; give the study another name",
        )
        for name in ("index", "search", "stages", "data", "theme")
    ),
]


@pytest.mark.parametrize(("place", "value", "message"), BAD, ids=[f"{place}={value!r}"[:60] for place, value, _ in BAD])
def test_a_mistake_is_named_with_what_is_allowed(edited, place, value, message):
    path = edited({place: value})
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert message in str(caught.value)
    assert "nothing was run" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "not valid YAML"),
        ("a: 1\na: 2", "not valid YAML"),  # a key given twice: one of the two would be lost
        ("- 1", "expected a mapping"),
        ("", "expected a mapping"),
        ("a: !!python/object/apply:os.system [ls]", "not valid YAML"),
        (b"\xff\xfe\x00a", "expected a mapping"),
        (b"a: \xe9", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path, text, message):
    path = tmp_path / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=message):
        load(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="missing; restore it"):
        load(tmp_path / "params.yaml")


def test_every_mistake_is_told_at_once(edited):
    path = edited({"experiments.fashion_static.epochs": 0, "experiments.fashion_static.graph": "lazy"})
    with pytest.raises(ConfigError, match="2 mistakes") as caught:
        load(path)
    assert str(caught.value).count("\n") == 2


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_an_analysis_of_an_experiment_that_does_not_exist_is_one_mistake(document, edited, kind):
    settings = next(iter(document()["analyses"][kind].values()))
    with pytest.raises(ConfigError) as caught:
        load(edited({f"analyses.{kind}.nowhere": settings}))
    (line,) = str(caught.value).splitlines()[1:]
    assert line.strip().startswith(f"analyses.{kind}.nowhere: unknown experiment 'nowhere'")


def test_a_mistake_that_only_the_other_scale_would_meet_is_found_too(edited):
    path = edited({"experiments.fashion_static.evaluate_every": 0})  # demo overrides it
    with pytest.raises(ConfigError, match=r"experiments\.fashion_static\.evaluate_every: 0"):
        load(path)


def test_the_numbers_that_yaml_1_1_would_read_as_text(tmp_path):
    text = (ROOT / "params.yaml").read_text().replace("lr: 0.01", "lr: 1e-2")
    (tmp_path / "params.yaml").write_text(text)
    assert load(tmp_path / "params.yaml").experiments["lenet_clean"].optimizer.lr == 0.01
