"""The measuring scripts run and print a table; what they measure depends on the machine."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if '__name__ == "__main__"' in path.read_text()
)
TINY = {
    "linear_probes": "--rows 60 --test-rows 40 --dimensions 12 --C 0.01",
    "tsne": "--points 100 --dimensions 12 --perplexity 10 --iterations 260 --reference 260",
    "neighbours": "--rows 50 --dimensions 12",
    "graphs": "--rounds 2 --steps 1 --batch-size 4 --backends aot_eager",
}
# What does not depend on the machine: the neighbours found, and the losses of a graph of the same kernels.
QUALITY = {"neighbours": ("right", "100.0000%"), "graphs": ("loss differs", "0.0e+00")}


def run(name, options):
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *options.split()]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT / "tests")
    assert result.returncode == 0, result.stderr
    return result


def test_every_script_is_found():
    assert {"engine_overhead", *TINY} <= set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_how_to_measure(name):
    shown = run(name, "--help").stdout
    assert f"python benchmarks/{name}.py" in shown
    assert "reference" in shown.lower()


@pytest.mark.parametrize("name", TINY)
def test_a_tiny_run_prints_one_table_of_ratios_to_its_reference(name):
    result = run(name, TINY[name])
    assert "Warning" not in result.stderr
    title, table = result.stdout.strip().split("\n\n")[:2]
    assert "reference: " in title
    columns, *rows = (re.split(r" {2,}", line) for line in table.splitlines())
    rows = [dict(zip(columns, row, strict=True)) for row in rows]
    ratios = [column for column in columns if re.match(r"times as fast|x \d", column)]
    assert len(rows) > 1
    assert len(ratios) == 1
    assert float(rows[0][ratios[0]]) == 1  # the reference comes first
    assert all(float(row[ratios[0]]) > 0 for row in rows)
    if name in QUALITY:
        column, value = QUALITY[name]
        assert {row[column] for row in rows} == {value}


@pytest.fixture
def tsne(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield importlib.import_module("tsne")
    for name in ("tsne", "timing"):
        sys.modules.pop(name, None)


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
