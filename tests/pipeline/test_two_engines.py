"""Each line of the contract between the engines, one by one.

Where an edit is made with one engine and taken back with the other, each engine meets both kinds of change, in every
second test. That they find the same stages out of date is tested in test_planning.py and test_proposals.py.
"""

import contextlib
import hashlib
import os
import signal
import time

import psutil
import pytest

from forked import ForkedTree

pytestmark = pytest.mark.pipeline
FEW = ("fashion_dynamic",)  # enough where every kind of stage is not the point
COMMANDS = {"snakemake": ("snakemake", "--cores", "2"), "dvc": ("dvc", "repro")}
ENGINES = list(COMMANDS)


def finish(tree, engine):
    """Let one engine run everything; return the stages that computed."""
    before = len(tree.runs())
    tree.snakemake() if engine == "snakemake" else tree.dvc("repro")
    return {line.split()[0] for line in tree.runs()[before:]}


def test_after_one_engine_the_other_has_nothing_to_do(built):
    built.assert_nothing_to_do()
    assert finish(built, "dvc") == set()
    assert finish(built, "snakemake") == set()


def test_a_clean_run_by_dvc_gives_the_same_bytes_as_one_by_snakemake(built, tmp_path):
    other = ForkedTree(tmp_path / "tree")
    other.dvc("repro")
    assert other.artifacts() == built.artifacts()
    other.assert_nothing_to_do()


def test_an_edited_experiment_reruns_what_depends_on_it_and_turning_back_computes_nothing(built):
    before, artifacts = built.params, built.artifacts()
    edited = built.params
    edited["experiments"]["fashion_static"]["seed"] = 1
    built.params = edited
    assert finish(built, "snakemake") == {
        "train@fashion_static", "evaluate@fashion_static", "inspect@fashion_static", "collect", "study@fashion",
        "report",
    }  # fmt: skip
    built.assert_nothing_to_do()
    built.params = before
    assert finish(built, "dvc") == set()
    built.assert_nothing_to_do()
    assert built.artifacts() == artifacts


def runs_of(tree, *command):
    """The stages that a command computes."""
    before = len(tree.runs())
    tree.run(*command)
    return [line.split()[0] for line in tree.runs()[before:]]


def test_files_added_to_a_mirror_are_read_and_force_computes_again(tmp_path):
    tree = ForkedTree(tmp_path / "tree", trainings=FEW)
    params = tree.params
    params["raw"]["fashion_mnist"] |= {"source": "mirror", "mirror": "mine"}
    tree.params = params
    mirror = tree.folder / "data/mirror/mine"
    mirror.mkdir(parents=True)
    snakemake, dvc = ("snakemake", "--cores", "2", "--until", "fetch"), ("dvc", "repro", "fetch@fashion_mnist")
    assert runs_of(tree, *snakemake) == ["fetch@fashion_mnist"]
    (mirror / "more.bin").write_bytes(b"more")
    assert "fetch@fashion_mnist: the files of its mirror have changed" in tree.dvc("status")
    assert runs_of(tree, *dvc) == ["fetch@fashion_mnist"]
    (mirror / "more.bin").write_bytes(b"less")  # as large as before
    assert runs_of(tree, *snakemake) == ["fetch@fashion_mnist"]
    assert runs_of(tree, *snakemake, "-R", "fetch") == ["fetch@fashion_mnist"]
    mirror.rename(tmp_path / "elsewhere")  # as on another machine, which got the results alone
    assert runs_of(tree, *snakemake) == []


def test_an_edited_module_reruns_the_stages_that_import_it(built):
    module = built.folder / "workflow/revisit/analyses/embed/tsne.py"
    source = module.read_text()
    module.write_text(f"{source}# another line\n")
    # the maps' records change; the stages below run again, since the stand-in's output names its input
    below = {"collect", "study@fashion", "study@voc", "report"}
    assert finish(built, "dvc") == {"embed@fashion_dynamic", "embed@voc_vgg16_finetuned", *below}
    built.assert_nothing_to_do()
    module.write_text(source)
    assert finish(built, "snakemake") == set()


def test_edited_claims_rerun_their_own_study_and_no_other(built):
    artifacts, claims = built.artifacts(), built.folder / "workflow/claims/fashion.yaml"
    text = claims.read_text()
    claims.write_text(f"{text}# another line\n")
    assert finish(built, "snakemake") == {"study@fashion", "report"}
    assert built.artifacts()["results/studies/voc/content"] == artifacts["results/studies/voc/content"]
    built.assert_nothing_to_do()
    claims.write_text(text)
    assert finish(built, "dvc") == set()
    assert built.artifacts() == artifacts


