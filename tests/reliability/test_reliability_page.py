import json

import page

ROWS = [
    {"attack": "kill -9 of the engine, dvc", "tried": 1200, "failures": []},
    {"attack": "a | b", "tried": 3, "read": 1, "refused": 2, "failures": ["it hung"]},
]


def test_one_table_with_what_was_tried_how_often_and_what_happened():
    text = page.page({"kills": ROWS, **{key: [] for key in set(page.ATTACKS) - {"kills"}}})
    assert "1,203 attempts, 1 failures." in text
    assert "- a | b: it hung\n" in text
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if "**Killed**" in line)
    first, second = lines[start + 1 : start + 3]
    assert first == "| kill -9 of the engine, dvc | 1,200 |  | 0 |"
    assert second == r"| a \| b | 3 | read: 1, refused: 2 | 1 |"


def test_what_was_not_run_is_named():
    assert "Not run at this length yet: `walk.py`," in page.page({"kills": ROWS})


def test_the_page_in_docs_is_that_of_its_rows_and_tells_of_no_failure():
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in (page.DOCS / "reliability").glob("*.json")}
    assert page.page(found) == (page.DOCS / "reliability.md").read_text("utf-8")
    assert all(row["failures"] == [] for rows in found.values() for row in rows)
    assert set(found) <= set(page.ATTACKS)
    assert found
