"""Everything by keyboard alone: order, visible focus, no trap."""

import pytest
from playwright.sync_api import expect

# The focused element: its place among all, whether its outline shows, and whether it can be seen.
FOCUSED = """() => {
    const one = document.activeElement;
    if (one === document.body) return null;
    const style = getComputedStyle(one), box = one.getBoundingClientRect(), bar = document.querySelector(".bar");
    const below = bar.contains(one) || one.matches(".skip") ? 0 : bar.getBoundingClientRect().bottom;
    const inside = box.bottom > below && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return {
        index: [...document.querySelectorAll("*")].indexOf(one),
        name: one.outerHTML.slice(0, 100),
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        seen: one.checkVisibility({ opacityProperty: true }) && inside,
    };
}"""
THOROUGH = pytest.mark.thorough
REACHABLE = """() => { const all = [...document.querySelectorAll("*")];
    return all.map((one, index) => [one, index])
        .filter(([one]) => one.matches("a[href], button, select, summary, [tabindex='0']") && one.checkVisibility())
        .map(([_, index]) => index); }"""


def test_skip_link_comes_first_and_leads_past_the_navigation(visit):
    page = visit()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the ledger")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    expect(page.locator("#ledger-title")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.locator("#filters select").first).to_be_focused()


def test_skip_link_of_a_study_leads_to_it(visit):
    page = visit("lenet")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the study")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#lenet-title")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.locator("#lenet .contents a").first).to_be_focused()


@pytest.mark.parametrize("name", ["index", "stages", *(pytest.param(x, marks=THOROUGH) for x in ("fashion", "scenes"))])
def test_tab_goes_through_everything_in_reading_order(visit, name):
    page = visit(name)
    reachable, reached = page.evaluate(REACHABLE), []
    assert len(reachable) > 50
    for _ in range(len(reachable) + 100):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        assert focused["outlined"], focused["name"]
        assert focused["seen"], focused["name"]
        reached.append(focused["index"])
    assert reached == sorted(set(reached))
    assert set(reachable) <= set(reached)


def test_back_again(visit):
    page = visit("fashion")
    page.locator(".stage canvas").first.focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.matches('.stage canvas')") is False
