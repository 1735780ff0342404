"""Filters of the ledger, and links to its claims and their evidence."""

import re

import pytest
from playwright.sync_api import expect

ROWS = ".ledger tbody tr"
SURE = "fashion_dynamic_smoother"


@pytest.fixture
def page(visit):
    return visit()


def choice(page, name):
    return page.locator(f"#filters select[name={name}]")


def shown(page):
    """(study, verdict) of the visible claims."""
    visible = (
        "rows => rows.filter((row) => row.checkVisibility()).map((row) => [row.dataset.study, row.dataset.verdict])"
    )
    return page.locator(ROWS).evaluate_all(visible)


def test_filters_by_study_and_verdict(page):
    every, count = shown(page), page.locator("#shown")
    expect(count).to_have_text(f"{len(every)} claims")
    choice(page, "study").select_option("lenet")
    of_study = shown(page)
    assert of_study == [claim for claim in every if claim[0] == "lenet"]
    assert 0 < len(of_study) < len(every)
    expect(count).to_have_text(f"{len(of_study)} of {len(every)} claims")
    choice(page, "verdict").select_option("agrees")
    assert shown(page) == [claim for claim in of_study if claim[1] == "agrees"]
    choice(page, "study").select_option("")
    agreeing = shown(page)
    assert agreeing == [claim for claim in every if claim[1] == "agrees"]
    expect(count).to_have_text(f"{len(agreeing)} of {len(every)} claims")
    choice(page, "verdict").select_option("")
    assert shown(page) == every


def test_the_verdict_filter_by_keyboard(page):
    choice(page, "verdict").focus()
    page.keyboard.type("imp")
    assert choice(page, "verdict").input_value() == "impossible"
    of_verdict = shown(page)
    assert len(of_verdict) > 0
    assert {verdict for _, verdict in of_verdict} == {"impossible"}
    page.keyboard.press("Home")
    assert len(shown(page)) > len(of_verdict)


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "end"), [("index", ""), ("fashion", "-evidence")])
def test_how_sure_a_verdict_is_stands_beside_it(visit, with_reference, name, end):
    page, place = visit(name, folder=with_reference), f"#{SURE}{end}"
    expect(page.locator(f"{place} .sure")).to_have_text("reference, one run")
    badge, sure = (page.locator(f"{place} {one}").first.bounding_box() for one in (".badge", ".sure"))
    assert abs(badge["y"] - sure["y"]) < badge["height"]
    assert page.locator(f"#fashion_parameters_conv1{end} .sure").count() == 0  # counted
    assert visit(name).locator(f"{place} .sure").count() == 0  # not testable


def test_verdicts_above_the_ledger_count_its_rows(page):
    verdicts = [verdict for _, verdict in shown(page)]
    for item in page.locator(".counts li").all():
        count, verdict = re.fullmatch(r"(\d+)\s+\S\s+(.+)", item.inner_text().replace("\n", " ").strip()).groups()
        assert verdicts.count(verdict) == int(count)


def test_a_link_to_a_hidden_claim_shows_it(page):
    count = page.locator(ROWS).count()
    choice(page, "study").select_option("lenet")
    claim = page.locator("#fashion_parameters_fc2")
    expect(claim).to_be_hidden()
    page.evaluate("location.hash = '#fashion_parameters_fc2'")
    expect(claim).to_be_in_viewport()
    expect(page.locator("#shown")).to_have_text(f"{count} claims")
    assert choice(page, "study").input_value() == ""


def test_a_link_to_a_shown_claim_leaves_the_filter(page):
    choice(page, "study").select_option("fashion")
    page.evaluate("location.hash = '#fashion_parameters_fc2'")
    expect(page.locator("#fashion_parameters_fc2")).to_be_in_viewport()
    assert choice(page, "study").input_value() == "fashion"


def test_the_page_opens_at_the_claim_of_its_address_below_the_bar(visit):
    page = visit(fragment="#fashion_overfitting")
    claim = page.locator("#fashion_overfitting")
    expect(claim).to_be_in_viewport()
    bar = page.locator(".bar").bounding_box()
    assert claim.bounding_box()["y"] >= bar["y"] + bar["height"]
    coloured = claim.locator("th").evaluate("cell => getComputedStyle(cell).backgroundColor")
    assert coloured != page.locator(f"{ROWS} th").first.evaluate("cell => getComputedStyle(cell).backgroundColor")


def test_evidence_and_figure_of_a_claim(page):
    row = page.locator("#fashion_parameters_fc2")
    row.get_by_role("link", name="evidence").click()
    expect(page.locator("#fashion_parameters_fc2-evidence")).to_be_in_viewport()
    assert page.title() == "Fashion-MNIST with a static and a dynamic graph – Revisit"
    page.go_back()
    row.get_by_role("link", name="figure").click()
    expect(page.locator("#fashion-parameters h2")).to_be_in_viewport()
    page.get_by_role("link", name="Ledger", exact=True).click()
    expect(page.locator("#ledger-title")).to_be_in_viewport()


def test_what_was_found_leads_to_its_claims_and_cards_to_their_studies(page):
    choice(page, "study").select_option("lenet")
    link = page.locator(".found a[href^='#fashion_']").first
    claim = page.locator(link.get_attribute("href"))
    expect(claim).to_be_hidden()
    link.click()
    expect(claim).to_be_in_viewport()
    page.locator(".card a").nth(1).click()
    expect(page.locator("h1")).to_be_in_viewport()
    expect(page.locator(".bar [aria-current]")).to_have_text("LeNet")


@pytest.mark.parametrize("follow", ["open", "go"])
def test_a_link_to_a_folded_table_unfolds_it(visit, follow):
    page = visit("scenes", "#scenes-classes-tuned" if follow == "open" else "")
    if follow == "go":
        expect(page.locator("#scenes-classes-tuned table")).to_be_hidden()
        page.evaluate("location.hash = '#scenes-classes-tuned'")
    expect(page.locator("#scenes-classes-tuned table")).to_be_visible()
    expect(page.locator("#scenes-classes-tuned summary").first).to_be_in_viewport()
