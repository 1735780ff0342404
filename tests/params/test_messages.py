"""Whole messages: every mistake is a sentence, and names the key that is to be mended."""

import re

import pytest

from revisit.errors import ConfigError
from revisit.params.load import load
from revisit.params.mistakes import PATTERNS
from revisit.params.schema import Params
from revisit.scales import SCALES

LONG = "n" * 65
TRAINING = {"study": "lenet", "dataset": "mnist", "model": "lenet", "batch_size": 5, "epochs": 1, "evaluate_every": 1}
TRAINING |= {"optimizer": {"name": "adam", "lr": 0.1}}
BOX = "analyses.inspect.fashion_dynamic.correspondence.parts.collar"

# the place of a value, what to put there, and the line that tells it (after the place, where it is the same)
LENGTHS_AND_PATTERNS = [
    ("raw", {}, ": {} is not allowed; it must have at least 1 entry"),
    ("mirror", "", ": '' is not allowed; it must have at least 1 character"),
    ("studies.fashion.title", "", ": '' is not allowed; it must have at least 1 character"),
    ("studies.fashion.question", 5, ": 5 is not allowed; it must be text"),
    (f"experiments.{LONG}", TRAINING, f": '{LONG}' is not allowed; it must have at most 64 characters"),
    ("experiments.my net", TRAINING, ": 'my net' is not a name; allowed: small letters, digits and _"),
    ("experiments.rows_cnn.study", "The rows", ": 'The rows' is not allowed; allowed: small letters, digits and _"),
    ("experiments.rows_cnn.epochs", 0, ": 0 is not allowed; it must be greater than or equal to 1"),
    ("experiments.rows_cnn.optimizer.lr", float("inf"), ": inf is not allowed; it must be a finite number"),
    ("experiments.rows_cnn.optimizer", {"name": "adam", "lr": 0.1, 3: 4}, ".3: 3 is not allowed; it must be text"),
    ("raw.mnist.classes", ["one"], ": ['one'] is not allowed; it must have at least 2 entries"),
    (
        "raw.mnist.mirror",
        "../x",
        ": '../x' is not allowed; allowed: a relative path without .., of letters, digits, dots, dashes, _ and /",
    ),
    ("raw.mnist.web", [], ": [] is not allowed; it must have at least 1 entry"),
    (
        "raw.mnist.web",
        ["ftp://host/"],
        ".0: 'ftp://host/' is not allowed; allowed: an address without spaces that begins with http:// or https://",
    ),
    (
        "raw.mnist.files",
        {"a/b": None},
        ".a/b: 'a/b' is not a name; allowed: letters, digits, dots, dashes and _, with a letter or a digit first",
    ),
    (
        "raw.mnist.files",
        {"x": "md5:12"},
        ".x: 'md5:12' is not allowed; allowed: a SHA-256 (64 of 0-9 and a-f), or md5: and an MD5 (32 of them)",
    ),
    (BOX, [0.1, 0.2, 0.3], ": [0.1, 0.2, 0.3] is not allowed; it must have at least 4 entries"),
    (BOX, [0.1, 0.2, 0.3, 0.4, 0.5], ": [0.1, 0.2, 0.3, 0.4, 0.5] is not allowed; it must have at most 4 entries"),
    ("analyses.extract.siamese_loss1.layers", [], ": {} is not allowed; it must have at least 1 entry"),
    (
        "analyses.extract.siamese_loss1.layers",
        {"fc/1": "code"},
        ".fc/1: 'fc/1' is not a name; allowed: letters, digits, dots and _",
    ),
    (
        "analyses.extract.siamese_loss1.layers",
        "code",
        ": 'code' is not allowed; it must be a list like [a, b], or name: layer",
    ),
    ("experiments.rows_cnn.demo", 3, ": 3 is not allowed; it must be a mapping of keys and values"),
]
TWICE = [
    ("analyses.probe.siamese_loss1.layers", ["fc2", "fc2"], "'fc2'"),
    ("analyses.probe.siamese_loss1.protocols", ["sound", "sound"], "'sound'"),
    ("analyses.probe.siamese_loss1.C", [0.1, 1.0, 0.1], "0.1"),
    ("analyses.embed.siamese_loss1.layers", ["fc2", "fc2"], "'fc2'"),
    ("analyses.embed.siamese_loss1.iterations", [300, 300], "300"),
    ("analyses.neighbours.fashion_dynamic.layers", ["fc1", "fc1"], "'fc1'"),
    ("analyses.extract.siamese_loss1.layers", ["fc2", "fc2"], "'fc2'"),
    ("analyses.evaluate.lenet_clean.top_k", [1, 1], "1"),
    ("analyses.inspect.voc_caffenet.strongest.layers", ["relu1", "relu1"], "'relu1'"),
    ("analyses.inspect.fashion_dynamic.filters", {"numbers": [4, 4]}, "4"),
    ("raw.mnist.classes", ["a", "b", "a"], "'a'"),
    ("experiments.fashion_dynamic.read_at", [4, 4], "4"),
    ("experiments.fashion_dynamic.snapshots", [0, 0], "0"),
    ("experiments.fashion_dynamic.freeze", {"layers": ["conv1", "conv1"]}, "'conv1'"),
    ("experiments.fashion_dynamic.optimizer.decay_layers", ["fc1", "fc1"], "'fc1'"),
]
BETWEEN_VALUES = [
    ("mirror", "ftp://host/x", ": 'ftp://host/x' is not allowed; it must be a folder, or an http or https address"),
    ("experiments.rows_cnn.keep", "base", ": there are no variants; leave keep out"),
    ("experiments.rows_cnn.keep_all", True, ": there are no variants; leave keep_all out"),
    ("experiments.rows_cnn.batch_size", 55_001, ": 55001 is more than the 55000 training images of mnist"),
    (
        "analyses.neighbours.fashion_dynamic.k",
        1000,
        ": 1000 is too many for features of 1000 test images; at most 999 (at demo scale)",
    ),
    (
        "analyses.embed.fashion_dynamic",
        {"layers": ["fc1"], "points": 121, "perplexity": 40.2},
        ".perplexity: 40.2 is too large for 121 points; at most 40",
    ),
    (
        "datasets.cifar10_audit.test",
        5001,
        ": 5001 is more than the 5000 training images that it is taken from",
    ),
    (
        "experiments.fashion_dynamic.optimizer.initial_accumulator",
        0.1,
        ": only adagrad has an accumulator, not adam",
    ),
    (
        "experiments.cifar_convnet.variants.batch64",  # a variant of a sweep, within it
        {"optimizer": {"initial_accumulator": 0.1}},
        ".optimizer.initial_accumulator: only adagrad has an accumulator, not adam",
    ),
    (
        "experiments.sparse_autoencoder.channels",
        "bgr",
        ": reconstruction compares with the image in its own order; leave it out",
    ),
    ("experiments.siamese_loss1.sampling", "step", ": pairs draws its batches anew at every step anyway; leave it out"),
    (
        "experiments.fashion_dynamic.objective",
        {"pool": 0.8},
        ".pool: belongs to pairs; classification has no use for it: leave it out",
    ),
    (
        "experiments.denoising_autoencoder.objective.test_pairs",
        "anchor",
        ": belongs to pairs; reconstruction has no use for it: leave it out",
    ),
    (
        "grafts.voc_vgg16_start.head",
        "voc_caffenet",
        ": voc_caffenet is a network of caffenet, its trunk one of vgg16; graft two of one model",
    ),
    (
        "finetunings.seedlings_alexnet_pretrained.weights",
        "lenet_clean",
        ": lenet_clean is a network of lenet, which cannot start alexnet; name weights of alexnet",
    ),
    (
        "finetunings.cifar_transfer.weights",
        "lenet_clean",
        ": lenet_clean is a network of lenet, which cannot start transfer; "
        "name weights of alexnet, mobilenet_v2, transfer, vgg16",
    ),
]
WITHIN_DEMO = [
    (
        "experiments.lenet_clean.demo.network.width",
        0.3,
        ": 0.3 is not allowed; allowed: a number, > 0, ≤ 8, a multiple of 0.125",
    ),
    (
        "experiments.lenet_optimizers.demo.network.width",  # all variants share it
        0.3,
        ": 0.3 is not allowed; allowed: a number, > 0, ≤ 8, a multiple of 0.125",
    ),
    (
        "experiments.rows_cells.demo.variants",
        {"rnn_64": {"network": {"cell": "rn"}}},
        ".rnn_64.network.cell: 'rn' is not allowed; allowed: rnn, lstm, gru",
    ),
    ("experiments.voc_simple_cnn.demo.crop", 100, ": 100 is more than the 80 pixels of voc2007"),
    ("experiments.voc_caffenet.demo.optimizer", {"name": "adam"}, ".momentum: only sgd has momentum, not adam"),
    (
        "experiments.lenet_clean.demo.optimizer",
        {"name": "adam"},
        ".initial_accumulator: only adagrad has an accumulator, not adam",
    ),
    (
        "experiments.siamese_loss1.demo.sampling",
        "step",
        ": pairs draws its batches anew at every step anyway; leave it out",
    ),
    ("experiments.lenet_clean.demo.objective", {"pool": 0.5}, ".pool: belongs to pairs; classification has no use "),
    ("experiments.fashion_dynamic.demo.schedule", {"factor": 0.5}, ".every: missing; it has no default"),
    ("experiments.fashion_dynamic.demo.batch_size", 2001, ": 2001 is more than the 1000 training images of fashion_mn"),
    ("experiments.rows_cnn.demo.keep", "base", ": there are no variants; leave keep out"),
    (
        "analyses.embed.siamese_loss1",
        {"layers": ["fc2"], "demo": {"perplexity": 400.0}},
        ".demo.perplexity: 400.0 is to",
    ),
]


