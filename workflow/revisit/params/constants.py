"""Constants of modules, read off their source: importing these modules takes a second, for a drawing or PyTorch."""

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def constant(module: str, name: str, default: Any = None) -> Any:
    """What `module` says in a line `NAME = literal`; `default` where it does not say so."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no module named {module!r}", name=module)
    for line in Path(spec.origin).read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name} = "):
            return ast.literal_eval(line.partition(" = ")[2])
    return default
