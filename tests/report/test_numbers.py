"""Numbers as the pages write them."""

import pytest

from revisit.report.numbers import cell, duration, number, published_text, value_text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (3212288, "3,212,288"),
        (0.123456, "0.123"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (-0.5, "−0.500"),
        (4.7e-07, "4.70 × 10⁻⁷"),
    ],
)
def test_numbers(value, shown):
    assert number(value) == shown


def test_a_published_number_keeps_its_digits_and_ours_has_as_many():
    assert [published_text(value) for value in (0.972727, 3212288, -0.5)] == ["0.972727", "3,212,288", "−0.5"]
    assert [value_text(0.75034, published) for published in (0.972727, 0.7634, 0.94, 3, None)] == [
        "0.7503",
        "0.7503",
        "0.750",
        "0.750",
        "0.750",
    ]
    assert value_text(None, 0.97) == "–"


def test_cells_without_a_value_sort_last():
    assert cell("", "percent") == {"text": "–", "sort": None, "numeric": True}
    assert cell("0.8256", "percent")["text"] == "82.6%"
    assert cell("-3", "integer") == {"text": "−3", "sort": "-3", "numeric": True}


def test_times_in_words():
    times = [None, 42, 99.4, 100, 5999, 6000, 90_000]
    assert [duration(seconds) for seconds in times] == [
        "–",
        "42 seconds",
        "99 seconds",
        "2 minutes",
        "100 minutes",
        "1.7 hours",
        "25.0 hours",
    ]
