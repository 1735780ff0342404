"""Sortable tables, by click and by keyboard."""

import math
import re

import pytest
from playwright.sync_api import expect

NUMBER = re.compile(r"(−?)([\d,]*\.?\d+)%?(?: × 10\^(−?)(\d+))?")
# Click every header of a table twice: its rows before and after, and what each click made of the column.
CLICK_ALL = """tables => tables.map((table) => {
    const rows = () => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
    const before = rows(), clicks = [];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
        for (let click = 0; click < 2; click++) {
            head.querySelector("button").click();
            const others = [...table.querySelectorAll("[aria-sort]")].filter((other) => other !== head).length;
            const found = rows().map((row) => row[column]), numeric = head.classList.contains("n");
            clicks.push({ click, numeric, others, found, order: head.getAttribute("aria-sort") });
        }
    });
    return { before, clicks, after: rows() };
})"""


def value(text):
    """A number as the page writes it; a dash is none."""
    if text == "–":
        return None
    sign, digits, below, power = NUMBER.fullmatch(text).groups()
    exponent = int(power or 0) * (-1 if below else 1)
    return float(digits.replace(",", "")) * 10**exponent * (-1 if sign else 1)


def in_order(found, numeric, order):
    """Whether a column is sorted: what has no value comes last in both orders."""
    if not numeric:
        return [text.casefold() for text in found] == sorted(map(str.casefold, found), reverse=order == "descending")
    values = [value(text) for text in found]
    known = [number for number in values if number is not None]
    assert all(math.isfinite(number) for number in known)
    return values == sorted(known, reverse=order == "descending") + [None] * (len(values) - len(known))


def first_column(table):
    return table.locator("tbody th").all_inner_texts()


@pytest.fixture
def page(visit):
    return visit("fashion")


@pytest.mark.thorough
def test_every_column_of_every_table_sorts_both_ways(visit):
    pages = [visit(name) for name in ("fashion", "lenet", "scenes")]
    tables = [one for page in pages for one in page.locator("table:has(thead button)").evaluate_all(CLICK_ALL)]
    assert len(tables) > 15
    clicks = [click for table in tables for click in table["clicks"]]
    for click in clicks:
        expected = ["descending", "ascending"] if click["numeric"] else ["ascending", "descending"]
        assert (click["order"], click["others"]) == (expected[click["click"]], 0)
        assert in_order(click["found"], click["numeric"], click["order"]), click
    assert any("–" in click["found"] for click in clicks if click["numeric"])
    for table in tables:
        assert sorted(table["before"]) == sorted(table["after"])  # the cells of a row stay together


def test_by_click(page):
    table = page.locator("#fashion-parameters-fashion_dynamic table")
    assert first_column(table) == ["conv1", "conv2", "fc1", "fc2"]
    head = table.get_by_role("columnheader", name="weights")
    head.get_by_role("button").click()
    assert first_column(table) == ["fc1", "conv2", "fc2", "conv1"]
    expect(head).to_have_attribute("aria-sort", "descending")
    head.get_by_role("button").click()
    assert first_column(table) == ["conv1", "fc2", "conv2", "fc1"]
    expect(head).to_have_attribute("aria-sort", "ascending")


def test_by_keyboard(page):
    table = page.locator("#fashion-parameters-fashion_dynamic table")
    heads = table.locator("thead th")
    heads.first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(heads.first).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(heads.nth(1)).to_have_attribute("aria-sort", "descending")
    assert heads.first.get_attribute("aria-sort") is None
    assert first_column(table) == ["fc1", "conv2", "fc2", "conv1"]
    page.keyboard.press("Enter")
    expect(heads.nth(1)).to_have_attribute("aria-sort", "ascending")
    expect(heads.nth(1).get_by_role("button")).to_be_focused()
