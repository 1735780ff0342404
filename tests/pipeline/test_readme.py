"""Every command and every configuration of the README works as it stands there."""

import json
import re
import shlex
import shutil

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from revisit.params.load import load
from tree import ROOT

pytestmark = pytest.mark.pipeline
README = (ROOT / "README.md").read_text()
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if (command := line.split("#")[0].strip())
]
EXPERIMENT = "dvc exp run -S experiments.fashion_static.optimizer.lr=0.02"  # changes the tree: gets one of its own
INLINE = ["tensorboard --logdir results/models"]
EXAMPLES = [YAML(typ="safe").load(block) for block in re.findall(r"```yaml\n(.*?)```", README, re.S)]

# Run elsewhere, since they would run these very tests or take long: `.ci/run` runs the first two on every change; the
# tests of the pipeline, of reliability, of the browser and of the benchmarks run short forms of the others.
ELSEWHERE = {
    "make test", "make check", "make reproducible", "make reliability", "make performance", "make sbom audit", "pytest",
    "make browser", "make remotes", "make cluster",
}  # fmt: skip


def merged(base, addition):
    both = base.keys() & addition.keys()
    deep = {key: merged(base[key], addition[key]) for key in both if isinstance(base[key], dict)}
    return {**base, **addition, **deep}


def run(tree, command):
    words = shlex.split(command)
    if words[0] == "make":  # the environment is the one that runs this test
        words = ["make", "-o", ".venv/.ready", *words[1:]]
    return tree.run(*words)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in ELSEWHERE | {EXPERIMENT}])
def test_command(real, command):
    output = run(real, command)
    assert "Traceback" not in output
    expected = {
        "make report": "The report: ",
        "snakemake -n": "Nothing to be done",
        "dvc dag": "flowchart TD",
        "dvc metrics": "| results/findings/fashion_dynamic/train.json",
        "dvc plots": "dvc_plots/index.html",
        "snakemake --summary": "results/report",
    }
    for start, words in expected.items():
        if command.startswith(start):
            assert words in output


def test_an_experiment_from_the_command_line_runs_what_it_changes(real, tmp_path):
    assert EXPERIMENT in COMMANDS
    tree = real.copy(tmp_path / "tree")
    output = run(tree, EXPERIMENT)
    assert "Ran experiment(s)" in output
    assert "Running stage 'train@fashion_static'" in output
    assert "Stage 'train@fashion_dynamic' didn't change" in output
    assert re.search(r"fashion_static\.optimizer\.lr +0\.001 +0\.02", run(tree, "dvc params diff"))
    assert "fashion_static/train.json" in run(tree, "dvc metrics diff")


def test_plots_need_no_network(real):
    real.dvc("plots", "show")
    page = (real.folder / "dvc_plots/index.html").read_text()
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=.?https?:", page)
    assert "vegaEmbed" in page


def test_tensorboard_reads_what_training_wrote(real):
    from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

    assert all(command in README for command in INLINE)
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(real.folder / "results/models")).Reload()
    trained = [path.parent.name for path in (real.folder / "results/models").glob("*/events")]
    logged = {run.split("/")[0] for run in multiplexer.Runs()}
    assert {"fashion_dynamic", "voc_vgg16_finetuned"} < logged == set(trained)


def test_commands_run_elsewhere_exist():
    makefile = (ROOT / "Makefile").read_text()
    for command in ELSEWHERE & set(COMMANDS):
        if command.startswith("make "):
            assert re.search(rf"^{command.split()[1]}:", makefile, re.M), command
    passed = (ROOT / ".ci/run").read_text().splitlines()
    assert {"make test", 'make check >"$said" 2>&1 &'} <= set(passed)


def test_every_configuration_example_is_allowed(tmp_path):
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    for example in EXAMPLES:
        params = merged(params, example)
    YAML(typ="safe").dump(params, tmp_path / "params.yaml")
    assert {"fashion_momentum"} < set(load(tmp_path / "params.yaml").experiments)
    assert len(EXAMPLES) >= 3


def test_an_added_experiment_and_data_set_run(real, tmp_path):
    tree = real.copy(tmp_path / "tree")
    params = tree.params
    for example in EXAMPLES:
        params = merged(params, example)
    tree.params = params
    random = np.random.default_rng(0)
    for number in range(40):
        photo = tree.folder / f"data/mirror/my-photos/{'cat' if number % 2 else 'dog'}/{number}.jpg"
        photo.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (70, 90, 3), dtype=np.uint8)).save(photo)
    output = tree.dvc("repro")
    assert "Stage 'train@fashion_dynamic' didn't change" in output
    assert np.load(tree.folder / "data/prepared/my_photos/train_images.npy").shape == (32, 64, 64, 3)
    assert (tree.folder / "results/findings/fashion_momentum/evaluate.json").exists()
    found = json.loads((tree.folder / "results/findings/fashion_momentum/train.json").read_text())
    assert {name: variant["runs"] for name, variant in found["variants"].items()} == {"dropout_02": 2, "dropout_05": 2}
    assert (tree.folder / "results/findings/my_photos_vgg16/train.json").exists()
    pages = {path.stem: path.read_text() for path in (tree.folder / "results/report").glob("*.html")}
    assert "fashion momentum" in pages["fashion"]
    assert "my photos vgg16" in pages["fashion"]

    shutil.copy(photo, photo.with_name("later.jpg"))
    tree.dvc("repro", "prepare@my_photos")
    assert len(np.load(tree.folder / "data/prepared/my_photos/train_images.npy")) == 33


def test_the_reference_of_the_keys_is_current():
    from revisit.params import document

    assert (ROOT / "docs/params.md").read_text() == document.markdown()
    assert (ROOT / "docs/params.schema.json").read_text() == document.json_schema()


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://") or (ROOT / target.partition("#")[0]).exists(), target
