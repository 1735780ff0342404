"""docs/architecture.md: its index of the decisions.

What it names, test_pages.py looks at; what it says of imports, `make check` holds.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()


def test_the_index_has_every_decision_with_its_title():
    index = dict(re.findall(r"^\| \[\d+\]\(decisions/(.+?)\) \| (.+?) \|$", PAGE, flags=re.MULTILINE))
    files = {path.name: path for path in (ROOT / "docs/decisions").glob("*.md")}
    assert index.keys() == files.keys()
    for name, title in index.items():
        heading = files[name].read_text().splitlines()[0].partition(". ")[2]
        assert title.lower() == heading.lower()
