"""Dark and light, by the system and by the page's own switch; paper; a phone."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
STUDIES = "fashion", "lenet", "scenes"
PAPER = {  # page -> what is not on paper, and what is
    "index": (".filters, .mark, .why", [".ledger tbody tr", ".tabular table", ".found li", ".card"]),
    "fashion": (".explorer, .how, .contents", [".stills img", ".legend", ".tabular table", ".row figure .drawing"]),
    "search": (".filters, .home", [".entries li"]),
    "stages": (".home, .places", [".dag a", ".stages tr"]),
    "scenes": (".explorer, .how, .contents", [".tabular table", ".labelled .sides span"]),
}
VARIABLES = ["ink", "muted", "grid", "paper", "blue", "rust", "green", "raised", "line", "link"]
THEME = "names => names.map((name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim())"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(20, 23, 27)"
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
COUNT_OPEN = """() => addEventListener("beforeprint", () => {
    window.opened = document.querySelectorAll(".folded[open]").length;
})"""
SEEN = "all => all.filter((one) => one.checkVisibility()).length"
# What sticks out of the window without lying in a box that scrolls.
OUTSIDE = """() => [...document.querySelectorAll("body *")].filter((one) => {
    if (!one.checkVisibility() || one.closest(".scroll, .drawing.wide, .bar, pre, .skip, .hidden")) return false;
    const box = one.getBoundingClientRect();
    return box.width && box.height && getComputedStyle(one).clipPath === "none" && box.right > innerWidth + 1;
}).map((one) => one.outerHTML.slice(0, 120))"""


def luminance(colour):
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """The ratio of WCAG: 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_follows_the_system(visit):
    for scheme, background in (("light", LIGHT), ("dark", DARK)):
        page = visit(color_scheme=scheme)
        assert page.evaluate(BACKGROUND) == background
    page.emulate_media(color_scheme="light")
    assert page.evaluate(BACKGROUND) == LIGHT


@pytest.mark.parametrize("system", ["light", "dark"])
def test_switch(visit, system):
    page = visit("fashion", color_scheme=system)
    other = {"light": "dark", "dark": "light"}[system]
    button = page.get_by_role("button", name=f"Switch to the {other} theme")
    canvas = page.locator(".stage canvas").first
    canvas.scroll_into_view_if_needed()
    ink = canvas.evaluate("canvas => getComputedStyle(canvas).color")
    button.click()
    assert page.evaluate(BACKGROUND) == {"light": LIGHT, "dark": DARK}[other]
    assert canvas.evaluate("canvas => getComputedStyle(canvas).color") != ink
    page.reload()
    assert page.evaluate(BACKGROUND) == {"light": LIGHT, "dark": DARK}[other]
    page.get_by_role("link", name="Lenet").click()  # the other pages remember it as well
    expect(page.get_by_role("button", name=f"Switch to the {system} theme")).to_be_visible()
    assert page.evaluate(BACKGROUND) == {"light": LIGHT, "dark": DARK}[other]
    page.get_by_role("button", name=f"Switch to the {system} theme").press("Enter")
    assert page.evaluate(BACKGROUND) == {"light": LIGHT, "dark": DARK}[system]


@pytest.mark.thorough
@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_in_figures_can_be_read(visit, scheme, name):
    page = visit(name, color_scheme=scheme)
    paper = page.evaluate(BACKGROUND)
    colours = set(page.locator("figure svg text").evaluate_all("all => all.map((text) => getComputedStyle(text).fill)"))
    assert len(colours) > (name != "scenes")
    for colour in colours - {paper}:  # in the paper's colour: on the filled cells of a matrix
        assert contrast(colour, paper) >= 4.5, colour


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_badges_differ_and_can_be_read(visit, scheme):
    page = visit(color_scheme=scheme)
    paper = page.evaluate(BACKGROUND)
    badges = page.locator(".counts .badge")
    colours = badges.evaluate_all("all => all.map((badge) => getComputedStyle(badge).color)")
    assert len(set(colours)) == len(colours) == 8
    assert all(contrast(colour, paper) >= 4.5 for colour in colours)
    signs = badges.locator("[aria-hidden]").all_text_contents()
    assert len(set(signs)) == 8
    assert badges.evaluate_all(SEEN) == 8


