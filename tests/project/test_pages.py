"""What the pages name is there: links, files and folders, commands with their options."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "config/README.md", "reference/README.md")
PAGES = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))]
BASES = (".", "workflow", "workflow/revisit", "docs", "tests/reliability")  # from where a page names files
MADE = (  # not in git
    *("results/", "data/", "logs/", "benchmarks/results/", "dvc_plots/", "predictions/", "exports/"),
    *(
        ".venv",
        ".work/",
        ".dvc/config.local",
        "../",
        "predictions.csv",
        "sheet.png",
        "codecheck.yml",
        "config/codecheck.yaml",
        "studies/",
        "workflow/claims/ants.yaml",
    ),
)
FILE = re.compile(r"\.(py|md|ya?ml|smk|j2|toml|in|svg|png|csv|html)$")
ELSEWHERE = {"report.html", "index.html", "search.html", "stages.html"}  # what commands write


def blocks(text):
    return "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL))


def spans(text):
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def named(text):
    """What a page names that looks like a file or a folder of the repository; `<name>` and `{a,b}` stand for any."""
    words = {word for span in spans(text) for word in re.findall(r"[\w./<>*{}-]+", span)}
    words |= set(re.findall(r"(?<![\w/.])[\w.-]+/[\w./-]+", blocks(text)))
    for word in words:
        path = re.sub(r"<[^>]*>|\{[^}]*\}", "*", word).rstrip(".")
        known = "/" in path and any((ROOT / base / path.partition("/")[0]).is_dir() for base in BASES)
        if (known or FILE.search(path)) and not path.startswith(("/", *MADE)) and path not in ELSEWHERE:
            yield path


def there(path):
    if any(list((ROOT / base).glob(path.rstrip("/"))) for base in BASES):
        return True
    folders = ("workflow", "tests", "benchmarks")
    return "/" not in path.rstrip("/") and any(list((ROOT / folder).rglob(path.rstrip("/"))) for folder in folders)


def commands(text):
    """The commands of a page that run something of the repository."""
    lines = [*blocks(text).splitlines(), *spans(text)]
    return [line.split(" #")[0].strip("$ ") for line in lines if re.match(r"(\$ )?(python|make) ", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [path for path in named(text) if not there(path)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_of_a_page_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    for command in commands(page.read_text(encoding="utf-8")):
        program, *words = command.split()
        if program == "make":
            targets = [word for word in words if re.fullmatch(r"[a-z-]+", word)]
            assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets), command
        elif words[0].endswith(".py") and not words[0].startswith(MADE):
            script = (ROOT / words[0]).read_text()
            assert all(word[2:] in script for word in words[1:] if word.startswith("--")), command


def test_measured_scripts_are_there_or_have_another_name(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import performance

    scripts = {path.stem for path in (ROOT / "workflow/scripts").glob("*.py")}
    text = (ROOT / "docs/performance/start_up.txt").read_text()
    measured = set(re.findall(r"^(\w+_\w+) ", text, re.MULTILINE))
    assert len(measured) > 8
    assert measured - scripts <= performance.RENAMED.keys()
    assert set(performance.RENAMED.values()) <= scripts
    assert set(re.findall(r"`(\w+)`", "".join(performance.renamed(text)))) >= measured - scripts


def test_the_readme_has_every_format_and_kind_of_analysis():
    readme = (ROOT / "README.md").read_text()
    for folder, file in (("data/formats", "reader.py"), ("analyses", "compute.py")):
        for path in (ROOT / "workflow/revisit" / folder).glob(f"*/{file}"):
            assert f"`{path.parent.name}`" in readme, path.parent.name


def test_the_readme_counts_the_variants_of_the_cifar_convnet():
    experiments = yaml.safe_load((ROOT / "params.yaml").read_text())["experiments"].values()
    variants = [
        name
        for of in experiments
        if of["study"] == "cifar" and of["model"] == "cifar_convnet"
        for name in of["variants"]
    ]
    assert len(set(variants)) == len(variants)
    assert f"| the CIFAR ConvNet, {len(variants)} variants |" in (ROOT / "README.md").read_text()


def test_names_are_looked_at():
    text = "`report/study.py`, `workflow/gone.py` or `gone/`, `models/<name>.py`\n```sh\npython benchmarks/x.py\n```"
    assert {path: there(path) for path in named(text)} == {
        "report/study.py": True,
        "workflow/gone.py": False,
        "models/*.py": True,
        "benchmarks/x.py": False,
    }
    assert commands(text) == ["python benchmarks/x.py"]