@pytest.fixture
def told(edited):
    """`told(place, value)`: the lines on the mistakes of the repository's params.yaml with one value replaced."""

    def get(place, value):
        path = edited({place: value})
        with pytest.raises(ConfigError) as caught:
            load(path)
        head, *lines = str(caught.value).splitlines()
        assert head.endswith("nothing was run")
        assert not re.search("it must [A-Z]|should", str(caught.value))
        return lines

    return get


def cases(table):
    return pytest.mark.parametrize(
        ("place", "value", "message"), table, ids=[f"{place}={value!r}"[:70] for place, value, _ in table]
    )


@cases(LENGTHS_AND_PATTERNS)
def test_what_a_single_value_may_be(told, place, value, message):
    assert told(place, value)[0] == f"  {place}{message}"


@cases(TWICE)
def test_what_is_named_is_named_once(told, place, value, message):
    given = value if isinstance(value, list) else next(iter(value.values()))
    where = place if isinstance(value, list) else f"{place}.{next(iter(value))}"
    assert told(place, value) == [f"  {where}: {given} is not allowed; give {message} only once"]


@cases(BETWEEN_VALUES)
def test_values_that_do_not_fit_each_other(told, place, value, message):
    assert told(place, value)[0] == f"  {place}{message}"


@cases(WITHIN_DEMO)
def test_a_mistake_of_a_demo_block_is_told_there_and_once(told, place, value, message):
    (line,) = told(place, value)
    assert line.startswith(f"  {place}{message}")


