import json
import re

import pytest

from revisit.errors import ArtifactError
from revisit.reference import store
from revisit.reference.keep import keep


@pytest.fixture
def root(clone, published, tmp_path):
    root = tmp_path / "reference"
    keep("small", {"paper": published}, clone.folder, root=root)
    (root / "README.md").write_text("about\n")
    return root


def test_names_are_folders(root):
    assert store.names(root) == ["small"]
    assert store.names(root / "none") == []
    assert store.paths_of("other", root) == []
    assert store.paths_of("small", root)[-1] == root / "small/reference.json"


def described(root, changes):
    path = root / "small/reference.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "version: Input should be 1"),
        ({"commit": "main"}, "commit: String should match"),
        ({"experiment": "other"}, "it describes other, not small"),
        ({"date": "2026-02-30"}, "date: .*day"),
        ({"date": "٢٠٢٦-٠١-٠١"}, "date: String should match"),
        ({"date": "2026-01-01\n"}, "date: String should match"),
        ({"machine": ""}, "machine: String should"),
        ({"machine": "x" * 201}, "machine: String should have at most 200"),
        ({"machine": "a\nb"}, "machine: String should match"),
        ({"versions": {"torch": "2" * 201}}, "versions"),
        ({"seconds": {"train": -1}}, "seconds.train: Input should be greater"),
        ({"first_steps": {"variant": "base", "loss": []}}, "first_steps.loss: List should have at least 1"),
        ({"first_steps": {"variant": "base", "loss": ["NaN"]}}, "first_steps.loss.0: Input should be a finite"),
        ({"unknown": 1}, "unknown: Extra inputs"),
        ({"replicates": 0}, "replicates: Input should be greater"),
        ({"files": {"../../train.json": "0" * 64}}, "files"),
        ({"files": {"/etc/passwd": "0" * 64}}, "files"),
        ({"data": {"dataset": "dots", "provenance": "drawn", "weights": None, "sha256": {}}}, "data.provenance"),
    ],
)
def test_a_wrong_description_is_refused_by_its_key(root, changes, words):
    described(root, changes)
    with pytest.raises(ArtifactError, match=f"reference.json: .*{words}.*git checkout"):
        store.read("small", root)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda settings: settings.clear(), "settings: train"),
        (lambda settings: settings.update(train={}), r"settings: train\.dataset: Field required"),
        (lambda settings: settings.update(embed=None), r"settings\.embed: Input should be a valid dict"),
        (lambda settings: settings["train"].update(keep="fast"), r"train\.keep: there is no fast in runs"),
        (lambda settings: settings["train"].update(keep=["base"]), r"train\.keep: Input should be a valid string"),
        (lambda settings: settings["train"].update(runs=[1]), r"train\.runs: Input should be a valid dict"),
        (lambda settings: settings["train"]["runs"].update(old=None), r"train\.runs\.old: Input should be"),
        (lambda settings: settings["train"]["runs"]["base"].update(read_at=None), r"train\.runs\.base\.read_at"),
        (lambda settings: settings["train"].update(replicates=7), r"replicates: 2, and settings\.train\.replicates: 7"),
        (
            lambda settings: settings["train"].update(dataset="cats"),
            r"data\.dataset: dots, and settings.*dataset: cats",
        ),
        (lambda settings: settings["train"].update(keep="slow"), r"variant: base, and settings\.train\.keep: slow"),
    ],
)
def test_settings_that_no_training_has_are_refused(root, spoil, words):
    settings = json.loads((root / "small/reference.json").read_text())["settings"]
    spoil(settings)
    described(root, {"settings": settings})
    with pytest.raises(ArtifactError, match=f"reference.json: .*{words}.*git checkout"):
        store.read("small", root)


def test_a_doctored_number_is_refused(root):
    path = root / "small/findings/train.json"
    path.write_text(path.read_text().replace('"cpu"', '"gpu"'))
    with pytest.raises(
        ArtifactError, match=r"train.json: its content is not what was kept; restore it with `git checkout"
    ):
        store.read("small", root)


def test_a_missing_and_an_added_file_are_refused(root):
    (root / "small/findings/embed/more.csv").write_text("a\n")
    with pytest.raises(ArtifactError, match=r"more.csv: it is no part of the reference result"):
        store.read("small", root)
    (root / "small/findings/embed/more.csv").unlink()
    (root / "small/findings/embed/points.csv").unlink()
    with pytest.raises(ArtifactError, match=r"points.csv: it is missing"):
        store.read("small", root)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": NaN}'])
def test_a_damaged_description_is_refused(root, text):
    (root / "small/reference.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"reference.json: .*remove the folder"):
        store.read("small", root)


@pytest.mark.parametrize("target", ["nowhere", "embed", "/", "train.json"])
def test_a_link_is_no_part(root, target):
    (root / "small/findings/link").symlink_to(target)
    with pytest.raises(ArtifactError, match="link: it is no part"):
        store.read("small", root)


@pytest.mark.parametrize(("part", "kind"), [("findings/train.json", "file"), ("findings", "folder")])
def test_what_became_a_link_is_refused(root, tmp_path, part, kind):
    path = root / "small" / part
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match=rf"{re.escape(path.name)}: a link, and no {kind} of its own; restore it"):
        store.read("small", root)


def test_a_key_given_twice_is_refused(root):
    path = root / "small/reference.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2, "version": 1'))
    with pytest.raises(ArtifactError, match="a key is given twice: 'version'"):
        store.read("small", root)
