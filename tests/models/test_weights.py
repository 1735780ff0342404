"""Where networks start from: other trainings, grafts of two networks, published weights."""

import hashlib
import json
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file

import pretrain_network
from revisit import config, paths
from revisit.data import provenance
from revisit.errors import ArtifactError, ConfigError, DataError, DownloadError
from revisit.models import registry, weights
from revisit.models.parts import torchvision_weights
from revisit.training import train

SHAPE = (32, 32, 3)
NARROW = {"width": 0.125}


def write(folder, model, shape=SHAPE, classes=5, network=NARROW, seed=0, **more):
    """A folder of a trained network, with every tensor drawn."""
    torch.manual_seed(seed)
    built = registry.build(model, shape, classes, network)
    with torch.no_grad():
        for tensor in built.state_dict().values():
            tensor.copy_(torch.rand(tensor.shape) if tensor.is_floating_point() else torch.tensor(7))
    folder.mkdir()
    save_file(built.state_dict(), folder / "model.safetensors")
    description = {
        "experiment": folder.name,
        "model": model,
        "network": network,
        "classes": list(map(str, range(classes))),
    }
    description |= {"shape": list(shape), "crop": None, "mean": [0.1, 0.2, 0.3], "std": [1.0, 2.0, 3.0], "data": {}}
    (folder / "network.json").write_text(json.dumps(description | more))
    return built.state_dict()


def build(model, shape=SHAPE, classes=5, network=NARROW):
    torch.manual_seed(99)
    return registry.build(model, shape, classes, network)


def check(network, given, fresh):
    """That `network` has all tensors of `given` but those of the layers `fresh`, which are as drawn."""
    for name, tensor in network.state_dict().items():
        is_fresh = name.rpartition(".")[0] in fresh
        assert is_fresh != (name in given and given[name].shape == tensor.shape and torch.equal(tensor, given[name])), (
            name
        )


@pytest.mark.parametrize("model", ["vgg16", "mobilenet_v2", "cifar_convnet"])
def test_the_same_network_starts_with_all_weights(tmp_path, model):
    given = write(tmp_path / "a", model)
    network = build(model)
    assert weights.start(network, tmp_path / "a") == []
    check(network, given, [])


@pytest.mark.parametrize(
    ("model", "fresh"),
    [
        ("vgg16", ["classifier.6"]),
        ("mobilenet_v2", ["classifier.1"]),
        ("densenet", ["classifier"]),
        ("inception", ["aux1.fc2", "aux2.fc2", "fc"]),
        ("lenet", ["fc2"]),
    ],
)
def test_another_number_of_classes_leaves_the_last_layer_fresh(tmp_path, model, fresh):
    given = write(tmp_path / "a", model, classes=9)
    network = build(model, classes=3)
    assert weights.start(network, tmp_path / "a") == fresh
    check(network, given, fresh)


@pytest.mark.parametrize(("backbone", "size"), [("vgg16", 32), ("alexnet", 63), ("mobilenet_v2", 16)])
def test_a_transfer_network_takes_the_backbone_and_has_a_fresh_head(tmp_path, backbone, size):
    given = write(tmp_path / "a", backbone, shape=(64, 64, 3), classes=9)
    settings = {"backbone": backbone, "backbone_width": 0.125, "width": 0.25}
    network = build("transfer", (size, size, 3), 3, settings)
    assert weights.start(network, tmp_path / "a") == ["fc1", "fc2", "logits"]
    check(network, given, ["fc1", "fc2", "logits"])


def test_a_siamese_network_and_a_convnet_exchange_their_layers(tmp_path):
    given = write(tmp_path / "convnet", "cifar_convnet")
    network = build("siamese")
    assert weights.start(network, tmp_path / "convnet") == []
    check(network, given, [])
    given = write(tmp_path / "siamese", "siamese")
    network = build("cifar_convnet")
    assert weights.start(network, tmp_path / "siamese") == ["logits"]
    check(network, given, ["logits"])


