import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from revisit import paths
from revisit.errors import ArtifactError
from revisit.report import claims, maps, page, palette, study, verdicts
from revisit.report.collect import collect

ROOT = Path(__file__).parents[2]
HOSTILE = "</script><img src=x onerror=alert(1)>"


def build(findings, settings):
    """Render everything from the findings; the text of the study's page."""
    collect(settings["collect"]["studies"], settings["collect"]["stages"], findings, paths.COLLECTED)
    ledger = claims.load(ROOT / claims.LEDGER)
    study.render(settings["study"], ledger, paths.collected("fashion"), paths.study("fashion"))
    return render(settings)["fashion"]


def render(settings):
    page.render(settings["report"], paths.STUDIES, paths.REPORT)
    return pages()


def pages():
    """The texts of the pages by their names."""
    return {path.stem: path.read_text(encoding="utf-8") for path in paths.REPORT.glob("*.html")}


@pytest.fixture(scope="module")
def built(tmp_path_factory, stage_settings, write_findings):
    """A folder with everything rendered once."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_findings(folder / "results/findings")
        build(paths.FINDINGS, stage_settings())
    return folder


@pytest.fixture
def index(built, monkeypatch):
    """The page that opens the report; its folder is the current one."""
    monkeypatch.chdir(built)
    return pages()["index"]


@pytest.fixture
def text(built, monkeypatch):
    """The page of the study; its folder is the current one."""
    monkeypatch.chdir(built)
    return pages()["fashion"]


def test_every_page_stands_alone(built, sound_pages):
    found = sound_pages(built / paths.REPORT)
    assert found.keys() == {"index.html", "search.html", "stages.html", "fashion.html"}
    links = {name: {a.get("href") for tag, a in page.found if tag == "a"} for name, page in found.items()}
    assert {"fashion.html", "index.html#ledger", "data/ledger.csv"} <= links["index.html"] & links["fashion.html"]
    assert "fashion.html#fashion_parameters_fc2-evidence" in links["index.html"]
    assert "fashion.html#fashion-parameters" in links["index.html"]


@pytest.mark.parametrize("broken", ["#nowhere", "fashion.html#nowhere", "nowhere.html", "data/nowhere.csv"])
def test_a_link_that_leads_nowhere_is_found(built, sound_pages, tmp_path, broken):
    folder = shutil.copytree(built / paths.REPORT, tmp_path / "report")
    path = folder / "index.html"
    path.write_text(path.read_text().replace('href="fashion.html"', f'href="{broken}"', 1))
    with pytest.raises(AssertionError, match="nowhere"):
        sound_pages(folder)


def test_every_page_names_itself_and_leads_to_the_others(index, text):
    for name, page_ in (("index", index), ("fashion", text)):
        bar = between(page_, '<nav class="bar"', "</nav>")
        assert bar.count("aria-current") == 1
        assert ">F-MNIST &amp; more</a>" in bar
        assert f'href="{name}.html" aria-current="page"' in bar.replace('class="home" ', "")
    assert "<title>Revisit: published claims, run again</title>" in index
    assert "<title>Fashion-MNIST with a static and a dynamic graph – Revisit</title>" in text
    assert index.count("<h1") == text.count("<h1") == 1


def test_the_report_is_the_same_twice(index, stage_settings):
    files = {path: path.read_bytes() for path in sorted(paths.REPORT.rglob("*")) if path.is_file()}
    assert render(stage_settings())["index"] == index
    assert files == {path: path.read_bytes() for path in sorted(paths.REPORT.rglob("*")) if path.is_file()}


def test_ledger_on_the_page_and_as_a_table(index, text):
    with open(paths.REPORT / "data/ledger.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    ledger = [claim for claim in claims.load(ROOT / claims.LEDGER) if claim.study == "fashion"]
    assert [row["id"] for row in rows] == [claim.id for claim in ledger]
    by_id = {row["id"]: row for row in rows}
    assert by_id["fashion_parameters_conv1"]["verdict"] == "agrees"
    assert by_id["fashion_parameters_fc2"]["verdict"] == "impossible"
    assert by_id["fashion_dynamic_smoother"]["verdict"] == "not testable at this scale"
    assert by_id["fashion_overfitting"]["verdict"] == "not testable at this scale"
    smoother = by_id["fashion_dynamic_smoother"]
    assert [smoother[key] for key in ("seeds", "data", "items", "group")] == ["1", "drawn", "S0.5", ""]
    conv1 = by_id["fashion_parameters_conv1"]
    assert [conv1[key] for key in ("ours", "ours_low", "data", "group")] == ["832", "", "", "fashion_parameters"]
    assert [by_id["fashion_overfitting"][key] for key in ("decided_by", "run_ours")] == [
        "run",
        by_id["fashion_overfitting"]["ours"],
    ]
    assert index.index('id="found-title"') < index.index('id="ledger"') < index.index('id="studies"')
    assert all(index.count(f'id="{claim.id}"') == 1 for claim in ledger)
    assert all(text.count(f'id="{claim.id}-evidence"') == 1 for claim in ledger)
    assert "stand-ins" in index
    assert "This run</th>" not in index  # without reference results there is no other
    names = {path.name for path in (paths.REPORT / "data").iterdir()}
    assert {"fashion-history.csv", "fashion-classes-fashion_dynamic.csv", "fashion-tsne-fashion_dynamic.csv"} <= names


@pytest.fixture
def changed(built, stage_settings, tmp_path, monkeypatch):
    """`changed(name, row)`: the pages with parts of a claim's row replaced."""
    shutil.copytree(built / paths.STUDIES, tmp_path / paths.STUDIES)
    monkeypatch.chdir(tmp_path)

    def render_changed(name, row):
        path = paths.study("fashion") / "claims.json"
        rows = [found | row if found["id"] == name else found for found in json.loads(path.read_text())]
        path.write_text(json.dumps(rows))
        return render(stage_settings())

    return render_changed


