"""What others read of the repository: licence, citation, catalog, image, and the checks on GitHub."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEPLOY = ROOT / "workflow/envs/revisit.post-deploy.sh"


def read(name):
    return yaml.safe_load((ROOT / name).read_text())


def test_the_licence_is_the_one_that_is_named():
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License\n\nCopyright (c) ")
    assert "Revisit's authors" in text
    assert PROJECT["license"] == read("CITATION.cff")["license"] == "MIT"
    assert PROJECT["license-files"] == ["LICENSE"]


def test_the_citation_has_what_its_format_asks_for_and_the_version_of_the_project():
    citation = read("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert all(author.keys() == {"name"} for author in citation["authors"])
    assert citation["version"] == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_workflow_catalog_finds_what_it_asks_for():
    assert 'include: "../Snakefile"' in (ROOT / "workflow/Snakefile").read_text()
    assert "params.yaml" in (ROOT / "config/README.md").read_text()
    assert {"snakemake", "workflow"} <= set(re.findall(r"\w+", (ROOT / "README.md").read_text().lower()))
    usage = read(".snakemake-workflow-catalog.yml")["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    offered = usage["software-stack-deployment"]
    assert offered["conda"] == DEPLOY.is_file()
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert offered["apptainer"] == ("container:" in rules)


def test_github_runs_what_every_change_has_to_pass_with_every_python():
    jobs = read(".github/workflows/checks.yml")["jobs"]
    pythons = jobs["checks"]["strategy"]["matrix"]["python"]
    assert f">={pythons[0]}" == PROJECT["requires-python"]
    assert pythons == [f"3.{minor}" for minor in range(11, 15)]
    assert {"run": ".ci/run"} in jobs["checks"]["steps"]
    assert os.access(ROOT / ".ci/run", os.X_OK)
    kept = [step["with"]["path"] for step in jobs["report"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert "results/report" in kept


def test_the_image_is_made_of_files_that_are_there_by_locks_with_hashes():
    text = (ROOT / "Containerfile").read_text()
    sent = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        for name in line.split():
            assert (ROOT / name).exists(), name
            assert any(Path(name).match(pattern) for pattern in sent), name
    installations = re.findall(r"install [^\n]*-r (\S+)", text)
    assert installations == ["requirements-uv.lock", "requirements.lock"]
    assert text.count("--require-hashes") == len(installations)


@pytest.fixture
def environment(tmp_path):
    """An environment with this one's packages, in which nothing of the project is installed: its variables."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    own = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    Path(own, "packages.pth").write_text(sysconfig.get_path("purelib"))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_"))}
    return kept | {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def test_jobs_of_conda_get_the_guarded_dvc(environment, tmp_path):
    before = sorted(path for path in ROOT.rglob("*.egg-info") if ".venv" not in path.parts)
    subprocess.run(["bash", DEPLOY], cwd=ROOT, env=environment, check=True)
    dvc = Path(environment["PATH"].split(os.pathsep)[0], "dvc")
    assert "from dvc_command import main" in dvc.read_text()
    assert sorted(path for path in ROOT.rglob("*.egg-info") if ".venv" not in path.parts) == before
    (tmp_path / "workflow").mkdir()
    shutil.copy(DEPLOY, tmp_path)
    refused = subprocess.run(["bash", DEPLOY], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "is no clone of Revisit" in refused.stderr


def test_snakemake_finds_the_script_by_the_name_of_the_environment():
    assert DEPLOY.name == "revisit.post-deploy.sh"
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        assert set(re.findall(r'"\.\./envs/(.+)"', path.read_text())) <= {"revisit.yml"}
