"""No serious findings of axe, the checker of WCAG's rules, whichever way the page is read."""

import pytest
from axe_playwright_python.sync_playwright import Axe

OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
PHONE = {"width": 390, "height": 844}
CONTRAST = "color-contrast"  # takes nearly all the time
ALL, COLOURS = {}, {"runOnly": {"type": "rule", "values": [CONTRAST]}}
LAYOUT = {"rules": {CONTRAST: {"enabled": False}}}


@pytest.mark.parametrize("name", ["index", "fashion", "lenet", "scenes", "reference"])
@pytest.mark.parametrize(
    ("options", "rules"),
    [({"color_scheme": "light"}, ALL), ({"color_scheme": "dark"}, COLOURS), ({"viewport": PHONE}, LAYOUT)],
    ids=["light", "dark", "phone"],
)
def test_axe_finds_nothing_serious(visit, with_reference, name, options, rules):
    page = visit("fashion", folder=with_reference, **options) if name == "reference" else visit(name, **options)
    page.evaluate(OPEN_ALL)
    found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
    serious = [
        (rule["id"], len(rule["nodes"]), rule["nodes"][0]["html"][:200])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []
