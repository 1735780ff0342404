"""The measuring scripts run and print a table; what they measure depends on the machine."""

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from revisit import forks

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if '__name__ == "__main__"' in path.read_text()
)
TINY = {
    "linear_probes": "--rows 60 --test-rows 40 --dimensions 12 --C 0.01",
    "tsne": "--points 100 --dimensions 12 --perplexity 10 --iterations 260 --reference 260",
    "neighbours": "--rows 50 --dimensions 12",
    "graphs": "--rounds 2 --steps 1 --batch-size 4 --backends aot_eager",
    "training": "--rounds 1 --steps 1 --networks lenet",
    "memory_formats": "--rounds 1 --cases 2",
    "evaluation": "--rounds 1 --every 1 --networks lenet",
    "input_pipeline": "--images 4",
    "start_up": "--scripts fetch_dataset",
    "data_size": "--images 50 --stages prepare",
    "sweeps": "--variants 1 --sweeps lenet_nine",
    "detectors": "--images 1 --rounds 1",
    "experiment_count": "--experiments 1",
}
SLOW = ("sweeps", "experiment_count")  # they start processes or engines one after the other
# What does not depend on the machine: the neighbours found, the losses of graphs and loops of the same kernels, the
# numbers of a sweep.
QUALITY = {
    "neighbours": ("right", r"100\.0000%"),
    "graphs": ("loss differs", r"0\.0e\+00"),
    "training": ("loss differs", r"0e\+00|\de-(0[6-9]|\d\d)"),
    "evaluation": ("loss differs", r"0e\+00|\de-(0[6-9]|\d\d)|-"),
    "input_pipeline": ("levels apart", r"0\.000|other crops"),
    "sweeps": ("same numbers", "yes"),
}


# Has a script run in a fork of the server, as if Python had been started with it.
CLIENT = f"""
import sys
from pathlib import Path
root, script = map(Path, sys.argv[1:3])
sys.argv[:], sys.path[0] = sys.argv[2:], str(script.parent)
sys.path.insert(0, {str(ROOT / "workflow")!r})
from revisit import forks
forks.run_elsewhere(script, root, ["PYTEST_CURRENT_TEST"])
sys.exit("there was no fork")
"""
# What several scripts import, which takes longer than most of their tiny runs.
IMPORTED = "torch torch._dynamo torchvision sklearn.linear_model sklearn.manifold sklearn.svm openTSNE"


def run(name, options, *launcher):
    command = [sys.executable, *launcher, str(ROOT / "benchmarks" / f"{name}.py"), *options.split()]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT / "tests")
    assert result.returncode == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    """What Python is given before a script and its options, for it to run in a fork that has its imports already."""
    if sys.platform != "linux":
        yield ()
        return
    root = tmp_path_factory.mktemp("forks")
    (root / forks.SOCKET).parent.mkdir(parents=True)
    command = [sys.executable, str(ROOT / "workflow/fork_server.py"), str(forks.SOCKET)]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        print(IMPORTED, file=server.stdin, flush=True)
        while server.poll() is None and not (root / forks.SOCKET).exists():
            time.sleep(0.05)
        yield "-c", CLIENT, str(root)
        server.stdin.close()
        assert server.stderr.read() == ""


def test_every_script_is_found():
    assert {"engine_overhead", "whole_pipeline", "performance", *TINY} <= set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_how_to_measure(name):
    shown = run(name, "--help").stdout
    assert f"python benchmarks/{name}.py" in shown
    assert "reference" in shown.lower()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.thorough if name in SLOW else ()) for name in TINY]
)
def test_a_tiny_run_prints_one_table_of_ratios_to_its_reference(launcher, name):
    result = run(name, TINY[name], *launcher)
    assert "Warning" not in result.stderr
    title, table = result.stdout.strip().split("\n\n")[:2]
    assert "reference: " in title
    columns, *rows = (re.split(r" {2,}", line) for line in table.splitlines())
    rows = [dict(zip(columns, row, strict=True)) for row in rows]
    ratios = [column for column in columns if re.match(r"times as fast|x \d", column)]
    assert rows
    assert len(ratios) == 1
    assert float(rows[0][ratios[0]]) == 1  # the reference comes first
    assert all(float(row[ratios[0]]) > 0 for row in rows)
    if name in QUALITY:
        column, value = QUALITY[name]
        assert all(re.fullmatch(value, row[column]) for row in rows)


def test_goals_say_whether_they_hold(module, capsys):
    timing = module("timing")
    goals = timing.Goal("times as fast", 2.04, at_least=2), timing.Goal("share", 0.0512, at_most=0.05)
    timing.print_table("the title; reference: a", ("what", "CPU s"), [("a b", "1.0"), ("c", "0.5")])
    timing.print_goals(*goals)
    measured, found = timing.read_tables(capsys.readouterr().out)
    assert measured == [{"what": "a b", "CPU s": "1.0"}, {"what": "c", "CPU s": "0.5"}]
    assert [tuple(row.values()) for row in found] == [
        ("times as fast", ">= 2", "2.04", "yes"),
        ("share", "<= 0.05", "0.0512", "no"),
    ]
    assert tuple(found[0]) == timing.GOALS


def test_a_drawing_is_the_same_on_every_run(module, tmp_path):
    draw = module("drawing").draw
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name, "images", [10, 100], {"seconds": {"one": [1, 2], "two": [3, 4]}, "MB": {"one": [5, 6]}})
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert ">seconds<" in (tmp_path / "a.svg").read_text()


