"""What DVC says of stages, in a project of two."""

import json

import pytest
from dvc.repo import Repo

from revisit import paths
from revisit.errors import EngineError
from revisit_engines import staleness

STAGES = """
stages:
  configure: {cmd: "true", outs: [record]}
  collect: {cmd: "true", deps: [record], outs: [found]}
"""
RECORDS = {paths.config("collect"): json.dumps({"settings": {"studies": {}}}).encode()}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    Repo.init(no_scm=True).close()
    (tmp_path / "dvc.yaml").write_text(STAGES)
    return tmp_path


@pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")  # pygtrie, of DVC
def test_the_index_of_a_project_that_is_open_is_built_once(project):
    with staleness.project() as repo:
        assert staleness.stale_stages(RECORDS, repo=repo) == {"configure", "collect"}
        index = repo.index
        assert staleness.stale_stages(RECORDS, repo=repo) == {"configure", "collect"}
        assert repo.index is index
    assert staleness.stale_stages(RECORDS) == {"configure", "collect"}


@pytest.mark.parametrize(("file", "text"), [("dvc.yaml", "stages: [1"), (".dvc/config", "[core")])
def test_files_that_dvc_cannot_read(project, file, text):
    (project / file).write_text(text)
    for ask in (lambda: staleness.stale_stages(RECORDS), lambda: staleness.forced_stages(None)):
        with pytest.raises(EngineError, match=r"^DVC: "):
            ask()
    with pytest.raises(EngineError, match=r"^DVC: "), staleness.project() as repo:
        staleness.stale_stages(RECORDS, repo=repo)
