"""Parts of what is found by its folder's name, kinds of analysis and looks: nothing is registered.

What is loaded so shows in no import statement; the engines are told which modules a stage loads.
"""

import importlib
from pathlib import Path
from types import ModuleType

ANALYSES = "revisit.analyses"
LOOKS = "revisit.analyses.inspect.looks"
_ROOT = Path(__file__).parents[2]  # of the packages


def available(part: str, package: str = ANALYSES) -> list[str]:
    """The folders of `package` that have the module `part`, sorted, found without importing any."""
    return sorted(path.parent.name for path in _ROOT.joinpath(*package.split(".")).glob(f"*/{part}.py"))


def name(folder: str, part: str, package: str = ANALYSES) -> str:
    """The name of the module `part` of a folder of `package`."""
    return f"{package}.{folder}.{part}"


def load(folder: str, part: str, package: str = ANALYSES) -> ModuleType:
    """The module `part` of a folder of `package`."""
    return importlib.import_module(name(folder, part, package))
