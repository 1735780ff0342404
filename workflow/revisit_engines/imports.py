"""Which files of this project a script runs: its import graph, read without importing anything.

An edit of a module must rerun the stages whose scripts import it, and no others. Neither engine sees
imports, so `configure` records the digests of these files in each stage's settings.
"""

import ast
import contextlib
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from revisit.errors import BusyError
from revisit.files import replacing, sha256

WORKFLOW = Path("workflow")
ROOTS = (WORKFLOW, WORKFLOW / "scripts")  # what `_command` and Python put on the module path
KEPT = Path(".work/imports.json")
_read: dict[str, dict[str, list[str]]] = {}  # what was found in modules, by the SHA-256 of their content


def files_of(script: Path, modules: Iterable[str] = ()) -> list[Path]:
    """Every file of the project that `script` runs or reads as part of its code, sorted.

    Follows `import` and `from` anywhere in a module, inside functions too, but not what is there for types alone. A
    module loaded by name shows in no import statement: `modules` names those, as `revisit.models.lenet`. A string that
    names a file or folder beside the module, such as "templates", counts as that module's data.
    """
    found: set[Path] = set()
    queue = [script, *(file for module in modules for file in _module(module))]
    while queue:
        path = queue.pop()
        if path not in found:
            found.add(path)
            queue += _imported_by(path) if path.suffix == ".py" else ()
    return sorted(found)


def packages(files: Iterable[Path]) -> list[str]:
    """The packages of others that these files of the project import anywhere, by their names in imports, sorted."""
    names = {name for file in files if file.suffix == ".py" for name in _read_in(file)["modules"] if name[0] != "."}
    found = {name.split(".")[0] for name in names if name.strip(".")}
    return sorted(name for name in found if name not in sys.stdlib_module_names and not _module(name))


def foreign(files: Iterable[Path]) -> list[str]:
    """What these files of the project import of other packages, in full, sorted: modules, and names in modules."""
    names = {name.rstrip(".") for file in files for name in _read_in(file)["modules"] if name[0] != "."}
    ours = tuple(path.stem for root in ROOTS for path in root.iterdir())
    tops = {name: name.split(".")[0] for name in names}
    return sorted(name for name, top in tops.items() if top not in sys.stdlib_module_names and top not in ours)


def keep() -> None:
    """Write down what this process read in modules, for the next one: parsing them all takes half a second."""
    if _read == _read_before():
        return
    content = json.dumps({"reader": _reader(), "modules": _read}, sort_keys=True)
    with contextlib.suppress(OSError, BusyError), replacing(KEPT) as partial:  # it is of use, but not needed
        partial.write_text(content, encoding="utf-8")


@cache
def _imported_by(path: Path) -> tuple[Path, ...]:
    words = _read_in(path)
    files = [file for name in words["modules"] for file in _module(_absolute(path, name))]
    files += [file for text in words["texts"] for file in _data(path, text)]
    return tuple(dict.fromkeys(files))


def _read_in(path: Path) -> dict[str, list[str]]:
    """What a module says that may be files (`_words`), read once."""
    source = path.read_bytes()
    digest = hashlib.sha256(source).hexdigest()
    words = _read[digest] = _read.get(digest) or _read_before().get(digest) or _words(source, path)
    return words


def _words(source: bytes, path: Path) -> dict[str, list[str]]:
    """What a module says that may be files: modules, with a dot for each level of a relative import, and texts."""
    modules, texts = [], []
    for node in _run(ast.parse(source, filename=str(path))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (f"{node.module}." if node.module else "")
            modules += [package, *(f"{package}{alias.name}" for alias in node.names)]  # a name may be a module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _may_be_data(node.value):
            texts.append(node.value)
    return {"modules": sorted(set(modules)), "texts": sorted(set(texts))}


def _run(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module that run: all but what stands under `if TYPE_CHECKING`."""
    queue = [tree]
    while queue:
        node = queue.pop()
        yield node
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            queue += node.orelse
        else:
            queue += ast.iter_child_nodes(node)


@cache
def _read_before() -> dict[str, dict[str, list[str]]]:
    """What an earlier process found, by the same reader."""
    try:
        found = json.loads(KEPT.read_bytes())
        return found["modules"] if found["reader"] == _reader() else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _reader() -> str:
    return sha256(__file__)


def _absolute(path: Path, name: str) -> str:
    level = len(name) - len(name.lstrip("."))
    package = path.relative_to(WORKFLOW).parts[:-level] if level else ()
    return ".".join([*package, *(part for part in name.split(".") if part)])


def _module(name: str) -> list[Path]:
    """The file of a module of this project and those of its packages; nothing for other modules."""
    parts = name.split(".")
    for root in ROOTS:
        base = root.joinpath(*parts)
        if (file := base.with_suffix(".py")).is_file() or (file := base / "__init__.py").is_file():
            packages = [root.joinpath(*parts[:n]) / "__init__.py" for n in range(1, len(parts))]
            return [file, *(package for package in packages if package.is_file())]
    return []


def _may_be_data(text: str) -> bool:
    return bool(text) and len(text) <= 64 and not text.startswith(("/", ".")) and "\n" not in text and "\0" not in text


def _data(path: Path, text: str) -> list[Path]:
    target = path.parent / text
    if target.is_file():
        return [target] if target.suffix != ".py" else []
    files = [file for file in target.rglob("*") if file.is_file()] if target.is_dir() else []
    return files if not any(file.suffix in (".py", ".pyc") for file in files) else []