def words(html):
    """The text of a part of the page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def between(text, start, end):
    return text.split(start, 1)[1].split(end, 1)[0]


JUDGED = {
    "verdict": "undecided",
    "reason": "the interval over 3 seeds excludes neither",
    "seeds": 3,
    "data": "copy",
    "ours": 0.7634,
    "ours_low": 0.71,
    "ours_high": 0.81,
    "parts": [
        {"test": "a.b is more than c.d", "first": 0.5, "second": 0.25, "difference": 0.25, "low": 0.125, "high": 0.375}
        | {"verdict": "agrees"},
        {"test": "a.b is less than 2", "first": 0.5, "second": 2.0, "difference": 1.5, "low": None, "high": None}
        | {"verdict": "undecided"},
    ],
    "values": [{"label": "linear SVM", "value": 0.875, "value_low": 0.75, "value_high": 1.0}],
    "possible": "856 of 880",
    "hypotheses": [
        {"statement": "One.", "held": "supported"},
        {"statement": "Two.", "held": "not supported"},
        {"statement": "Three.", "held": "undecided"},
    ],
}
CLAIM = "fashion_dynamic_smoother"


def test_evidence_shows_every_comparison_value_bound_and_hypothesis(changed):
    pages = changed(CLAIM, JUDGED)
    card = words(between(pages["fashion"], f'id="{CLAIM}-evidence">', '<div class="claim"'))
    for part in (
        "Ours 0.763 (0.710 to 0.810)",
        "Linear SVM 0.875 (0.750 to 1)",
        "? undecided 3 seeds, on a copy of the data the interval over 3 seeds excludes neither",
        "a.b is more than c.d 0.500 and 0.250, difference 0.250 (0.125 to 0.375) ✓ agrees",
        "a.b is less than 2 0.500 and 2, difference 1.50 ? undecided",
        "Possible: 856 of 880.",
        "Our explanations: One. ✓ supported Two. ✗ not supported Three. ? undecided",
    ):
        assert part in card
    row = words(between(pages["index"], f'<tr id="{CLAIM}"', "</tr>"))
    assert "0.763 (0.710 to 0.810) ? undecided 3 seeds, on a copy of the data evidence" in row


def test_comparisons_of_what_cannot_be_judged_have_no_outcome(changed):
    row = JUDGED | {"verdict": "not testable at this scale", "hypotheses": []}
    card = words(between(changed(CLAIM, row)["fashion"], f'id="{CLAIM}-evidence">', '<div class="claim"'))
    assert "difference 0.250 (0.125 to 0.375)" in card
    assert "agrees" not in card
    assert "seeds, on" not in card


def test_a_bound_that_is_the_verdict_s_reason_stands_once(changed):
    row = JUDGED | {"verdict": "impossible", "reason": "no share of 88 images", "possible": "no share of 88 images"}
    card = words(between(changed(CLAIM, row)["fashion"], f'id="{CLAIM}-evidence">', '<div class="claim"'))
    assert card.count("no share of 88 images") == 1
    assert "⊘ impossible no share" in card


def test_every_verdict_has_a_badge_in_the_engine_s_order(text):
    assert list(page.VERDICTS) == list(verdicts.Verdict)
    signs = [sign for _, sign in page.VERDICTS.values()]
    assert len(set(signs)) == len(signs)  # to be told apart without colour
    looks = [*page.VERDICTS.values(), *page.STATUSES.values(), *(look[1:] for look in page.HELD.values())]
    assert {name for name, _ in looks} <= palette.TONES.keys()
    assert all(f".v-{name} {{ --tone: var(--tone-{name}); }}" in text for name, _ in page.VERDICTS.values())


def luminance(colour):
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", palette.TONES)
def test_badges_can_be_read_on_light_and_on_dark(name):
    papers = palette.PAPER, palette.THEME[palette.PAPER][1]
    for tone, paper in zip(palette.TONES[name], papers, strict=True):
        dark, light = sorted((luminance(tone), luminance(paper)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def test_assumptions_say_whether_and_by_whom_they_are_confirmed(text):
    rows = between(text, 'id="fashion-assumptions"', "</section>").split("<tr>")[-3:]
    assert [words(row) for row in rows] == [
        "Dropout 0.4 and batches of 100. ✓ confirmed the hand-out –",
        "The static graph is captured by another program. ≠ contradicted the report itself fashion_static",
        "Learning rate 0.01, momentum 0.5. ○ open – –",
    ]


def test_the_opening_counts_what_the_ledger_holds(index):
    opened = words(between(index, '<header id="top"', "</header>"))
    with open(paths.REPORT / "data/ledger.csv", newline="") as stream:
        found = [row["verdict"] for row in csv.DictReader(stream)]
    for verdict, (_, sign) in page.VERDICTS.items():
        assert f"{found.count(verdict)} {sign} {verdict}" in opened
    untestable = found.count("not testable at this scale")
    judged = len(found) - untestable
    assert f"Of {len(found)} claims {judged} are judged: 4 by counting networks or by a bound" in opened
    needs = f"{untestable} of {len(found)} scale: laptop or paper and the published data ("
    assert needs in opened
    assert "; scale: paper and the published data (4) 2 hours on 2 CPU cores" in opened
    assert "Demo scale: every step of the pipeline" in opened
    assert "The data are stand-ins, drawn by this project" in opened


def test_a_data_set_is_what_its_checksums_say(built, stage_settings, tmp_path, monkeypatch):
    shutil.copytree(built / paths.STUDIES, tmp_path / paths.STUDIES)
    monkeypatch.chdir(tmp_path)
    path = paths.study("fashion") / "study.json"
    described = json.loads(path.read_text()) | {"sources": {"fashion_mnist": "mirror"}}
    for whose, told in (("copy", "a copy: not the publisher's bytes"), ("published", "the published files, by their")):
        path.write_text(json.dumps(described | {"provenance": {"fashion_mnist": whose}}))
        pages = render(stage_settings())
        assert f"<code>fashion_mnist</code>: {told}" in pages["fashion"].replace("&#39;", "'")
        assert ('class="what caution"' in pages["index"]) == (whose == "copy")
        assert not any("taken to be the published" in text for text in pages.values())


def test_the_page_says_at_which_scale_each_study_was_run(built, stage_settings, tmp_path, monkeypatch, text):
    assert "Scale demo." in words(between(text, '<article id="fashion"', "</dl>"))
    shutil.copytree(built / paths.STUDIES, tmp_path / paths.STUDIES)
    monkeypatch.chdir(tmp_path)
    path = paths.study("fashion") / "study.json"
    scales = {"fashion_dynamic": "paper", "fashion_static": "laptop"}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"scales": scales}))
    mixed = render(stage_settings())
    told = words(between(mixed["fashion"], '<article id="fashion"', "</dl>"))
    assert "Scale laptop: fashion static; paper: fashion dynamic." in told
    assert "Several scales. Laptop: the published networks" in words(
        between(mixed["index"], '<header id="top"', "</header>")
    )


def test_a_verdict_says_that_it_was_found_at_laptop_scale(changed):
    text = changed("fashion_dynamic_smoother", JUDGED | {"scale": "laptop"})
    row = words(between(text["index"], 'id="fashion_dynamic_smoother"', "</tr>"))
    assert "3 seeds, on a copy of the data, at laptop scale" in row


def test_names_from_data_stay_text(findings, stage_settings, parsed):
    for path in findings.rglob("*"):
        if path.suffix in (".csv", ".json"):
            path.write_text(path.read_text().replace("Ankle boot", HOSTILE).replace("Shirt", "$x^$ {{ 7*7 }}"))
    assumption = {"text": HOSTILE, "status": "open", "source": HOSTILE, "varied_by": [HOSTILE]}
    text = build(findings, stage_settings(title=HOSTILE, question=f"{HOSTILE}?", assumptions=[assumption]))
    elements = parsed(text)
    assert not any(attributes.get("src") == "x" for _, attributes in elements.found)
    assert sum(tag == "script" for tag, _ in elements.found) == 2
    data = json.loads(elements.scripts[0])
    assert data["legend"][-1]["name"] == HOSTILE
    assert "</" not in elements.scripts[0]
    assert HOSTILE in "".join(elements.text)
    assert "$x^$ {{ 7*7 }}" in "".join(elements.text)
    opened = parsed(pages()["index"])
    assert not any(attributes.get("src") == "x" for _, attributes in opened.found)
    assert sum(tag == "script" for tag, _ in opened.found) == 1
    assert "".join(opened.text).count(HOSTILE) > 2


def test_what_was_found_and_the_cards_stand_on_the_opening_page(index):
    found = between(index, '<section class="found"', "</section>")
    assert 0 < found.count("<li>") <= 10
    with open(paths.REPORT / "data/ledger.csv", newline="") as stream:
        rows = [row["verdict"] for row in csv.DictReader(stream)]
    assert f"{rows.count('agrees')} claims agree." in words(found)
    assert set(re.findall(r'href="#([^"]+)"', found)) <= set(re.findall(r'<tr id="([^"]+)"', index))
    card = words(between(index, '<div class="card">', "</div>"))
    assert card.startswith("Fashion-MNIST with a static and a dynamic graph Does a network trained as a captured")
    assert f"{rows.count('agrees')} ✓ agrees" in card


def test_maps_fill_a_square_of_whole_numbers(text, parsed):
    data = json.loads(parsed(text).scripts[0])
    assert list(data["maps"]) == ["300", "750"]
    for shown in data["maps"].values():
        assert len(shown["x"]) == len(shown["y"]) == len(data["labels"]) == len(data["rows"]) == 60
        assert all(0 <= value <= maps.GRID for value in shown["x"] + shown["y"])
        assert max(max(shown["x"]) - min(shown["x"]), max(shown["y"]) - min(shown["y"])) == maps.GRID
    assert data["tiles"] == list(range(60))


def test_sorting_values_are_the_table_s_own(text):
    with open(paths.REPORT / "data/fashion-parameters-fashion_dynamic.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        shown = f"{int(row['parameters']):,}"
        assert f'data-sort="{row["parameters"]}">{shown}</td>' in text


def test_a_missing_study_or_tile_names_what_to_run(built, stage_settings, tmp_path, monkeypatch):
    shutil.copytree(built / paths.STUDIES, tmp_path / paths.STUDIES)
    monkeypatch.chdir(tmp_path)
    folder = paths.study("fashion")
    table = folder / "tables/neighbours-fashion_dynamic.csv"
    table.write_text(re.sub(r"(?m)^flatten,\d+,", "flatten,99999,", table.read_text()))
    with pytest.raises(ArtifactError, match=r"test image 99999.*neighbours@fashion_dynamic"):
        page.render(stage_settings()["report"], paths.STUDIES, paths.REPORT)
    (folder / "study.json").unlink()
    with pytest.raises(ArtifactError, match="dvc repro study@fashion"):
        page.render(stage_settings()["report"], paths.STUDIES, paths.REPORT)


@pytest.mark.parametrize(
    ("script", "forbidden"),
    [
        ("collect_findings", "torch|matplotlib|pandas|numpy"),
        ("render_study", "torch|sklearn"),
        ("render_report", "torch|matplotlib|pandas|numpy"),
    ],
)
def test_scripts_load_only_what_they_need(script, forbidden):
    code = f"import sys; sys.path.insert(0, 'workflow/scripts'); import {script}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not set(forbidden.split("|")) & set(loaded.split())


@pytest.mark.parametrize("script", ["collect_findings", "render_study", "render_report"])
def test_pages_are_made_without_pytorch(script):
    """Its import would take longer than most pages."""
    program = (
        f"import sys; sys.path.insert(0, 'workflow/scripts'); import {script}; "
        "from revisit.report.panel import panels; panels(); "
        "print([name for name in ('torch', 'torchvision', 'sklearn', 'numba') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True).stdout == "[]\n"
