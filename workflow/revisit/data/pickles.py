"""Reads the plain values and byte arrays in a pickle without being able to execute anything.

An unpickler with a restricted `find_class` still lets a file build on live objects, and CPython's takes as much
memory for its memo as the file names. The few operations that the published files use are carried out here
instead, on the list of operations that `pickletools` gives: there is no code path that imports or calls.
"""

import pickletools
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from revisit.errors import DataError

OPERATIONS = 1_000_000  # a published batch of CIFAR-10 has 60,000
REMEDY = "get the published file again; others are not accepted"
ARRAY = {"numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"}
DTYPE = "numpy dtype"
ENCODE = "_codecs encode"  # how protocol 2 of Python 3 writes bytes
PASSIVE = {*ARRAY, DTYPE, ENCODE, "numpy ndarray"}

VALUES = {"BININT", "BININT1", "BININT2", "SHORT_BINSTRING", "BINSTRING", "BINUNICODE"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


@dataclass(frozen=True)
class _Global:
    name: str


@dataclass
class _Built:
    """What a reduction would have built: the name of its function, the arguments and the state."""

    name: str
    arguments: tuple
    state: Any = None


def read(data: bytes, where: str) -> dict[str, Any]:
    """The dictionary in a pickle of protocol 2, such as Python 2 wrote it, with uint8 arrays (rows, columns).

    Texts and keys are str (Latin-1 where Python 2 left the encoding open). Raises DataError naming `where` for
    anything but dictionaries, lists, tuples, texts, bytes, integers and such arrays; nothing is imported or called.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # on odd escapes in texts of protocol 0, which are refused
            value = _run(data)
        if not isinstance(value, dict):
            raise ValueError(f"a {type(value).__name__}")
        return {key: _array(item) if isinstance(item, _Built) else item for key, item in value.items()}
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DataError(
            f"{where}: expected a pickled dictionary of texts, integers and uint8 arrays, found {error}: {REMEDY}"
        ) from None


def _run(data: bytes) -> Any:
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}
    argument: Any  # of the type that the operation's name promises
    for number, (code, argument, _) in enumerate(pickletools.genops(data)):
        name = code.name
        if number >= OPERATIONS:
            raise ValueError(f"more than {OPERATIONS} operations")
        if name == "BINUNICODE":
            argument.encode()  # half a surrogate pair is no text, though pickles may hold it
        if name in VALUES:
            stack.append(argument)
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "EMPTY_DICT":
            stack.append({})
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name == "MARK":
            marks.append(len(stack))
        elif name == "APPEND":
            _list(stack, -2).append(stack.pop())
        elif name == "APPENDS":
            items = _since_mark(stack, marks)
            _list(stack, -1).extend(items)
        elif name == "SETITEM":
            _set(stack, -3, [stack[-2], stack[-1]])
            del stack[-2:]
        elif name == "SETITEMS":
            items = _since_mark(stack, marks)
            _set(stack, -1, items)
        elif name == "TUPLE":
            stack.append(tuple(_since_mark(stack, marks)))
        elif name in TUPLES:
            size = TUPLES[name]
            if len(stack) < size:
                raise IndexError("too few values")
            stack[-size:] = [tuple(stack[-size:])]
        elif name == "GLOBAL":
            if argument not in PASSIVE:
                raise ValueError(f"a call of {argument[:80]!r}")
            stack.append(_Global(argument))
        elif name == "REDUCE":
            arguments, function = stack.pop(), stack.pop()
            stack.append(_reduced(function, arguments))
        elif name == "BUILD":
            state = stack.pop()
            if not isinstance(stack[-1], _Built):
                raise ValueError("a state without an array")
            stack[-1].state = state
        elif name == "STOP":
            return stack.pop()
        elif name != "PROTO":
            raise ValueError(f"the operation {name}")
    raise ValueError("no end")


def _since_mark(stack: list[Any], marks: list[int]) -> list[Any]:
    start = marks.pop()
    items = stack[start:]
    del stack[start:]
    return items


def _list(stack: list[Any], place: int) -> list[Any]:
    if not isinstance(stack[place], list):
        raise ValueError("an element without a list")
    return stack[place]


def _set(stack: list[Any], place: int, items: list[Any]) -> None:
    target = stack[place]
    if not isinstance(target, dict) or len(items) % 2:
        raise ValueError("an entry without a dictionary")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if isinstance(key, bytes):
            key = key.decode("latin-1")
        if not isinstance(key, str):  # the hash of a deeply nested key would exhaust the stack of the interpreter
            raise ValueError(f"a key of type {type(key).__name__}")
        target[key] = value


def _reduced(function: Any, arguments: Any) -> Any:
    if not isinstance(function, _Global) or not isinstance(arguments, tuple):
        raise ValueError("a call of something else than a function")
    if function.name == ENCODE:
        return arguments[0].encode("latin-1")
    return _Built(function.name, arguments)


def _array(built: _Built) -> np.ndarray:
    """The array that NumPy would build (`ndarray.__reduce__`), from its bytes."""
    _, shape, dtype, fortran, content = built.state
    if built.name not in ARRAY or not isinstance(dtype, _Built) or dtype.arguments[0] not in ("u1", b"u1") or fortran:
        raise ValueError("an array of another type than uint8")
    if isinstance(content, str):
        content = content.encode("latin-1")
    rows, columns = shape
    if min(rows, columns) < 0 or len(content) != rows * columns:
        raise ValueError(f"{len(content)} bytes for {rows} x {columns} values")
    return np.frombuffer(content, np.uint8).reshape(rows, columns)
