"""Which files of this project a script runs: its import graph, read without importing anything.

An edit of a module must rerun the stages whose scripts import it, and no others. Neither engine sees
imports, so `configure` records the digests of these files in each stage's settings.
"""

import ast
from functools import cache
from pathlib import Path

WORKFLOW = Path("workflow")
ROOTS = (WORKFLOW, WORKFLOW / "scripts")  # what `_command` and Python put on the module path
MODELS = WORKFLOW / "revisit" / "models"


def files_of(script: Path, model: str | None = None) -> list[Path]:
    """Every file of the project that `script` runs or reads as part of its code, sorted.

    Follows `import` and `from` anywhere in a module, inside functions too. A module loaded by name shows
    in no import statement: `model` names the network's. A string that names a file or folder beside the
    module, such as "templates", counts as that module's data.
    """
    found: set[Path] = set()
    queue = [script, *([MODELS / f"{model}.py"] if model else [])]
    while queue:
        path = queue.pop()
        if path not in found:
            found.add(path)
            queue += _imported_by(path) if path.suffix == ".py" else ()
    return sorted(found)


@cache
def _imported_by(path: Path) -> tuple[Path, ...]:
    files: list[Path] = []
    for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                files += _module(alias.name)
        elif isinstance(node, ast.ImportFrom):
            package = _absolute(path, node)
            files += _module(package)
            for alias in node.names:  # a name may be a module or something inside one
                files += _module(f"{package}.{alias.name}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            files += _data(path, node.value)
    return tuple(dict.fromkeys(files))


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(WORKFLOW).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def _module(name: str) -> list[Path]:
    """The file of a module of this project and those of its packages; nothing for other modules."""
    parts = name.split(".")
    for root in ROOTS:
        base = root.joinpath(*parts)
        if (file := base.with_suffix(".py")).is_file() or (file := base / "__init__.py").is_file():
            packages = [root.joinpath(*parts[:n]) / "__init__.py" for n in range(1, len(parts))]
            return [file, *(package for package in packages if package.is_file())]
    return []


def _data(path: Path, text: str) -> list[Path]:
    if not text or len(text) > 64 or text.startswith(("/", ".")) or "\n" in text or "\0" in text:
        return []
    target = path.parent / text
    if target.is_file():
        return [target] if target.suffix != ".py" else []
    files = [file for file in target.rglob("*") if file.is_file()] if target.is_dir() else []
    return files if not any(file.suffix in (".py", ".pyc") for file in files) else []