@pytest.mark.parametrize(
    ("model", "settings", "shape", "message"),
    [
        ("vgg16", {"width": 0.25}, SHAPE, r"features\.0\.weight is \(8, 3, 3, 3\) there and \(16, 3, 3, 3\) here"),
        ("vgg16", NARROW, (32, 32, 1), r"features\.0\.weight is \(8, 3, 3, 3\) there and \(8, 1, 3, 3\) here"),
        ("alexnet", NARROW, (63, 63, 3), r"features\.0\.weight is \(8, 3, 3, 3\) there and \(8, 3, 11, 11\) here"),
        ("transfer", {"backbone_width": 0.25}, SHAPE, r"features\.0\.weight"),
        ("lenet", NARROW, SHAPE, "none of its weights fits"),
        ("mobilenet_v2", NARROW, SHAPE, "none of its weights fits"),
    ],
)
def test_a_backbone_that_does_not_fit_is_refused_and_nothing_is_loaded(tmp_path, model, settings, shape, message):
    write(tmp_path / "a", "vgg16")
    network = build(model, shape, network=settings)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(ArtifactError, match=rf"a: .*{message}.*; start from a network of the same model"):
        weights.start(network, tmp_path / "a")
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    "lost",
    [
        ["classifier.0.weight", "classifier.0.bias"],  # a layer inside
        ["classifier.6.bias"],  # half of the last layer
        ["features.28.weight", "features.28.bias"],
    ],
)
def test_weights_with_holes_are_refused(tmp_path, lost):
    given = write(tmp_path / "a", "vgg16")
    save_file({k: v for k, v in given.items() if k not in lost}, tmp_path / "a" / "model.safetensors")
    with pytest.raises(ArtifactError, match=f"no weights for {lost[0]}"):
        weights.start(build("vgg16"), tmp_path / "a")


def test_a_backbone_with_holes_is_refused_by_a_network_with_another_head(tmp_path):
    given = write(tmp_path / "a", "vgg16")
    kept = {k: v for k, v in given.items() if k.startswith("features") and not k.startswith("features.28")}
    save_file(kept, tmp_path / "a" / "model.safetensors")
    with pytest.raises(ArtifactError, match=r"no weights for features\.28\.weight"):
        weights.start(build("transfer", network={"backbone_width": 0.125}), tmp_path / "a")


def test_a_missing_or_damaged_start_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match=r"none/model\.safetensors is missing; .*`dvc repro --force train@none`"):
        weights.start(build("lenet"), tmp_path / "none")
    write(tmp_path / "a", "lenet")
    path = tmp_path / "a" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ArtifactError, match=r"model\.safetensors: damaged"):
        weights.start(build("lenet"), tmp_path / "a")


@pytest.mark.parametrize(
    ("model", "last"), [("vgg16", ["classifier.6"]), ("inception", ["fc", "aux1.fc2", "aux2.fc2"])]
)
def test_a_graft_is_the_trunk_with_the_heads_last_layer(tmp_path, model, last):
    trunk = write(tmp_path / "trunk", model, shape=(40, 40, 3), classes=9, seed=1)
    head = write(tmp_path / "head", model, classes=4, seed=2, mean=[0.5] * 3, std=[0.25] * 3)
    assert weights.graft(tmp_path / "trunk", tmp_path / "head", tmp_path / "graft", "both")
    found = load_file(tmp_path / "graft" / "model.safetensors")
    assert found.keys() == head.keys()
    for name, tensor in found.items():
        assert torch.equal(tensor, (head if name.rpartition(".")[0] in last else trunk)[name]), name
    network, description = registry.load(tmp_path / "graft", "cpu")
    assert network.training is False
    del description["provenance"]
    expected = json.loads((tmp_path / "head" / "network.json").read_text())
    seen = {"mean": [0.1, 0.2, 0.3], "std": [1.0, 2.0, 3.0], "channels": "rgb"}
    assert description == expected | {"experiment": "both"} | seen


def test_a_graft_of_networks_with_the_same_classes_still_takes_the_heads_last_layer(tmp_path):
    write(tmp_path / "trunk", "lenet", seed=1)
    head = write(tmp_path / "head", "lenet", seed=2)
    weights.graft(tmp_path / "trunk", tmp_path / "head", tmp_path / "graft", "both")
    found = load_file(tmp_path / "graft" / "model.safetensors")
    assert torch.equal(found["fc2.weight"], head["fc2.weight"])
    assert not torch.equal(found["fc1.weight"], head["fc1.weight"])


def test_a_graft_on_a_wider_trunk_has_a_fresh_last_layer(tmp_path):
    """Published weights have published widths; at demo scale the network trained from scratch is narrower."""
    trunk = write(tmp_path / "trunk", "vgg16", classes=9, network={"width": 0.25}, seed=1)
    write(tmp_path / "head", "vgg16", classes=4, network={"width": 0.125}, seed=2)
    assert not weights.graft(tmp_path / "trunk", tmp_path / "head", tmp_path / "graft", "both", seed=3)
    network, description = registry.load(tmp_path / "graft", "cpu")
    assert description["network"] == {"width": 0.25}
    assert len(description["classes"]) == 4
    found = network.state_dict()
    assert found["classifier.6.weight"].shape == (4, 1024)
    assert all(torch.equal(found[name], tensor) for name, tensor in trunk.items() if "classifier.6" not in name)
    again = tmp_path / "again"
    weights.graft(tmp_path / "trunk", tmp_path / "head", again, "both", seed=3)
    assert (again / "model.safetensors").read_bytes() == (tmp_path / "graft" / "model.safetensors").read_bytes()