def test_a_mistake_that_a_demo_block_does_not_make_is_told_where_it_is_made(told):
    wrong = {"optimizer": {"name": "adam", "lr": 0.1, "momentum": 0.5}, "demo": {"optimizer": {"lr": 0.2}}}
    assert told("experiments.extra", TRAINING | wrong) == [
        "  experiments.extra.optimizer.momentum: only sgd has momentum, not adam"
    ]


def test_few_test_images_are_told_with_what_they_are_too_few_for(told):
    assert told("analyses.extract.fashion_dynamic.test", 5) == [
        "  analyses.embed.fashion_dynamic.perplexity: 40.0 is too large for 5 test images with features; "
        "it takes 7 at least",
        "  analyses.neighbours.fashion_dynamic.k: 5 is too many for features of 5 test images; at most 4",
    ]
    assert told("datasets.fashion_mnist.demo.test", 120) == [
        "  analyses.embed.fashion_dynamic.perplexity: 40.0 is too large for 120 test images with features; "
        "at most 39 (at demo scale)"
    ]


def test_a_batch_of_published_weights_is_not_looked_at(edited):
    """Only their stand-in is trained; and an empty `demo:` overrides nothing."""
    weights = {"pretrained.imagenet_alexnet.source": "web", "pretrained.imagenet_alexnet.batch_size": 5000}
    path = edited(weights | {"experiments.fashion_static.demo": None})
    assert load(path).experiments["fashion_static"].evaluate_every == 600


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("source", ["embedded", "mirror", "web"])
def test_the_repository_s_file_is_allowed_at_every_scale_and_from_every_source(edited, scale, source):
    assert load(edited({"scale": scale, "source": source})).scale == scale


def test_every_pattern_of_the_schema_has_words():
    def patterns(schema):
        for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
            if key == "pattern":
                yield value
            elif isinstance(value, dict | list):
                yield from value if key == "patternProperties" else ()
                yield from patterns(value)

    assert set(patterns(Params.model_json_schema())) == set(PATTERNS)
