"""The search over claims, figures and tables: by words, by keyboard, by an address, and without a script."""

import re

import pytest
from playwright.sync_api import expect

SHOWN = ".entries li:not([hidden])"


@pytest.fixture
def page(visit):
    return visit("search")


def test_words_in_any_order_lead_to_a_claim(page):
    count = page.locator("#search output")
    every = page.locator(SHOWN).count()
    expect(count).to_have_text(f"{every} entries")
    page.get_by_label("Words").fill("PARAMETERS dénse second")
    expect(page.locator(SHOWN)).to_have_count(1)
    expect(count).to_have_text(f"1 of {every}")
    expect(page.locator("#of-lenet")).to_be_hidden()  # with its heading
    assert "q=PARAMETERS" in page.url
    page.locator(f"{SHOWN} a").click()
    expect(page.locator("#fashion_parameters_fc2-evidence")).to_be_in_viewport()
    page.go_back()
    expect(page.get_by_label("Words")).to_have_value("PARAMETERS dénse second")
    expect(page.locator(SHOWN)).to_have_count(1)
    page.get_by_label("Words").fill("no such words")
    expect(count).to_have_text("Nothing has all of these words.")


def test_figures_of_a_study_by_keyboard(page):
    words = page.get_by_label("Words")
    words.focus()
    page.keyboard.type("evaluate@fashion_static")  # what a figure was drawn from finds it, too
    page.keyboard.press("Tab")
    page.keyboard.type("figures")
    found = page.locator(SHOWN)
    assert 0 < found.count() < 30
    assert set(found.evaluate_all("all => all.map((one) => one.dataset.kind + one.dataset.study)")) == {"figurefashion"}
    words.press("Enter")
    expect(found.first.locator("a")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"fashion\.html#"))
    expect(page.locator(f"[id='{page.url.partition('#')[2]}']")).to_be_in_viewport()


def test_an_address_with_words_finds_them(visit):
    page = visit("search", "#q=adagrad&study=lenet")
    assert 0 < page.locator(SHOWN).count() < 20
    assert all("adagrad" in text.lower() for text in page.locator(f"{SHOWN} a").all_text_contents()[:3])


def test_every_block_with_a_title_is_listed_and_every_entry_leads_somewhere(visit, report):
    page = visit("search", java_script_enabled=False)
    expect(page.locator("#search")).to_be_hidden()
    links = page.locator(".entries a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    texts = {path.name: path.read_text() for path in report.glob("*.html")}
    for link in links:
        name, _, anchor = link.partition("#")
        assert f'id="{anchor}"' in texts[name], link
    claims = texts["index.html"].count('<tr id="')
    assert len(links) == len(set(links)) > claims + 60
    place = re.compile(r'<(?:figure|div class="tabular"|details class="folded") id="([^"]+)"')
    shown = {found for text in texts.values() for found in place.findall(text)}
    assert shown - {link.partition("#")[2] for link in links} == {"dag", "needs"}
