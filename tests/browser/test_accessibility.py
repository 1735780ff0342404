"""No serious findings of axe, the checker of WCAG's rules, whichever way the page is read."""

import pytest
from axe_playwright_python.sync_playwright import Axe

OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
PHONE = {"width": 390, "height": 844}
CONTRAST = "color-contrast"  # takes nearly all the time
ALL, COLOURS = {}, {"runOnly": {"type": "rule", "values": [CONTRAST]}}
LAYOUT = {"rules": {CONTRAST: {"enabled": False}}}


QUICK = ("light-index", "light-search", "light-stages", "light-fashion", "dark-stages", "phone-stages")
LOOKS = {  # contrast on a dark page and the layout of a phone: where every element of the report is
    "light": ({"color_scheme": "light"}, ALL, ("index", "search", "stages", "fashion", "lenet", "scenes", "reference")),
    "dark": ({"color_scheme": "dark"}, COLOURS, ("index", "stages", "fashion")),
    "phone": ({"viewport": PHONE}, LAYOUT, ("index", "search", "stages", "fashion", "scenes")),
}


def param(look, name):
    marks = () if f"{look}-{name}" in QUICK else pytest.mark.thorough
    return pytest.param(look, name, id=f"{look}-{name}", marks=marks)


@pytest.mark.parametrize(("look", "name"), [param(look, name) for look, found in LOOKS.items() for name in found[2]])
def test_axe_finds_nothing_serious(visit, request, look, name):
    options, rules, _ = LOOKS[look]
    folder = {"folder": request.getfixturevalue("with_reference")} if name == "reference" else {}
    page = visit("fashion" if folder else name, **folder, **options)
    page.evaluate(OPEN_ALL)
    found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
    serious = [
        (rule["id"], len(rule["nodes"]), rule["nodes"][0]["html"][:200])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []
