"""The page opens from a file, without a network, and is complete before and without its script."""

from playwright.sync_api import expect

STUDIES = "fashion", "lenet", "scenes"
VISIBLE = "all => all.map((one) => one.checkVisibility())"
CONTROLS = "#filters", "#theme", ".explorer", "thead button"


def test_every_picture_shows_and_nothing_is_fetched(visit, report):
    page = visit()
    page.evaluate("document.querySelectorAll('img').forEach((image) => { image.loading = 'eager'; })")
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    sizes = page.evaluate("[...document.images].map((image) => [image.naturalWidth, image.naturalHeight])")
    assert len(sizes) > 20
    assert all(min(size) > 0 for size in sizes)


def test_complete_without_scripts(visit):
    page = visit(java_script_enabled=False)
    expect(page.locator("h1")).to_be_visible()
    for name in STUDIES:
        expect(page.locator(f"#{name} > h2")).to_be_visible()
    for heading in page.locator("section > :is(h2, h3)").all():
        expect(heading).to_be_visible()
    rows = page.locator(".ledger tbody tr")
    assert rows.count() > 20
    assert rows.evaluate_all(VISIBLE) == [True] * rows.count()
    drawings = page.locator(".drawing > :is(svg, img, .labelled), .stills img, .thumb, .legend")
    assert drawings.count() > 50
    assert all(drawings.evaluate_all(VISIBLE))
    sizes = drawings.evaluate_all("all => all.map((one) => [one.clientWidth, one.clientHeight])")
    assert all(min(size) > 12 for size in sizes)
    for control in CONTROLS:
        assert not any(page.locator(control).evaluate_all(VISIBLE))


def test_controls_appear_with_the_script(visit):
    page = visit()
    for control in CONTROLS:
        expect(page.locator(control).first).to_be_visible()
    expect(page.locator(".stills").first).to_be_hidden()
    expect(page.locator(".legend").first).to_be_hidden()


def test_the_ledger_stands_on_the_first_screen(visit):
    page = visit()
    expect(page.locator("#ledger-title")).to_be_in_viewport()
    assert page.title() == "Revisit: published claims, run again"


def test_links_lead_to_files_beside_the_page(visit, report):
    links = set(visit().locator("a").evaluate_all("all => all.map((link) => link.getAttribute('href'))"))
    files = {link for link in links if not link.startswith("#")}
    assert "data/ledger.csv" in files
    assert len(files) > 20
    assert all((report.parent / file).is_file() for file in files)