def test_a_graft_sees_images_as_its_trunk_does(tmp_path):
    write(tmp_path / "trunk", "lenet", channels="bgr")
    write(tmp_path / "head", "lenet", channels="rgb")
    weights.graft(tmp_path / "trunk", tmp_path / "head", tmp_path / "graft", "both")
    assert registry.describe(tmp_path / "graft")["channels"] == "bgr"


def record(data, weights):
    return {"provenance": {"data": data, "weights": weights}}


@pytest.mark.parametrize(
    ("trunk", "head", "expected"),
    [
        (record(None, "published"), record("published", None), ("published", "published")),
        (record(None, "copy"), record("published", None), ("published", "copy")),
        (record("drawn", None), record("published", None), ("published", "drawn")),  # a stand-in
        (record("drawn", "published"), record("published", None), ("published", "drawn")),
        (record(None, "published"), record("copy", None), ("copy", "copy")),  # its last layer saw no more than copies
        (record(None, "published"), record("published", "copy"), ("published", "copy")),
        (record(None, "published"), record(None, "published"), (None, "published")),
        ({}, record("published", None), ("published", "drawn")),  # of an older version
        (record(None, "published"), {}, ("drawn", "drawn")),
    ],
)
def test_a_graft_has_the_data_of_its_head_and_the_worst_of_all_weights(tmp_path, trunk, head, expected):
    write(tmp_path / "trunk", "lenet", **trunk)
    write(tmp_path / "head", "lenet", **head)
    assert weights.graft(tmp_path / "trunk", tmp_path / "head", tmp_path / "graft", "both")
    found = registry.describe(tmp_path / "graft")["provenance"]
    assert found == {"data": expected[0], "weights": expected[1]}


def test_a_graft_with_a_fresh_last_layer_takes_no_weights_of_its_head(tmp_path):
    write(tmp_path / "trunk", "lenet", network={"width": 0.25}, **record(None, "published"))
    write(tmp_path / "head", "lenet", **record("copy", "drawn"))
    assert not weights.graft(tmp_path / "trunk", tmp_path / "head", tmp_path / "graft", "both")
    assert registry.describe(tmp_path / "graft")["provenance"] == {"data": "copy", "weights": "published"}


@pytest.mark.parametrize("data", ["published", "copy", "drawn"])
def test_a_stand_in_passes_for_no_published_weights(tmp_path, data):
    """Not even where it was trained on published data: they are not those of the weights that it stands for."""
    write(tmp_path / "a", "lenet", **record(data, None))
    before = registry.describe(tmp_path / "a")
    weights.stand_in(tmp_path / "a")
    assert registry.describe(tmp_path / "a") == before | record(data, "drawn")
    assert list(registry.describe(tmp_path / "a")) == list(before)
    assert provenance.of_start(registry.describe(tmp_path / "a")) == "drawn"


@pytest.mark.parametrize("source", ["embedded", "mirror"])
def test_the_script_says_whose_the_weights_are(tmp_path, imagenet, monkeypatch, source):
    """Of a stand-in and of a file; training is left out."""
    monkeypatch.chdir(tmp_path)
    save_file(imagenet, tmp_path / "mobilenet.safetensors")
    settings = {"source": source, "model": "mobilenet_v2", "file": "mobilenet.safetensors"}
    settings |= {"training": {"dataset": "patterns"}}
    monkeypatch.setattr(config, "settings", lambda *_: settings)
    monkeypatch.setattr(config, "code", lambda *_: {})
    monkeypatch.setattr(train, "train", lambda _, __, model, *___: write(model, "lenet", **record("published", None)))
    pretrain_network.main(["imagenet"])
    found = registry.describe(paths.model("imagenet"))["provenance"]
    expected = ("published", "drawn") if source == "embedded" else (None, "copy")
    assert (found["data"], found["weights"]) == expected


def test_a_graft_of_networks_that_do_not_fit_is_refused(tmp_path):
    write(tmp_path / "vgg", "vgg16")
    write(tmp_path / "other", "lenet")
    write(tmp_path / "pairs", "siamese")
    with pytest.raises(ArtifactError, match="only two networks of one model can be grafted"):
        weights.graft(tmp_path / "other", tmp_path / "vgg", tmp_path / "graft", "both")
    with pytest.raises(ArtifactError, match="siamese has no layer with one output per class"):
        weights.graft(tmp_path / "pairs", tmp_path / "pairs", tmp_path / "graft", "both")
    assert not (tmp_path / "graft").exists()


@pytest.mark.parametrize("folder", ["trunk", "head"])
def test_a_graft_of_a_damaged_folder_is_refused(tmp_path, folder):
    for name in ("trunk", "head"):
        write(tmp_path / name, "lenet")
    (tmp_path / folder / "network.json").write_text("{}")
    with pytest.raises(ArtifactError, match=rf"{folder}/network\.json: damaged .*; make it again"):
        weights.graft(tmp_path / "trunk", tmp_path / "head", tmp_path / "graft", "both")


