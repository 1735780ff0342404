"""Trainings listed here, run elsewhere in pieces without the engines, and taken back: with the real scripts on the CPU.

Elsewhere is a folder with what the copy list names, in which no engine can be imported.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from ruamel.yaml import YAML

pytestmark = pytest.mark.pipeline
BLOCK = """
import sys, time
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("dvc", "dvc_data", "snakemake", "pydantic", "ruamel", "psutil", "simpleeval"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Block())
def slower(monotonic=time.monotonic):  # a step of a training takes long enough to be cut, on a fast machine too
    if sys._getframe(1).f_globals.get("__name__") == "revisit.training.pause":
        time.sleep(0.25)
    return monotonic()
time.monotonic = slower
"""
PLAN = ("python", "workflow/scripts/plan_gpu_pieces.py")
COLLECT = ("make", "--no-print-directory", "-o", ".venv/.ready", "gpu-collect", "FROM=back")
NAME = "fashion_dynamic"
MADE = ("models", "findings", "features")
STAGES = [f"{kind}@{NAME}" for kind in ("train", "evaluate", "extract", "inspect")]


def forget(tree, *stages):
    """Remove what these stages made, as if they had never run; the run cache, too."""
    yaml = YAML()
    lock = yaml.load(tree.folder / "dvc.lock")
    for stage in stages:
        for out in lock["stages"].pop(stage)["outs"]:
            path = tree.folder / out["path"]
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    yaml.dump(lock, tree.folder / "dvc.lock")
    shutil.rmtree(tree.folder / ".dvc/cache/runs")


def elsewhere(tree, folder):
    """What the copy list names, in `folder`."""
    tree.run("tar", "-czf", str(folder) + ".tar.gz", "-T", "results/pieces/copy.txt")
    folder.mkdir()
    shutil.unpack_archive(str(folder) + ".tar.gz", folder, filter="data")
    (folder / "block").mkdir()
    (folder / "block/sitecustomize.py").write_text(BLOCK)
    return folder


def start(folder, budget):
    command = [sys.executable, "results/pieces/run.py", "--budget", str(budget)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DVC", "REVISIT"))}
    environment |= {"PYTHONPATH": str(folder / "block")}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=folder, env=environment, **streams)


def killed_while_training(folder):
    """Kill the runner while the training runs, which ends with it."""
    process = start(folder, 500)
    events = folder / f".work/train/{NAME}"
    while not list(events.rglob("events/*")):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="module")
def home(real, tmp_path_factory):
    """A tree whose training `NAME` and analyses have been run elsewhere, in pieces; its `back` holds the results."""
    tree = real.copy(tmp_path_factory.mktemp("pieces") / "home")
    forget(tree, *STAGES)
    tree.output = tree.run(*PLAN)
    far = elsewhere(tree, tree.folder.parent / "far")
    killed_while_training(far)
    budget, tree.calls, tree.told = 12.0, 0, ""
    while True:
        trained = (far / f"results/pieces/receipts/train@{NAME}.json").exists()
        process = start(far, 500 if trained else budget)
        output, _ = process.communicate()
        tree.told += output
        assert "Traceback" not in output, output
        if process.returncode == 0:
            break
        if process.returncode == 2:  # a slow machine: even the start takes longer
            assert re.search("give a larger --budget", output), output
            budget *= 1.5
        tree.calls += process.returncode == 75
        assert tree.calls < 30
    tree.run("tar", "-czf", str(far) + ".back.tar.gz", "-C", str(far), "-T", str(far / "results/pieces/back.txt"))
    shutil.unpack_archive(str(far) + ".back.tar.gz", tree.folder / "back", filter="data")
    return tree


@pytest.fixture
def tree(home, tmp_path):
    return home.copy(tmp_path / "tree")


def test_the_list_says_what_and_how_long_and_how_to_go_on(home):
    steps = json.loads((home.folder / "results/pieces/pieces.json").read_text())["steps"]
    assert [step["stage"] for step in steps] == STAGES
    assert steps[0]["seconds"] >= 15
    assert "4 steps at scale demo, some" in home.output
    assert "tar -czf pieces.tar.gz -T results/pieces/copy.txt" in home.output
    assert {"torch", "numpy", "safetensors", "pandas"} <= set(steps[0]["packages"])
    assert not {"dvc", "snakemake", "pydantic", "ruamel"} & set(steps[0]["packages"])


def test_the_training_was_cut_and_the_results_are_those_of_one_at_once(home, real, tree):
    assert home.calls >= 1
    assert "note: going on after step" in home.told
    tree.run(*COLLECT)
    ours, whole = tree.artifacts(), real.artifacts()
    made = [path for path in whole if NAME in path and path.split("/")[1] in MADE]
    assert len(made) > 10
    assert [path for path in made if ours.get(path) != whole[path]] == []


def test_both_engines_take_the_results_for_their_own(tree):
    output = tree.run(*COLLECT)
    assert f"taken: train@{NAME}" in output
    assert "computed on no GPU, the CPU, PyTorch" in output
    tree.assert_nothing_to_do()
    again = tree.run(*COLLECT)
    assert "taken: nothing" in again
    assert f"here before: train@{NAME}" in again


def refused(tree):
    output = tree.run(*COLLECT, check=False)
    assert tree.status == 2
    assert "Traceback" not in output
    assert not (tree.folder / f"results/models/{NAME}").exists()
    return output


def test_another_setting_is_refused_by_its_name(tree):
    params = tree.params
    params["experiments"][NAME]["optimizer"]["lr"] = 0.002
    tree.params = params
    assert f"train@{NAME}: it ran with another setting `runs.base.optimizer.lr`; turn that back here" in refused(tree)


def test_another_code_is_refused_by_its_file(tree):
    with open(tree.folder / "workflow/revisit/models/fashion_cnn.py", "a") as stream:
        stream.write("# edited\n")
    output = refused(tree)
    assert f"not taken: train@{NAME}" in output
    assert output.count("it ran with another workflow/revisit/models/fashion_cnn.py; turn that back") == 1


def test_a_record_that_was_changed_on_its_way_is_refused(tree):
    record = tree.folder / f"back/results/config/train/{NAME}.json"
    record.write_text(record.read_text().replace('"seed": 0', '"seed": 1'))
    assert "not the record that was used; copy it again" in refused(tree)


def test_results_that_were_changed_on_their_way_are_refused(tree):
    weights = tree.folder / f"back/results/models/{NAME}/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert f"back/results/models/{NAME}: missing, or not what the receipt says; copy it again" in refused(tree)


def test_other_data_are_refused(tree):
    meta = tree.folder / "data/prepared/fashion_mnist/meta.json"
    meta.write_text(meta.read_text() + " ")
    assert "data/prepared/fashion_mnist: what it read there is not what is here" in refused(tree)


def test_an_empty_folder_and_a_damaged_receipt(tree):
    receipt = next((tree.folder / "back/results/pieces/receipts").glob("train*.json"))
    receipt.write_text("{")
    assert f"{receipt.name}: damaged" in refused(tree)
    shutil.rmtree(tree.folder / "back")
    assert "no receipts; unpack there what the other machine's back.txt lists" in refused(tree)


def test_a_receipt_that_points_out_of_the_tree_is_refused(tree):
    receipt = next((tree.folder / "back/results/pieces/receipts").glob("train*.json"))
    content = json.loads(receipt.read_text())
    content["outputs"]["../outside"] = "0" * 64
    receipt.write_text(json.dumps(content))
    assert "a path leads out of the tree" in refused(tree)


def test_what_the_trainings_need_comes_first(real, tmp_path):
    tree = real.copy(tmp_path / "tree")
    assert "nothing to list" in tree.run(*PLAN)
    params = tree.params
    params["datasets"]["patterns"]["demo"]["train"] += 1
    params["experiments"][NAME]["optimizer"]["lr"] = 0.002
    tree.params = params
    output = tree.run(*PLAN, check=False)
    assert tree.status == 2
    assert "run `dvc repro configure prepare@patterns` first" in output
    tree.dvc("repro", "prepare@patterns")
    tree.run(*PLAN)
    steps = json.loads((tree.folder / "results/pieces/pieces.json").read_text())["steps"]
    names = [step["stage"] for step in steps]
    assert names.index("pretrain@imagenet_vgg16") < names.index("graft@voc_vgg16_start")
    assert names.index("graft@voc_vgg16_start") < names.index("finetune@voc_vgg16_finetuned")
    assert "train@voc_vgg16_scratch" not in names
    copied = (tree.folder / "results/pieces/copy.txt").read_text().split()
    assert {"results/models/voc_vgg16_scratch", "data/prepared/patterns", "data/prepared/voc2007"} <= set(copied)
    tree.run(*PLAN, NAME)
    steps = json.loads((tree.folder / "results/pieces/pieces.json").read_text())["steps"]
    assert {step["stage"].partition("@")[2] for step in steps} == {NAME}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fashion_dynmic"], "'fashion_dynmic' is no training of params.yaml; there are: "),
        (["--folder", "/elsewhere"], "--folder /elsewhere: expected a folder within this tree"),
    ],
)
def test_mistakes(real, arguments, words):
    output = real.run(*PLAN, *arguments, check=False)
    assert real.status == 2
    assert words in output