def test_all_imports_of_a_script_count(module, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from __future__ import annotations\nimport json\n\ndef late():\n    from a.b import c\n")
    lines = module("start_up").imports(script).splitlines()
    assert lines[2:4] == ["import json", "from a.b import c"]
    assert not any("__future__" in line for line in lines)


def test_scripts_account_for_their_seconds_and_for_those_of_their_children(module, tmp_path):
    whole_pipeline, script, dvc = module("whole_pipeline"), tmp_path / "a.py", tmp_path / "dvc"
    script.write_text("import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'sum(range(10**7))'])\n")
    dvc.write_text(
        "import os, subprocess, sys\nsum(range(5 * 10**6))\n"  # more than clocks may differ by
        f"subprocess.run([sys.executable, {str(script)!r}], env=os.environ | {{'DVC_STAGE': 'train@a'}}, check=True)\n"
    )
    environment = os.environ | whole_pipeline.accounting(tmp_path / "accounts")
    for words in (["repro", "-s", "train@a"], ["status"]):  # the latter is no job
        subprocess.run([sys.executable, str(dvc), *words], env=environment, check=True)
    ((job, all_seconds),) = whole_pipeline.accounts(tmp_path / "accounts", "jobs").items()
    ((stage, seconds),) = whole_pipeline.accounts(tmp_path / "accounts", "scripts").items()
    assert job == stage == "train@a"
    assert 0.1 < seconds < all_seconds < 30


def test_growth_is_counted_from_the_smallest_size(module):
    exponent = module("timing").exponent
    assert exponent([10, 100, 1000], [5.1, 6, 15]) == pytest.approx(1)
    assert exponent([10, 100, 1000], [5.01, 6, 105]) == pytest.approx(2, abs=0.1)


GOALS = "goals\n\ngoal   asked for  found  holds\nspeed       >= 2    1.5     no\n"


@pytest.fixture
def performance(module, monkeypatch):
    """The module, writing to a folder of the test's; what it measures is `measured`."""
    found = module("performance")
    monkeypatch.setattr(found, "PAGE", module.folder / "performance.md")
    monkeypatch.setattr(found, "TEXTS", module.folder / "performance")
    monkeypatch.setattr(found, "machine", lambda: {"CPU": "fast", "GPU": "none"})
    found.measured = []

    def measure(name, quick):
        found.measured.append((name, quick))
        return f"$ python benchmarks/{name}.py, time {len(found.measured)}\ntitle\n\n{GOALS}"

    monkeypatch.setattr(found, "measure", measure)
    return found


def test_the_page_keeps_what_was_not_measured_again(performance, monkeypatch):
    for options in ([], ["--only", "tsne"]):
        monkeypatch.setattr(sys, "argv", ["performance.py", *options])
        performance.main()
    on_cpu = [name for name, measurement in performance.MEASUREMENTS.items() if not measurement.gpu]
    assert performance.measured == [*((name, False) for name in on_cpu), ("tsne", False)]
    page = performance.PAGE.read_text()
    assert f"benchmarks/tsne.py, time {len(on_cpu) + 1}\n" in page
    assert "benchmarks/training.py, time 1\n" in page
    assert page.count("| speed | >= 2 | 1.5 | no |") == len(on_cpu)
    assert "Not measured: there is no CUDA on this machine." in page


def test_figures_of_two_machines_are_not_mixed(performance, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["performance.py", "--only", "tsne"])
    performance.main()
    monkeypatch.setattr(performance, "machine", lambda: {"CPU": "faster", "GPU": "none"})
    with pytest.raises(SystemExit):
        performance.main()
    assert "names another machine" in capsys.readouterr().err
    assert len(performance.measured) == 1


def test_the_page_in_docs_is_that_of_its_texts(module):
    performance = module("performance")
    about = json.loads((performance.TEXTS / performance.MACHINE).read_bytes())
    texts = {path.stem: path.read_text() for path in performance.TEXTS.glob("*.txt")}
    assert performance.PAGE.read_text() == performance.page(about, texts)
    assert texts
    for name, text in texts.items():  # measured whole
        assert text.startswith(f"$ {shlex.join(performance.command(name, quick=False))}\n")


@pytest.fixture
def module(monkeypatch, tmp_path):
    """`module("tsne")`: that file of benchmarks/; `module.folder` is one of the test's."""
    before, path = set(sys.modules), list(sys.path)
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))

    def module(name):
        return importlib.import_module(name)

    module.folder = tmp_path
    yield module
    sys.path[:] = path
    for name in {file.stem for file in (ROOT / "benchmarks").glob("*.py")} - before:
        sys.modules.pop(name, None)


@pytest.fixture
def tsne(module):
    return module("tsne")


def test_divergence_by_hand(tsne):
    # Squared distances 1, 1 and 2 between the pairs: Q is 1/2, 1/2 and 1/3 over 2 x 4/3; P is 1/6 everywhere.
    rows, columns = np.nonzero(~np.eye(3, dtype=bool))
    P = rows, columns, np.full(6, 1 / 6)
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    q = np.array([1 / 2, 1 / 2, 1 / 3]) / (8 / 3)
    assert tsne.divergence(P, points) == pytest.approx(2 / 6 * np.log(1 / 6 / q).sum())
    assert tsne.divergence((rows, columns, np.array([q[0], q[1], q[0], q[2], q[1], q[2]])), points) == pytest.approx(0)


def test_divergence_is_that_of_scikit_learn_but_for_its_approximations(tsne):
    from sklearn.manifold import TSNE

    X = np.random.default_rng(0).normal(size=(120, 5))
    found = TSNE(perplexity=10, method="exact", max_iter=260, random_state=0).fit(X)
    ours = tsne.divergence(tsne.similarities(X, 10), found.embedding_.astype(float))
    assert ours == pytest.approx(found.kl_divergence_, rel=0.05)
