"""The pages open from files, without a network, and are complete before and without their script."""

import re

import pytest
from playwright.sync_api import expect

STUDIES = "fashion", "lenet", "scenes"
PAGES = ("index", "search", "stages", *STUDIES)
VISIBLE = "all => all.map((one) => one.checkVisibility())"
CONTROLS = {
    "index": ["#theme", "#filters"],
    "search": ["#theme", "#search"],
    "fashion": ["#theme", ".explorer", "thead button"],
}


@pytest.mark.parametrize(("name", "pictures"), [("fashion", 5), ("lenet", 2), ("scenes", 15)])
def test_every_picture_shows_and_nothing_is_fetched(visit, name, pictures):
    page = visit(name)
    page.evaluate("document.querySelectorAll('img').forEach((image) => { image.loading = 'eager'; })")
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    sizes = page.evaluate("[...document.images].map((image) => [image.naturalWidth, image.naturalHeight])")
    assert len(sizes) >= pictures
    assert all(min(size) > 0 for size in sizes)


@pytest.mark.parametrize("name", PAGES)
def test_complete_without_scripts(visit, name):
    page = visit(name, java_script_enabled=False)
    for heading in page.locator("h1, section > :is(h2, h3)").all():
        expect(heading).to_be_visible()
    rows = page.locator(".ledger tbody tr")
    assert (rows.count() > 20) == (name == "index")
    assert rows.evaluate_all(VISIBLE) == [True] * rows.count()
    drawings = page.locator(".drawing > :is(svg, img, .labelled), .stills img, .thumb, .legend")
    assert (drawings.count() > 10) == (name in STUDIES)
    assert all(drawings.evaluate_all(VISIBLE))
    sizes = drawings.evaluate_all("all => all.map((one) => [one.clientWidth, one.clientHeight])")
    assert all(min(size) > 12 for size in sizes)
    for control in {control for controls in CONTROLS.values() for control in controls}:
        assert not any(page.locator(control).evaluate_all(VISIBLE))


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_appear_with_the_script(visit, name):
    page = visit(name)
    for control in CONTROLS[name]:
        expect(page.locator(control).first).to_be_visible()
    for still in page.locator(".stills, .legend").all():
        expect(still).to_be_hidden()


def test_what_was_found_begins_on_the_first_screen(visit):
    page = visit(viewport={"width": 1280, "height": 900})
    expect(page.locator("#found-title")).to_be_in_viewport(ratio=1)
    expect(page.locator(".found li").first).to_be_in_viewport(ratio=1)
    assert page.title() == "Revisit: published claims, run again"


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files_beside_the_page(visit, report, name):
    links = set(visit(name).locator("a").evaluate_all("all => all.map((link) => link.getAttribute('href'))"))
    files = {link.partition("#")[0] for link in links if not link.startswith("#")}
    assert {"data/ledger.csv", "index.html", *(f"{study}.html" for study in STUDIES)} <= files
    assert all((report / file).is_file() for file in files)
    assert name not in STUDIES or any(re.fullmatch(rf"data/{name}-.+\.csv", file) for file in files)
