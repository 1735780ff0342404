"""A report of made-up findings, opened in a real browser without a network.

Whatever the browser complains of fails the test: errors and warnings on its console, errors of the script, dialogs,
and requests for anything but the report's pages.
"""

import copy
import shutil
from collections.abc import Callable, Iterator, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from revisit import paths
from revisit.report import claims, page, study
from revisit.report.collect import collect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
DESKTOP = {"width": 1280, "height": 900}
ORDER = "fashion", "lenet", "scenes"
TRAINING = "train.json", "history.csv", "evaluations.csv", "runs"
Visit = Callable[..., "Page"]


def _module(path: str) -> ModuleType:
    """A module of the tests by its path: their folders are no packages."""
    spec = spec_from_file_location(Path(path).stem, ROOT / "tests" / path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


chromium = _module("browser/chromium.py")
fashion, scenes, studies = (_module(f"report/{folder}conftest.py") for folder in ("", "panels/", "studies/"))
stages, classes = studies.stages, studies.classes  # fixtures

LACKING = chromium.missing()
collect_ignore_glob = ["test_[!c]*.py"] if LACKING else []  # all but test_chromium.py, which says what is lacking


@pytest.fixture(scope="session")
def lacking() -> str:
    """What the tests of this folder lack; empty when they can run."""
    return LACKING


@pytest.fixture(scope="module")  # a loop of asyncio runs until it is closed: after this folder it would be in the way
def browser() -> "Iterator[Browser]":
    """One browser for the tests of a file. (The scope `package` would be `session`: no folder here is a package.)"""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = chromium.launch(playwright)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def write_report(stages: dict[str, Any], classes: dict[str, list[str]]) -> Callable[..., Path]:
    """`write_report(folder, change=lambda findings, settings: None, ledger=None)` -> the report's folder.

    Three studies: graphs (claims, every part of a look inside), sweeps (replicates, a diverged run), scenes (several
    labels per image, names that look like markup). `change` may alter findings and settings of the stages `study`.
    Studies that are not `drawn` are those of the `other` report, which saves a third of the time of all these tests.
    """
    made_up, lenet = fashion.made_up, stages["study"]["lenet"]

    def write(
        folder: Path,
        change: Callable[..., None] = lambda findings, settings: None,
        ledger: Any = None,
        other: Path | None = None,
        drawn: Sequence[str] = ORDER,
    ) -> Path:
        settings = {"fashion": fashion.settings()["study"], "scenes": scenes.study_settings()}
        settings["lenet"] = copy.deepcopy(lenet)
        names = {
            **fashion.settings()["collect"]["studies"],
            "scenes": {},
            "lenet": stages["collect"]["studies"]["lenet"],
        }
        for name, found in scenes.ANALYSES.items():
            names["scenes"][name] = [*TRAINING, *(file for kind in found for file in (f"{kind}.json", kind))]
        ledger = claims.load(ROOT / claims.LEDGER) if ledger is None else ledger
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            fashion.write_findings(paths.FINDINGS)
            scenes.write_study(paths.FINDINGS, made_up, fashion.write_training)
            for number, (name, training) in enumerate(lenet["experiments"].items(), 1):
                data = made_up.Data(classes[training["dataset"]])
                studies.write_training(paths.FINDINGS / name, training, {("momentum", 1): 300} if number == 1 else {})
                made_up.write(paths.FINDINGS / name, data, stages["analyses"].get(name, {}), seed=number)
            change(paths.FINDINGS, settings)
            trained = {name: "train" for chosen in settings.values() for name in chosen["experiments"]}
            collect(names, trained, paths.FINDINGS, paths.COLLECTED)
            if other:
                shutil.copytree(other.parent / paths.STUDIES.name, paths.STUDIES)
            for name in drawn:
                study.render(settings[name], ledger, paths.collected(name), paths.study(name))
            page.render({"studies": ORDER, "stages": graph(names)}, paths.STUDIES, paths.REPORT)
        return folder / paths.REPORT

    return write


def graph(names: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """The stages behind the three studies, each with those that it needs."""
    stages = fashion.stage_graph()
    for study_ in ("lenet", "scenes"):
        for name, files in names[study_].items():
            stages |= {f"{Path(file).stem}@{name}": [f"train@{name}"] for file in files if file.endswith(".json")}
            stages[f"train@{name}"] = ["prepare@fashion_mnist"]
        stages[f"study@{study_}"] = ["collect"]
        stages["report"].append(f"study@{study_}")
    return stages


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, write_report: Callable[..., Path]) -> Path:
    """The report's folder, written once."""
    return write_report(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def with_reference(tmp_path_factory: pytest.TempPathFactory, write_report: Callable[..., Path], report: Path) -> Path:
    """A report whose first study has reference results, written once."""

    def change(findings: Path, settings: dict[str, Any]) -> None:
        for name in settings["fashion"]["experiments"]:
            fashion.kept.keep(findings, settings["fashion"], name)

    return write_report(tmp_path_factory.mktemp("with_reference"), change, other=report, drawn=["fashion"])


@pytest.fixture(scope="session")
def reference_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of reference results alone, of one study, written once."""
    folder, settings = tmp_path_factory.mktemp("reference_alone"), fashion.settings()["study"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fashion.write_findings(paths.FINDINGS)
        for name in settings["experiments"]:
            fashion.kept.keep(paths.FINDINGS, settings, name)
        study.render(settings, claims.load(ROOT / claims.LEDGER), None, paths.study("fashion"))
        page.render({"studies": ["fashion"], "stages": {}}, paths.STUDIES, paths.REPORT)
    return folder / paths.REPORT


@pytest.fixture
def visit(browser: "Browser", report: Path) -> Iterator[Visit]:
    """`visit(name="index", fragment="", folder=report, **options)` opens a page in a browser of its own, offline.

    `name`: of the page, the opening one or a study's.
    `options`: of Playwright's `new_context`, such as `color_scheme`, `viewport`, `java_script_enabled`.
    """
    contexts, complaints = [], []

    def opened(name: str = "index", fragment: str = "", folder: Path = report, **options: Any) -> "Page":
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        context.set_offline(True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: line.type in ("error", "warning") and complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(f"{error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda sent: foreign(sent.url, folder) and complaints.append(f"request: {sent.url}"))
        page.goto((folder / f"{name}.html").as_uri() + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def foreign(url: str, folder: Path) -> bool:
    """Whether a request leaves the pages of the report."""
    pages = {path.as_uri() for path in folder.glob("*.html")}
    return not url.startswith("data:") and url.partition("#")[0] not in pages