@pytest.fixture(scope="module")
def imagenet():
    """Weights of the size of ImageNet's."""
    torch.manual_seed(0)
    return registry.build("mobilenet_v2", (224, 224, 3), 1000, {}).state_dict()


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_from_a_file_become_a_network(tmp_path, imagenet, suffix):
    path = tmp_path / f"mobilenet{suffix}"
    save_file(imagenet, path) if suffix == ".safetensors" else torch.save(imagenet, path)
    for folder in ("one", "two"):
        weights.from_file(path, "mobilenet_v2", tmp_path / folder, "mobile")
    network, description = registry.load(tmp_path / "one", "cpu")
    assert all(torch.equal(tensor, imagenet[name]) for name, tensor in network.state_dict().items())
    classes = description.pop("classes")
    assert (len(classes), classes[281]) == (1000, "tabby")
    assert description == {
        "experiment": "mobile",
        "dataset": "imagenet",
        "model": "mobilenet_v2",
        "network": {},
        "objective": "classification",
        "shape": [224, 224, 3],
        "crop": None,
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "channels": "rgb",
        "data": {},
        "provenance": {"data": None, "weights": "copy"},
    }
    for file in ("model.safetensors", "network.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize(
    ("suffix", "changed", "origin"),
    [
        (".pth", False, "published"),
        (".pt", False, "published"),
        (".pth", True, "copy"),
        (".safetensors", False, "copy"),
    ],
)
def test_a_file_of_a_mirror_is_published_where_it_has_the_published_digest(
    tmp_path, imagenet, monkeypatch, suffix, changed, origin
):
    """Whatever the file's name is, and whatever digest stands in it."""
    torch.save(imagenet, tmp_path / "published.pth")
    digest = hashlib.sha256((tmp_path / "published.pth").read_bytes()).hexdigest()[:8]
    path = tmp_path / f"{'own' if suffix == '.pt' else f'mobilenet_v2-{digest}'}{suffix}"
    given = imagenet | {"classifier.1.bias": torch.ones(1000)} if changed else imagenet
    save_file(given, path) if suffix == ".safetensors" else torch.save(given, path)
    if suffix != ".safetensors" and not changed:
        path.write_bytes((tmp_path / "published.pth").read_bytes())
    real = torchvision_weights.of

    def of(model):
        name = f"{model}-{digest}.pth" if model == "mobilenet_v2" else "vgg16-00000000.pth"
        return SimpleNamespace(
            url=f"https://example.org/{name}", meta=real(model).meta, transforms=real(model).transforms
        )

    monkeypatch.setattr(torchvision_weights, "of", of)
    weights.from_file(path, "mobilenet_v2", tmp_path / "out", "x")
    assert registry.describe(tmp_path / "out")["provenance"] == {"data": None, "weights": origin}


def test_a_file_of_another_network_is_refused(tmp_path, imagenet):
    save_file(imagenet, tmp_path / "m.safetensors")
    with pytest.raises(DataError, match=r"m\.safetensors: these are not the weights of vgg16 .*change `model`"):
        weights.from_file(tmp_path / "m.safetensors", "vgg16", tmp_path / "out", "x")
    torch.save({"classifier.1.weight": torch.ones(12, 1280)}, tmp_path / "other.pth")
    with pytest.raises(DataError, match="these are not the weights of mobilenet_v2"):
        weights.from_file(tmp_path / "other.pth", "mobilenet_v2", tmp_path / "out", "x")
    with pytest.raises(ConfigError, match="no ImageNet weights are published for 'lenet'"):
        weights.from_file(tmp_path / "m.safetensors", "lenet", tmp_path / "out", "x")
    assert not (tmp_path / "out").exists()


def test_published_weights_are_kept_in_the_working_tree(tmp_path, imagenet, monkeypatch):
    asked = []
    monkeypatch.setattr(torchvision_weights, "download", lambda *given: asked.append(given) or imagenet)
    weights.from_torchvision("mobilenet_v2", tmp_path / "out", "x")
    assert asked == [("mobilenet_v2", paths.WORK / "torchvision")]
    network, description = registry.load(tmp_path / "out", "cpu")
    assert torch.equal(network.state_dict()["classifier.1.bias"], imagenet["classifier.1.bias"])
    assert description["provenance"] == {"data": None, "weights": "published"}


def test_a_failed_download_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise DownloadError("no network")

    monkeypatch.setattr(torchvision_weights, "download", fail)
    with pytest.raises(DownloadError):
        weights.from_torchvision("vgg16", tmp_path / "out", "x")
    assert not (tmp_path / "out").exists()
