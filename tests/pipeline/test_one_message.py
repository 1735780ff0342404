"""A mistake in params.yaml: one message, the same from both engines and from a script run by hand."""

import pytest

from forked import ForkedTree

pytestmark = pytest.mark.pipeline
MISTAKES = {
    "unknown key": (lambda p: p["experiments"]["fashion_static"].update(epoch=3), "fashion_static.epoch: unknown key"),
    "out of range": (lambda p: p["experiments"]["fashion_static"].update(epochs=0), "epochs: 0 is not allowed"),
    "missing key": (lambda p: p["experiments"]["fashion_static"].pop("dataset"), "fashion_static.dataset: missing"),
    "wrong type": (lambda p: p.update(experiments=[1, 2]), "experiments: [1, 2] is not allowed; it must be a mapping"),
    "shell": (lambda p: p["experiments"].update({"x; touch pwned": {}}), "'x; touch pwned' is not a name"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return ForkedTree(tmp_path_factory.mktemp("message") / "tree", stand_ins=False)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_both_engines_and_a_script_say_the_same_and_run_nothing(tree, mistake):
    edit, message = MISTAKES[mistake]
    good = tree.params
    bad = tree.params
    edit(bad)
    tree.params = bad
    try:
        told = set()
        script = ("python", "workflow/scripts/fetch_dataset.py", "fashion_mnist")
        for command in (("snakemake", "--cores", "1"), ("dvc", "repro"), script):
            output = tree.run(*command, check=False)
            assert tree.status != 0
            assert message in output
            assert "Traceback" not in output
            told.add(output[output.index("params.yaml: ") :].rstrip())
        assert len(told) == 1
        assert tree.artifacts() == {}
    finally:
        tree.params = good


def test_a_name_in_params_never_reaches_a_shell_even_when_dvc_is_told_to_skip_the_checks(tree):
    """Plain DVC, without this environment's guard, and without the stage that validates."""
    good = tree.params
    bad = tree.params
    bad["experiments"]["x; touch pwned"] = bad["experiments"]["fashion_static"]
    tree.params = bad
    try:
        for arguments in (["repro"], ["repro", "-s", "train@x; touch pwned"], ["repro", "--keep-going"]):
            output = tree.run("python", "-m", "dvc", *arguments, check=False)
            assert tree.status != 0, output
        assert "is not a name" in tree.run("python", "-m", "dvc", "repro", check=False)
        assert not (tree.folder / "pwned").exists()
    finally:
        tree.params = good


@pytest.mark.parametrize("command", [("snakemake", "-n"), ("snakemake", "--cores", "1"), ("dvc", "repro")])
def test_a_folder_whose_name_the_engines_would_take_for_a_variable(tree, tmp_path, command):
    other = tree.copy(tmp_path / "{a}")
    output = other.run(*command, check=False)
    assert other.status != 0
    assert f"error: {other.folder}: Snakemake and DVC cannot run where a folder's name has {{ or }}" in output
    assert "Traceback" not in output


def test_a_script_by_hand_names_what_it_knows(tree):
    output = tree.run("python", "workflow/scripts/fetch_dataset.py", "mnist", check=False)
    assert tree.status == 2
    assert "stage 'fetch' knows no 'mnist'; it has: fashion_mnist" in output
