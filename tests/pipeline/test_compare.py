"""Two revisions compared on a tree whose findings are written by hand and kept by the real DVC."""

import json
import os
import shutil
import subprocess
from contextlib import chdir
from pathlib import Path

import pytest
from dvc.lock import make_lock
from ruamel.yaml import YAML

import compare_revisions
from revisit.errors import ArtifactError, BusyError, ConfigError, EngineError
from revisit.params.load import load
from revisit_engines import configure, revisions
from tree import BIN, Tree

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning"),  # DVC's own use of pygtrie
]
COMPARE = ("make", "--no-print-directory", "-o", ".venv/.ready", "compare")  # `make test` may run this very test
SCRIPT = ("python", "workflow/scripts/compare_revisions.py")
HOSTILE = ("x; touch pwned", "$(shell touch pwned)", "'; echo $(touch pwned) `touch pwned`; '")
UNKNOWN = (
    "nothing",
    "HEAD~9",
    "HEAD:params.yaml",
    "HEAD^{tree}",
    "a..b",
    "f" * 40,
    "--help",
    "\x1b[31m",
    "\udcff",
    "x\n",
)

EXPECTED = """\
Verdicts that changed
claim    published  ours            verdict
fashion  0.9        0.750 -> 0.600  agrees -> not reproduced

Metrics that changed
                                         A      B  difference  relative
fashion_static
  train.variants.base.test_accuracy  0.750  0.600      −0.150    −20.0%

1 of 1 verdict changed; 1 main metric changed, 1 other too: see --metrics '*'.
"""


def write(tree, **accuracies):
    """Every output of every stage but `configure`: findings and a verdict by these accuracies, else anything."""
    with chdir(tree.folder):
        configure.write(load())
    for stage, paths in tree.specify().items():
        for out in paths["outs"] if stage != "configure" else ():
            path = tree.folder / out
            if path.name == "train.json":
                accuracy = accuracies.get(path.parent.name, 0.5)
                value = {"test_accuracy": accuracy, "variants": {"base": {"test_accuracy": accuracy}}}
                content = json.dumps(value)
            else:
                content = json.dumps({"of": stage})
            if not path.suffix:
                path = path / "content"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    accuracy = accuracies["fashion_static"]
    verdict = "agrees" if accuracy > 0.7 else "not reproduced"
    claim = {"id": "fashion", "published": 0.9, "ours": accuracy, "verdict": verdict}
    (tree.folder / "results/studies/fashion/claims.json").write_text(json.dumps([claim]))
    for study in tree.params["studies"]:
        (tree.folder / f"results/collected/{study}").mkdir(parents=True, exist_ok=True)
        (tree.folder / f"results/collected/{study}/content").write_text(str(accuracies))


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """Three commits: without results, with some, and with others after an edit of params.yaml."""
    tree = Tree(tmp_path_factory.mktemp("compare") / "tree", stand_ins=False, trainings=["fashion_static", "rows_cnn"])
    write(tree, fashion_static=0.75)
    tree.dvc("commit", "--force")
    tree.commit("results")
    params = tree.params
    params["experiments"]["fashion_static"]["optimizer"]["lr"] = 0.5
    tree.params = params
    write(tree, fashion_static=0.6)
    tree.dvc("commit", "--force")
    tree.commit("another learning rate")
    return tree


@pytest.fixture
def there(committed, monkeypatch):
    """That tree, to read only, and this process in it."""
    monkeypatch.chdir(committed.folder)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", "")  # set by `read`, put back after the test
    return committed


@pytest.fixture
def tree(there, tmp_path, monkeypatch):
    """A copy of that tree, and this process in it."""
    tree = there.copy(tmp_path / "tree")
    monkeypatch.chdir(tree.folder)
    return tree


def cached(file):
    """The file in DVC's cache that holds an output, by the working tree's dvc.lock."""
    stages = YAML(typ="safe").load(Path("dvc.lock"))["stages"].values()
    digest = next(out["md5"] for stage in stages for out in stage["outs"] if out["path"] == file)
    return f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}"


def files(folder):
    """{path: (content, time of the last change)} of what is neither git's nor private to DVC."""
    found = (path for path in folder.rglob("*") if path.is_file())
    shared = (path for path in found if not {".git", "tmp", "site"} & set(path.relative_to(folder).parts))
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in shared if "__pycache__" not in str(path)
    }


def test_an_edit_its_commit_and_what_it_changed(tree, capsysbinary):
    before = files(tree.folder)
    output = tree.run(*COMPARE, "A=HEAD~1", "B=HEAD")
    assert output[output.index("Verdicts") :] == EXPECTED
    assert "A: HEAD~1 (" in output
    shutil.rmtree("results")  # the cache is enough
    compare_revisions.main(["HEAD~1", "HEAD"])
    assert output.endswith(capsysbinary.readouterr().out.decode())
    assert {path: file for path, file in before.items() if "/results/" not in path} == files(tree.folder)
    with make_lock(".dvc/tmp/lock"):
        pass  # nobody holds it any more


def test_the_working_tree_against_the_last_commit(tree, capsysbinary):
    assert "Nothing changed: 1 verdict and " in tree.run(*COMPARE)
    compare_revisions.main(["HEAD~1", "--json", "--metrics", "*.train.test_accuracy"])
    found = json.loads(capsysbinary.readouterr().out)
    assert [(row["path"], row["a"], row["b"]) for row in found["metrics"]] == [
        ("fashion_static.train.test_accuracy", 0.75, 0.6)
    ]
    assert found["stale_b"] == []
    params = tree.params
    params["experiments"]["rows_cnn"]["batch_size"] = 77
    tree.params = params
    (_, now) = revisions.read(["HEAD", "workspace"])
    assert now.stale[-1] == "train@rows_cnn"
    assert "train@fashion_static" not in now.stale
    assert not any(stage.startswith(("fetch", "prepare", "report", "collect")) for stage in now.stale)


def test_what_lies_in_the_working_tree_counts_then_its_lock(tree):
    file = tree.folder / "results/findings/rows_cnn/train.json"
    file.write_text('{"test_accuracy": 0.125}')
    (head, now) = revisions.read(["HEAD", "workspace"])
    assert (head.metrics["rows_cnn.train.test_accuracy"], now.metrics["rows_cnn.train.test_accuracy"]) == (0.5, 0.125)
    file.unlink()
    assert revisions.read(["workspace"])[0].metrics == head.metrics


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_an_unknown_revision(there, name):
    output = there.run(*COMPARE, f"A={name}", f"B={name}", check=False)
    assert there.status == 2
    assert f"error: git knows no revision {name!r}" in output
    assert "Traceback" not in output
    assert not (there.folder / "pwned").exists()


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_revision(there, name):
    with pytest.raises(EngineError, match="git knows no revision") as caught:
        revisions.read([name])
    assert str(caught.value).isprintable()


def test_tags_branches_and_experiments_are_revisions(tree):
    tree.git("tag", "-a", "v1", "-m", "a tag of its own")
    tree.git("branch", "kept", "HEAD~1")
    tree.git("update-ref", f"refs/exps/ab/{'c' * 38}/tried-it", "HEAD~1")
    found = revisions.read(["v1", "kept", "tried-it"])
    assert [of.metrics["fashion_static.train.test_accuracy"] for of in found] == [0.6, 0.75, 0.75]


def test_a_revision_without_results(there):
    with pytest.raises(ArtifactError, match=r"revision HEAD~2 has no results: no dvc\.lock .* commit dvc\.lock"):
        revisions.read(["HEAD~2", "HEAD"])


def test_results_that_the_cache_does_not_hold(tree):
    lost = cached("results/findings/fashion_static/train.json")
    os.unlink(lost)
    with pytest.raises(ArtifactError, match=r"no results/findings/fashion_static/train\.json: .*dvc fetch .*dvc repro"):
        revisions.read(["HEAD"])
    revisions.read(["HEAD~1", "workspace"])  # the one has another, the other has it on disk
    os.unlink(cached("results/studies/fashion"))
    with pytest.raises(ArtifactError, match=r"train\.json and 1 more: "):
        revisions.read(["HEAD"])
    shutil.rmtree("results")
    with pytest.raises(ArtifactError, match=r"the working tree: DVC's cache has no .*dvc checkout"):
        revisions.read(["workspace"])


def test_a_damaged_file_is_named(tree):
    (tree.folder / "results/findings/rows_cnn/train.json").write_text('{"a": ')
    with pytest.raises(ArtifactError, match=r"the working tree: results/findings/rows_cnn/train\.json is damaged"):
        revisions.read(["workspace"])
    (tree.folder / "dvc.lock").write_text("stages: [")
    with pytest.raises(EngineError, match=r"the working tree: DVC: .*dvc\.lock"):
        revisions.read(["workspace"])
    (tree.folder / "params.yaml").write_text("experiments: [")
    with pytest.raises(ConfigError, match=r"params\.yaml: cannot be read \(not valid YAML"):
        revisions.read(["workspace"])
    revisions.read(["HEAD"])
    tree.commit("damage")
    with pytest.raises(EngineError, match=r"revision HEAD: DVC: .*: compare another revision"):
        revisions.read(["HEAD"])


def test_dvc_at_work_is_named(there, monkeypatch):
    monkeypatch.setattr("dvc.lock.DEFAULT_TIMEOUT", 0.1)
    with make_lock(".dvc/tmp/lock"):
        with pytest.raises(BusyError, match=rf"DVC \(PID {os.getpid()}\) holds this working tree"):
            revisions.read(["workspace"])
        revisions.read(["HEAD"])  # a commit needs no lock


def test_no_git_repository_and_no_commit(tree):
    shutil.rmtree(".git")
    with pytest.raises(EngineError, match=r"not a git repository.*git init"):
        revisions.read(["HEAD"])
    tree.git("init", "-q")
    with pytest.raises(EngineError, match="there is no commit yet"):
        revisions.read(["HEAD"])


def test_a_reader_that_has_seen_enough(there):
    command = [BIN / SCRIPT[0], SCRIPT[1], "HEAD", "HEAD"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_pattern_that_names_nothing(there):
    with pytest.raises(ArtifactError, match=r"neither HEAD~1 \(.* has a metric that 'nothing\.\*' names"):
        compare_revisions.main(["HEAD~1", "HEAD", "--metrics", "nothing.*"])