@pytest.mark.parametrize(
    ("name", "chosen"), [*((name, "by the system") for name in PAPER), ("search", "by the switch")]
)
def test_paper(visit, chosen, name):
    light = visit("search").evaluate(THEME, VARIABLES)
    page = visit(name, color_scheme="dark" if chosen == "by the system" else "light")
    if chosen == "by the switch":
        page.locator("#theme").click()
    assert page.evaluate(THEME, VARIABLES) != light
    unwanted, wanted = PAPER[name]
    hidden = page.locator(f".bar, .skip, {unwanted}")
    page.pdf()
    page.emulate_media(media="print")
    assert page.evaluate(THEME, VARIABLES) == light
    assert hidden.count() > 2
    assert hidden.evaluate_all(SEEN) == 0
    for shown in wanted:
        found = page.locator(shown)
        assert found.evaluate_all(SEEN) == found.count() > 0, shown
    sort = "all => all.map((button) => getComputedStyle(button, '::after').content)"
    assert set(page.locator("thead button").evaluate_all(sort)) <= {"none"}


def test_paper_shows_what_is_folded_away(visit):
    page = visit("scenes")
    page.evaluate(COUNT_OPEN)
    folded = page.locator("details.folded").count()
    page.pdf()
    assert folded > 0
    assert page.evaluate("opened") == folded
    assert page.locator(".folded[open]").count() == 0  # and folds it again


@pytest.mark.parametrize("name", ["index", "search", "stages", *STUDIES])
def test_nothing_sticks_out_of_the_window(visit, name):
    page = visit(name, viewport=PHONE)
    page.evaluate(OPEN_ALL)
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({**PHONE, "width": width})
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("() => { scrollTo(999, 0); return scrollX; }") == 0


def test_on_a_phone_wide_tables_scroll_in_themselves(visit):
    page = visit("lenet", viewport=PHONE, has_touch=True, is_mobile=True)
    wide = page.locator(".scroll").filter(has=page.locator("table.sortable"))
    sizes = wide.evaluate_all("all => all.map((box) => [box.clientWidth, box.scrollWidth])")
    assert max(scrolled for _, scrolled in sizes) > PHONE["width"]
    assert max(shown for shown, _ in sizes) <= PHONE["width"]
    number = next(number for number, (shown, scrolled) in enumerate(sizes) if shown and scrolled > shown)
    assert wide.nth(number).evaluate("box => { box.scrollLeft = 9999; return box.scrollLeft; }") > 0


@pytest.mark.parametrize("name", ["index", "fashion"])
def test_on_a_phone_the_switch_stays_beside_the_sections(visit, name):
    page = visit(name, viewport={"width": 320, "height": 640})
    bar, button = page.locator(".places"), page.locator("#theme")
    expect(bar.locator("[aria-current]")).to_be_in_viewport(ratio=1)
    assert bar.evaluate("bar => bar.scrollWidth > bar.clientWidth")
    expect(button).to_be_in_viewport(ratio=1)
    bar.evaluate("bar => { bar.scrollLeft = 9999; }")
    expect(button).to_be_in_viewport(ratio=1)


def test_on_a_phone_rows_of_the_small_tables_are_cards(visit):
    labels = "cells => cells.map((cell) => getComputedStyle(cell, '::before').content)"
    for name, place, wanted in (
        ("index", "#needs", ["Claims", "Needs", "Time"]),
        ("fashion", "#fashion-assumptions", ["Status", "Who says so", "Varied by"]),
    ):
        page = visit(name, viewport=PHONE)
        row = page.locator(f"{place} tbody tr").first
        boxes = [cell.bounding_box() for cell in row.locator("th, td").all()]
        assert all(above["y"] + above["height"] <= below["y"] + 1 for above, below in pairwise(boxes))
        assert row.locator("td").evaluate_all(labels) == [f'"{label}"' for label in wanted]


def test_on_a_phone_a_claim_is_a_card(visit):
    page = visit(viewport=PHONE)
    row = page.locator(".ledger tbody tr").first
    boxes = [cell.bounding_box() for cell in row.locator("th, td").all()]
    assert all(above["y"] + above["height"] <= below["y"] + 1 for above, below in pairwise(boxes))
    labels = "cells => cells.map((cell) => getComputedStyle(cell, '::before').content)"
    assert row.locator("td").evaluate_all(labels) == ['"Published"', '"Ours"', '"Verdict"']
    expect(row.locator(".badge")).to_be_visible()
