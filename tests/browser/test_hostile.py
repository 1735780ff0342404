"""Markup and scripts in names and texts stay text.

The policy of the page would stop most scripts; that it has something to stop is already a complaint of the browser.
"""

import csv
import io
import json
import re

import pytest
from playwright.sync_api import expect

from revisit.report import claims

TEXT = (
    """</script></title><script>alert(1)</script><img src=x onerror="alert(2)"> <xss autofocus onfocus='alert(3)'> """
    "<!--<script> ${alert(4)} {{ 7 * 7 }} &lt;b&gt; &amp; javascript:alert(5) ]]></style>"
)
CLASS = "</script><script>alert(6)"
VARIANT = "\"'><xss onload=alert(7)>"
STATEMENT = "javascript:alert(8) <!--<script>"
CLAIM = "fashion_parameters_fc2"
LINK = re.compile(r"(index|search|stages|fashion|lenet|scenes)\.html(#[a-z0-9_-]+)?$")  # to a page of the report


def renamed(value, old, new):
    """A JSON value with a name replaced, in keys and in texts."""
    if isinstance(value, dict):
        return {renamed(key, old, new): renamed(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, old, new) for inner in value]
    return new if value == old else value


def rename(folder, old, new):
    """A name replaced in all tables and JSON files below a folder."""
    for path in folder.rglob("*.json"):
        path.write_text(json.dumps(renamed(json.loads(path.read_text()), old, new)))
    for path in folder.rglob("*.csv"):
        rows = [renamed(row, old, new) for row in csv.reader(io.StringIO(path.read_text()))]
        with open(path, "w", newline="") as stream:
            csv.writer(stream).writerows(rows)


def change(findings, settings):
    rename(findings, "Ankle boot", CLASS)
    rename(findings / "lenet_optimizers", "adagrad", VARIANT)
    optimizers = settings["lenet"]["experiments"]["lenet_optimizers"]
    settings["lenet"]["experiments"]["lenet_optimizers"] = renamed(optimizers, "adagrad", VARIANT)
    assumption = {"text": TEXT, "status": "open", "source": TEXT, "varied_by": [VARIANT]}
    settings["fashion"] |= {"title": TEXT, "question": TEXT, "protocol": TEXT, "cost": TEXT}
    settings["fashion"]["assumptions"] = [assumption] * len(settings["fashion"]["assumptions"])
    settings["fashion"]["experiments"]["fashion_static"]["addition"] = TEXT
    settings["fashion"]["pretrained"] = {"imagenet": {"source": "web", "note": TEXT}}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, write_report, report):
    ledger = claims.load(claims.LEDGER)
    texts = {"statement": STATEMENT, "place": TEXT, "unit": TEXT, "note": TEXT}
    ledger = [claim.model_copy(update=texts) if claim.id == CLAIM else claim for claim in ledger]
    return write_report(tmp_path_factory.mktemp("hostile"), change, ledger, report, ["fashion", "lenet"])


@pytest.fixture
def index(visit, hostile):
    return visit(folder=hostile)


@pytest.fixture
def page(visit, hostile):
    return visit("fashion", folder=hostile)


@pytest.fixture
def lenet(visit, hostile):
    return visit("lenet", folder=hostile)


@pytest.mark.parametrize(
    ("name", "fewest"), [("index", 0), ("search", 0), ("stages", 0), ("fashion", 1), ("lenet", 0), ("scenes", 1)]
)
def test_nothing_becomes_markup(visit, hostile, name, fewest):
    page = visit(name, folder=hostile)
    tags = "() => [...new Set([...document.querySelectorAll('*')].map((one) => one.localName))].sort()"
    assert page.evaluate(tags) == visit(name).evaluate(tags)
    maps = page.locator(".embedding").count()
    assert maps >= fewest
    assert page.locator("script").count() == maps + 1
    names = page.evaluate("() => [...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames())")
    assert not any(name.startswith("on") for name in names)
    links = page.locator("a").evaluate_all("all => all.map((link) => link.getAttribute('href'))")
    assert all(link.startswith(("#", "data/")) or LINK.match(link) for link in links)


def test_titles_and_claims_read_as_written(page, index):
    assert page.locator("#fashion > h1").text_content() == TEXT
    assert page.title() == " ".join(f"{TEXT} – Revisit".split())
    assert index.locator("#filters option[value=fashion]").text_content() == TEXT
    assert index.locator(".card h3, .card p").all_text_contents()[:2] == [TEXT, TEXT]
    assert page.locator("#fashion nav").get_attribute("aria-label") == TEXT
    assert page.locator("#fashion .brief dd").first.text_content() == TEXT
    register = page.locator("#fashion-assumptions tbody tr").first
    assert register.locator("th").text_content() == TEXT
    assert register.locator("td > div").all_text_contents()[1:] == [TEXT, VARIANT]
    assert index.locator("#needs tbody tr").first.locator("th, td > div").all_text_contents()[::3] == [TEXT, TEXT]
    assert TEXT in page.locator("#fashion-results-table tbody td").all_text_contents()
    row = index.locator(f"#{CLAIM}")
    expect(row.locator("th")).to_have_text(f"#{STATEMENT} S0, {TEXT}")
    expect(row.locator("td").first).to_contain_text(TEXT)


def test_names_read_as_written(page, lenet):
    table = lenet.locator("#lenet-variants-lenet_optimizers")
    assert VARIANT in table.locator("tbody th").all_text_contents()
    assert VARIANT in " ".join(lenet.locator("#lenet figure svg text").all_text_contents())
    figure = page.locator("#fashion-tsne-fashion_dynamic-fc1")
    expect(figure.locator(".toggles button").last).to_have_text(CLASS)
    assert CLASS in page.locator("#fashion figure svg text").all_text_contents()
    assert CLASS in page.locator("#fashion-classes-fashion_dynamic tbody th").all_text_contents()
    canvas, told = figure.locator(".stage canvas"), figure.locator(".shown p")
    for toggle in figure.locator(".toggles button").all()[:-1]:
        toggle.click()
    canvas.focus()
    expect(told).to_contain_text(f"{CLASS}, test image ")


def test_names_of_curves_read_as_written(lenet):
    lenet.locator("#lenet-sweep-lenet_optimizers svg").focus()
    lenet.keyboard.press("Home")
    expect(lenet.locator("#lenet-sweep-lenet_optimizers output")).to_contain_text(VARIANT)


def test_words_of_the_search_are_words(visit, hostile):
    page = visit("search", folder=hostile)
    page.get_by_label("Words").fill("alert(8)")
    expect(page.locator(".entries li:not([hidden]) a")).to_have_text(STATEMENT)
    page.get_by_label("Words").fill(TEXT)
    expect(page.locator("#search output")).not_to_have_text("")
    page.reload()  # and what the address says is no more than words
    expect(page.get_by_label("Words")).to_have_value(TEXT)


def test_controls_work(page, index):
    index.get_by_role("button", name="Switch to the dark theme").click()
    index.locator("#filters select[name=study]").select_option("fashion")
    expect(index.locator("#fashion_parameters_fc2")).to_be_visible()
    head = page.locator("#fashion-classes-fashion_dynamic thead th").first
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
