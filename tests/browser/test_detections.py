"""Boxes of detections: the slider of the score, by keyboard, and the page without a script."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.thorough

BOXES = "#scenes-boxes-dense"


def test_the_slider_hides_boxes_and_counts_anew(visit):
    figure = visit("scenes").locator(BOXES)
    slider, told, boxes = figure.locator("input"), figure.get_by_role("status"), figure.locator("[data-score]:visible")
    expect(boxes).to_have_count(10)
    before = told.inner_text()
    slider.focus()
    for _ in range(21):  # from 0.50 to 0.29
        slider.press("ArrowLeft")
    expect(boxes).to_have_count(15)
    expect(figure.locator(".level strong")).to_have_text("0.29")
    expect(told).to_have_text(
        "852 true positives, 605 false positives, 448 objects missed: precision 58.5%, recall 65.5%"
    )
    for _ in range(21):
        slider.press("ArrowRight")
    expect(told).to_have_text(before)  # the script says it as the page did
    slider.press("End")
    expect(boxes).to_have_count(0)
    expect(told).to_contain_text("12 true positives, 0 false positives")
