"""The chromium in which the report is looked at: the machine's own, never a download.

python tests/browser/chromium.py    # its path, or what is missing
"""

import os
import shutil
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = "install it (Debian: apt-get install chromium), then run `make browser`"


def path() -> str | None:
    """The program, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def missing() -> str:
    """What the tests in a browser lack, and how to get it; empty when they can run."""
    if not path():
        return f"no chromium: {INSTALL}"
    packages = [name for name in ("playwright", "axe_playwright_python") if not find_spec(name)]
    return f"no {' and no '.join(packages)}: run `make browser`" if packages else ""


def launch(playwright: "Playwright") -> "Browser":
    """Start it without a window. Its sandbox does not work for root."""
    return playwright.chromium.launch(executable_path=path(), chromium_sandbox=os.geteuid() != 0)


if __name__ == "__main__":
    print(path() or INSTALL)
    sys.exit(not path())