@pytest.mark.parametrize(
    ("engine", "edited"),
    [("snakemake", "workflow/claims/fashion.yaml"), ("dvc", "workflow/revisit/report/study_writer.py")],
)
def test_what_is_edited_during_a_run_makes_nothing_that_passes_for_older(tmp_path, engine, edited):
    tree = ForkedTree(tmp_path / "tree", trainings=FEW)
    process = tree.start(*COMMANDS[engine], STAND_IN_SECONDS="0.5")
    wait_for_script(process)
    file = tree.folder / edited
    text = file.read_text()
    file.write_text(text + "# another line\n")
    output, _ = process.communicate(timeout=120)
    assert process.returncode
    assert f"{edited}: edited since this run began; run again" in output
    file.write_text(text)
    assert finish(tree, engine) == {"study@fashion", "report"}
    tree.assert_nothing_to_do()


@pytest.mark.parametrize(
    ("engine", "damage"), [("snakemake", lambda content: content[:-3]), ("dvc", lambda content: content[::-1])]
)
def test_a_damaged_object_of_the_cache_is_not_believed(built, engine, damage):
    artifacts = built.artifacts()
    path = built.folder / "results/findings/fashion_static/train.json"
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    cached = built.folder / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    content = damage(cached.read_bytes())
    cached.unlink()
    cached.write_bytes(content)
    cached.chmod(0o444)  # DVC takes what is protected for whole
    path.unlink()
    assert finish(built, engine) == {"train@fashion_static"}
    assert built.artifacts() == artifacts
    built.assert_nothing_to_do()


def test_a_removed_experiment_leaves_nothing_behind_and_comes_back_without_computing(built):
    before, artifacts = built.params, built.artifacts()
    own = built.folder / "results/models/my_own"  # which DVC has not made
    own.mkdir(exist_ok=True)
    edited = built.params
    del edited["experiments"]["fashion_static"]
    for kind in ("evaluate", "inspect"):
        del edited["analyses"][kind]["fashion_static"]
    built.params = edited
    assert finish(built, "dvc") <= {"collect", "study@fashion", "report"}
    for kind in ("findings", "models"):
        assert not (built.folder / f"results/{kind}/fashion_static").exists()
    built.assert_nothing_to_do()
    assert own.exists()
    built.params = before
    assert finish(built, "snakemake") == set()
    assert built.artifacts() == artifacts


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_engine_leaves_nothing_that_the_next_run_stumbles_over(tmp_path, engine):
    tree = ForkedTree(tmp_path / "tree", trainings=FEW)
    process = tree.start(*COMMANDS[engine], STAND_IN_SECONDS="3")
    wait_for_script(process)
    process.kill()
    process.wait()
    process.stdout.close()
    finish(tree, "dvc" if engine == "snakemake" else "snakemake")
    tree.assert_nothing_to_do()


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])  # DVC uses $SHELL; dash and bash differ in `-c`
def test_a_script_dies_with_the_dvc_that_started_it(tmp_path, shell):
    tree = ForkedTree(tmp_path / "tree", trainings=FEW)
    process = tree.start("dvc", "repro", STAND_IN_SECONDS="60", SHELL=shell)
    script = wait_for_script(process)
    process.kill()
    process.wait()
    process.stdout.close()
    script.wait(timeout=20)  # raises if it still runs
    assert not script.is_running()


def wait_for_script(process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has ended since
                if any(word.endswith("fetch_dataset.py") for word in child.cmdline()[:2]):
                    time.sleep(0.5)  # until it has asked the kernel
                    return child
        time.sleep(0.05)
    raise AssertionError("fetch did not start")


@pytest.mark.parametrize("first", ENGINES)
def test_a_second_engine_says_who_runs(tmp_path, first):
    tree = ForkedTree(tmp_path / "tree", trainings=FEW)
    running = tree.start(*COMMANDS[first], STAND_IN_SECONDS="60")
    try:
        wait_for_script(running)
        for second in ENGINES:
            output = tree.run(*COMMANDS[second], check=False)
            assert tree.status != 0
            assert f"{first} (PID {running.pid}) is running on this working tree" in output
            assert "Traceback" not in output
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
