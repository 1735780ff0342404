"""The switch between reference results and this run, and everything that leads to one of the two."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.thorough

SEEN = "all => all.filter((one) => one.checkVisibility()).length"
KEPT, OWN = "section[data-of=reference]", "section[data-of=run]"


@pytest.fixture
def page(visit, with_reference):
    return visit("fashion", folder=with_reference)


def button(page, name):
    return page.locator(".switch").get_by_role("button", name=name)


def assert_shown(page, side):
    """All sections of one side are there, with their entries among the contents, and none of the other."""
    sections, entries = page.locator("section[data-of]"), page.locator(".contents li[data-of]")
    assert sections.count() == entries.count() > 20
    for found in (sections, entries):
        shown = found.evaluate_all("all => all.filter((one) => one.checkVisibility()).map((one) => one.dataset.of)")
        assert shown == [side] * (found.count() // 2)
    pressed = {"reference": ["true", "false"], "run": ["false", "true"]}[side]
    assert [one.get_attribute("aria-pressed") for one in page.locator(".switch button").all()] == pressed


def test_by_click(page):
    assert_shown(page, "reference")  # which decides at demo scale
    button(page, "This run").click()
    assert_shown(page, "run")
    button(page, "Reference results").click()
    assert_shown(page, "reference")


def test_by_keyboard(page):
    button(page, "Reference results").focus()
    page.keyboard.press("Tab")
    expect(button(page, "This run")).to_be_focused()
    page.keyboard.press("Enter")
    assert_shown(page, "run")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert_shown(page, "reference")


def test_a_link_to_the_hidden_side_shows_it(visit, with_reference):
    page = visit("fashion", "#fashion-parameters", with_reference)
    assert_shown(page, "run")
    expect(page.locator("#fashion-parameters h2")).to_be_in_viewport()
    page.evaluate("location.hash = '#fashion-reference-tsne-fashion_dynamic-fc1'")
    assert_shown(page, "reference")
    expect(page.locator("#fashion-reference-tsne-fashion_dynamic-fc1")).to_be_in_viewport()
    page.evaluate("location.hash = '#fashion-made'")  # of neither
    assert_shown(page, "reference")


def test_a_claim_leads_to_the_figure_of_what_decided_it(visit, with_reference):
    for claim, section, side in (
        ("fashion_parameters_fc2", "fashion-parameters", "run"),
        ("fashion_overfitting", "fashion-reference-gap", "reference"),
    ):
        page = visit(folder=with_reference)
        page.locator(f"#{claim}").get_by_role("link", name="figure").click()
        expect(page.locator(f"#{section} h2")).to_be_in_viewport()
        assert_shown(page, side)


def test_a_map_that_was_hidden_is_drawn_once_it_is_shown(page):
    canvas = page.locator("#fashion-tsne-fashion_dynamic-fc1 .stage canvas")
    expect(canvas).to_be_hidden()
    button(page, "This run").click()
    canvas.scroll_into_view_if_needed()
    page.wait_for_function("canvas => canvas.width > 300", arg=canvas.element_handle())
    drawn = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v)"
    page.wait_for_function(drawn, arg=canvas.element_handle())


def test_without_a_script_both_sides_are_there_one_after_the_other(visit, with_reference):
    page = visit("fashion", folder=with_reference, java_script_enabled=False)
    for side in (KEPT, OWN):
        assert page.locator(side).evaluate_all(SEEN) == page.locator(side).count() > 10
    last, first = page.locator(KEPT).last.bounding_box(), page.locator(OWN).first.bounding_box()
    assert last["y"] + last["height"] <= first["y"] + 1
    expect(page.locator(".switch")).to_be_hidden()
    heads = [page.locator(f"#fashion{side}-curves h2").text_content() for side in ("-reference", "")]
    assert [head.rsplit(" ", 2)[-2:] for head in heads] == [["reference", "results"], ["this", "run"]]


def test_alone_they_are_shown_without_a_switch(visit, reference_alone):
    page = visit("fashion", folder=reference_alone)
    assert page.locator(KEPT).evaluate_all(SEEN) == page.locator(KEPT).count() > 10
    assert page.locator(OWN).count() == page.locator(".switch").count() == 0
    page = visit(folder=reference_alone)
    page.locator("#fashion_overfitting").get_by_role("link", name="figure").click()
    expect(page.locator("#fashion-reference-gap h2")).to_be_in_viewport()


@pytest.mark.parametrize("side", ["reference", "run"])
def test_paper_shows_the_side_that_is_chosen(page, side):
    if side == "run":
        button(page, "This run").click()
    page.pdf()
    page.emulate_media(media="print")
    shown, hidden = (KEPT, OWN) if side == "reference" else (OWN, KEPT)
    assert page.locator(shown).evaluate_all(SEEN) == page.locator(shown).count() > 10
    assert page.locator(hidden).evaluate_all(SEEN) == 0
    assert page.locator(".switch").evaluate_all(SEEN) == 0
    assert page.locator(f"{shown} .stills img").evaluate_all(SEEN) > 0


@pytest.mark.parametrize("name", ["index", "fashion"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out_of_the_window(visit, with_reference, width, name):
    page = visit(name, folder=with_reference, viewport={"width": width, "height": 844})
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_ledger_has_a_column_for_this_run_that_a_phone_names(visit, with_reference):
    row = visit(folder=with_reference).locator("#fashion_overfitting")
    expect(row.locator("td.run")).to_contain_text("not testable at this scale")
    expect(row.locator(".sure")).to_have_text("reference, one run")
    page = visit(folder=with_reference, viewport={"width": 390, "height": 844})
    labels = "cells => cells.map((cell) => getComputedStyle(cell, '::before').content)"
    told = page.locator(".ledger tbody tr").first.locator("td").evaluate_all(labels)
    assert told == ['"Published"', '"Ours"', '"Verdict"', '"This run"']


def test_a_study_without_reference_results_has_no_switch(visit, with_reference):
    page = visit("lenet", folder=with_reference)
    assert page.locator(".switch").count() == 0
    assert page.locator("section[data-of=run]").evaluate_all(SEEN) == page.locator("section[data-of]").count() > 3
