import json

import page

ROWS = [
    {"attack": "kill -9 of the engine, dvc", "tried": 1200, "failures": []},
    {"attack": "a | b", "tried": 3, "read": 1, "refused": 2, "failures": ["it hung"]},
]


def test_one_table_with_what_was_tried_how_often_and_what_happened():
    text = page.page({"kills": ROWS})
    assert "1,203 attempts, 1 failures." in text
    assert "- a | b: it hung\n" in text
    *_, first, second = text.strip().splitlines()
    assert first == "| kill -9 of the engine, dvc | 1,200 |  | 0 |"
    assert second == r"| a \| b | 3 | read: 1, refused: 2 | 1 |"


def test_the_page_in_docs_is_that_of_its_rows_and_tells_of_no_failure():
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in (page.DOCS / "reliability").glob("*.json")}
    assert page.page(found) == (page.DOCS / "reliability.md").read_text("utf-8")
    assert all(row["failures"] == [] for rows in found.values() for row in rows)
    assert set(found) == set(page.ATTACKS)
