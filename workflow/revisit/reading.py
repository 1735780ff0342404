"""Reading JSON, YAML, tables and arrays that may be damaged or forged: what is wrong is a ValueError; nothing runs."""

import gzip
import io
import json
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

if TYPE_CHECKING:
    import numpy as np

NODES = 100_000  # of a YAML document in which aliases stand for more than is written; params.yaml has 3,000
DEPTH = 50
UNPACKED = 100_000_000  # bytes of a compressed table; the largest of a reference result has one hundredth of them
PACKED = ".gz"  # after the name of a compressed file
WRITTEN = ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent")  # each is a node; an alias is none
MERGE = "tag:yaml.org,2002:merge"  # of the key `<<`: the keys of its value are copied while the document is read


def json_value(path: str | Path) -> Any:
    """The value in a JSON file: its numbers finite, its keys given once, its texts such as UTF-8 has.

    Raises OSError, or ValueError for anything else than JSON in UTF-8.
    """
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_not_finite, parse_float=_finite, object_pairs_hook=_once)
        check_texts(value, content)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text ({error})") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def check_texts(value: Any, content: bytes) -> None:
    """Raise ValueError where the `value` of JSON has half of a surrogate pair (\\ud800), which no file can hold."""
    if b"\\u" in content:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"a text has half of a character ({error.object[error.start]!r})") from None


def yaml_value(path: str | Path) -> Any:
    """The value in a YAML file of plain values, by the parser and the YAML version (1.2) that DVC uses.

    Raises OSError, or ValueError for anything else: other tags, keys given twice, merge keys, text that is not UTF-8,
    and aliases that make a short file a value of more than `NODES` nodes, or one without end. What is written out may
    be as long as it is: a thousand experiments are some 35,000 nodes.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    content = Path(path).read_bytes()
    try:
        depth = written = 0
        for event in YAML(typ="safe").parse(content):  # building values of deep ones would exhaust the C stack
            depth += type(event).__name__.endswith("StartEvent") - type(event).__name__.endswith("EndEvent")
            _bound(0, depth - 2)  # the stream and the document
            written += type(event).__name__ in WRITTEN
            if _merges(event):  # they would escape the bound
                raise ValueError("merge keys (<<) are not read")
        value = YAML(typ="safe").load(content)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text ({error})") from None
    except (YAMLError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not valid YAML: {' '.join(str(error).split())}") from None
    nodes = 0
    queue = [(value, 0)]
    while queue:
        node, depth = queue.pop()
        nodes += 1
        _bound(nodes, depth, written)
        if isinstance(node, dict | list):
            inner = [*node, *node.values()] if isinstance(node, dict) else node
            queue += [(item, depth + 1) for item in inner]
    return value


def stored(path: str | Path) -> Path:
    """Where a file is: at `path`, or, where nothing is, compressed beside it: `history.csv.gz` for `history.csv`."""
    path = Path(path)
    packed = path.with_name(path.name + PACKED)
    return packed if packed.exists() and not path.exists() else path


def table(path: str | Path) -> TextIO:
    """The text of a CSV file, to be closed, wherever it is `stored`.

    Raises OSError, or ValueError for a damaged or huge compressed one, or one that is not UTF-8 text.
    """
    path = stored(path)
    if path.suffix != PACKED:
        return open(path, newline="", encoding="utf-8")
    try:
        with gzip.open(path) as stream:
            content = stream.read(UNPACKED + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"it cannot be unpacked ({error})") from None
    if len(content) > UNPACKED:
        raise ValueError(f"it holds more than {UNPACKED / 1e6:.0f} MB")
    return io.StringIO(content.decode(), newline="")


def array(path: str | Path) -> "np.memmap":
    """The array in an .npy file, memory-mapped; never objects. Raises OSError, or ValueError for anything else."""
    from tokenize import TokenError

    import numpy as np

    try:
        with np.errstate(over="raise"):  # of sizes beyond 64 bits
            return np.lib.format.open_memmap(path, "r")
    except (ArithmeticError, LookupError, TypeError, SyntaxError, MemoryError, RecursionError, TokenError) as error:
        raise ValueError(f"no array: {type(error).__name__}: {error}") from None


def _merges(event: Any) -> bool:
    plain = getattr(event, "value", None) == "<<" and event.implicit[0]
    return plain or getattr(event, "tag", None) == MERGE


def _bound(nodes: int, depth: int, written: int = 0) -> None:
    if nodes > max(NODES, written) or depth > DEPTH:
        raise ValueError(f"more than {NODES} values, or {DEPTH} levels, with what aliases (*) stand for")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, inner in pairs:
        if key in value:
            raise ValueError(f"a key is given twice: {key[:40]!r}")
        value[key] = inner
    return value


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _not_finite(text)


def _not_finite(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} is no finite number")
