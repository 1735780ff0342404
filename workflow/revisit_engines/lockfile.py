"""How DVC reads and writes `dvc.lock`: around each stage the whole file, three times."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

UNLIMITED = -1  # characters of a line, for libyaml


class Syntax(NamedTuple):
    """PyYAML's safe classes on libyaml, to whom scalars are what they are in YAML 1.2, and to DVC: `yes` is text."""

    loader: type
    dumper: type


def read_by_libyaml() -> None:
    """Let DVC, in this process, read and write `dvc.lock` by PyYAML, in half of the time, and without comments.

    DVC edits it as it edits `dvc.yaml`, keeping comments and layout, which a file that it alone writes does not have:
    with 150 stages 0.6 of a job's CPU seconds. Lines are not folded at 80 characters; what is in them is the same.
    """
    from dvc import dvcfile
    from dvc.utils import strictyaml
    from dvc.utils.serialize import modify_yaml, parse_yaml

    def parsed(text: str, path: Any, typ: str = "safe") -> Any:
        return _parsed(text, path) if _is_lock(path) else parse_yaml(text, path, typ)

    def modified(path: Any, fs: Any = None) -> AbstractContextManager[dict[str, Any]]:
        return _modified(path, fs) if _is_lock(path) else modify_yaml(path, fs=fs)

    strictyaml.parse_yaml, dvcfile.modify_yaml = parsed, modified


def _is_lock(path: Any) -> bool:
    from dvc.dvcfile import LOCK_FILE

    return Path(path).name == LOCK_FILE


def _parsed(text: str, path: Any) -> dict[str, Any]:
    """The content; of a damaged file DVC's own error."""
    import yaml
    from dvc.utils.serialize import parse_yaml

    with suppress(yaml.YAMLError):
        return yaml.load(text, syntax().loader) or {}  # noqa: S506  (a kind of CSafeLoader)
    found: dict[str, Any] = parse_yaml(text, path)
    return found


@contextmanager
def _modified(path: Any, fs: Any) -> Iterator[dict[str, Any]]:
    import yaml

    opened = fs.open if fs else open
    data = {}
    if fs.exists(path) if fs else Path(path).exists():
        with opened(path, "r", encoding="utf-8") as stream:
            data = _parsed(stream.read(), path)
    yield data
    text = yaml.dump(data, Dumper=syntax().dumper, sort_keys=False, allow_unicode=True, width=UNLIMITED)
    with opened(path, "w+", encoding="utf-8") as stream:
        stream.write(text)


@cache
def syntax() -> Syntax:
    """The classes, with the rules for scalars that ruamel.yaml lists."""
    import yaml
    from ruamel.yaml.resolver import implicit_resolvers

    class Loader(yaml.CSafeLoader):
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    class Dumper(yaml.CSafeDumper):
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  (a value that stands twice is written twice)
            return True

    for kind in (Loader, Dumper):
        for versions, tag, pattern, beginnings in implicit_resolvers:
            if (1, 2) in versions:
                kind.add_implicit_resolver(tag, pattern, beginnings)
    Dumper.add_representer(OrderedDict, Dumper.represent_dict)
    return Syntax(Loader, Dumper)
