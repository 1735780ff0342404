"""The values of curves, under the pointer and by the keyboard."""

import csv
import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.thorough

FIGURE = "#fashion-accuracy-fashion_dynamic"
COLUMNS = {"training set": "train_accuracy", "test set": "test_accuracy"}


@pytest.fixture
def rows(report):
    """The evaluations behind the figure: column -> value, by step."""
    with open(report / "data" / "fashion-evaluations.csv", newline="") as stream:
        return {float(row["step"]): row for row in csv.DictReader(stream) if row["experiment"] == "fashion_dynamic"}


def told(page, figure=FIGURE):
    """What the readout says: the first line, and name -> value."""
    first, *lines = page.locator(f"{figure} output").inner_text().splitlines()
    return first, dict(line.rsplit(": ", 1) for line in lines)


def expected(row):
    return {name: pytest.approx(float(row[column]), abs=0.002) for name, column in COLUMNS.items()}


def shares(values):
    return {name: float(value.rstrip("%")) / 100 for name, value in values.items()}


def place_of(page, step):
    """Where a step lies on the screen, at half the height of the curves."""
    figure = page.locator(FIGURE)
    figure.scroll_into_view_if_needed()
    scales = json.loads(page.locator(f"{FIGURE} [data-readout]").get_attribute("data-readout"))
    (left, right), (first, last) = scales["x"]["at"], scales["x"]["value"]
    at = [left + (step - first) / (last - first) * (right - left), sum(scales["y"]["at"]) / 2]
    return page.locator(f"{FIGURE} svg").evaluate(
        "(svg, at) => { const p = new DOMPoint(...at).matrixTransform(svg.getScreenCTM()); return [p.x, p.y]; }", at
    )


def test_under_the_pointer_stand_the_values_of_the_table(visit, rows):
    page = visit("fashion")
    readout = page.locator(f"{FIGURE} output")
    expect(readout).to_be_hidden()
    for step in list(rows)[:: max(1, len(rows) // 4)]:
        page.mouse.move(*place_of(page, step))
        expect(readout).to_be_visible()
        first, values = told(page)
        assert first == f"step {step:,.0f}"
        assert shares(values) == expected(rows[step])
    page.mouse.move(2, 2)
    expect(readout).to_be_hidden()


def test_the_highest_curve_comes_first_and_the_box_stays_inside(visit):
    page = visit("fashion")
    for figure in page.locator("figure:has([data-readout])").all()[:8]:
        figure.scroll_into_view_if_needed()
        box = figure.locator("svg").bounding_box()
        for share in (0.2, 0.5, 0.95):
            page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
            numbers = [
                float(n.replace(",", "")) for n in re.findall(r": ([\d.,]+)", figure.locator("output").inner_text())
            ]
            assert numbers == sorted(numbers, reverse=True)
            shown, whole = figure.locator("output").bounding_box(), figure.locator(".drawing").bounding_box()
            assert shown["x"] >= whole["x"] - 1
            assert shown["x"] + shown["width"] <= whole["x"] + whole["width"] + 1


def test_by_keyboard(visit, rows):
    page = visit("fashion")
    readout = page.locator(f"{FIGURE} output")
    page.locator(f"{FIGURE} svg").focus()
    page.keyboard.press("End")
    first, values = told(page)
    assert first == f"step {max(rows):,.0f}"
    assert shares(values) == expected(rows[max(rows)])
    page.keyboard.press("ArrowLeft")
    assert told(page)[0] != first
    page.keyboard.press("Home")
    assert told(page)[0] == f"step {min(rows):,.0f}"
    page.keyboard.press("Escape")
    expect(readout).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(readout).to_be_visible()
    page.keyboard.press("Tab")
    expect(readout).to_be_hidden()
