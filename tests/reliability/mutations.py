"""Hypothesis strategies that damage bytes in the ways in which files get damaged or are forged."""

import re
import struct
from collections.abc import Callable, Sequence

from hypothesis import strategies as st

Part = tuple[str, bytes]  # name and content of a file, of an archive's member, or of a piece of a format
Draw = Callable[[st.SearchStrategy], object]

INTEGERS = (0, 1, -1, 127, 255, 256, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
WORD = re.compile(rb'"[^"\n]{0,40}"|-?\d+(?:\.\d+)?|[A-Za-z_][\w.]{0,40}')
WORDS = (
    b"", b"0", b"-1", b"1e999", b"-1e-999", b"NaN", b"9" * 400, b"9" * 5000, b"4294967296", b"1.5", b"0x10", b"1_0",
    b"null", b"true", b"~", b'""', b'"a"', b"[]", b"{}", b"[[[[]]]]", b"[" * 3000, b"{a: " * 500, b"(" * 300,
    b"-" * 3000, b"*a", b"&a [*a, *a]", b"!!python/object/apply:os.system [id]", b"!!binary x", b"<<: *a", b"? [a]",
    b"2001-99-99", b"a: 1\na: 2", b"__class__", b"\xff", b"\0", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"'", b'"', b"<b>",
    b"\n", b"\r\n", b"a\tb", b",", b"%s%n", b"{x}", b"|O", b"<f8", b"float64", b"F8_E4M3", b"..", b"/", b"../../x",
)  # fmt: skip
NAMES = (
    "../x.png", "/etc/passwd", "a/../../x.jpg", "C:/x.png", "a\\b.png", "a\0b.png", "", ".", "./", "a//b.png",
    "x" * 300, "d/" * 60 + "x.png", "a\nb/1.png", "'\"`$(id)/1.png", "<script>alert(1)</script>.png", "\u202eb.png",
    "\udcff.png",
    "train/x.png", "TRAIN/cats/1.png", "test/new/1.png", "con/1.png", "%s%n.png", ".hidden/1.png", "a/1.png/2.png",
    "cifar-10-batches-py/data_batch_1", "VOCdevkit/VOC2007/ImageSets/Main/_train.txt",
)  # fmt: skip


@st.composite
def damaged(draw: Draw, data: bytes) -> bytes:
    """`data` after one mishap, or after some."""
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 4]))):
        data = draw(st.sampled_from(MISHAPS))(draw, data)
    return data


@st.composite
def rearranged(draw: Draw, parts: Sequence[Part], named: bool) -> list[Part]:
    """`parts` with one of them, or two, damaged, lost, given twice or, where names matter (`named`), renamed."""
    parts = list(parts)
    for _ in range(draw(st.sampled_from([1, 1, 2]))):
        if not parts:
            break
        place = draw(st.integers(0, len(parts) - 1))
        name, content = parts[place]
        kind = draw(st.sampled_from(["damage"] * 3 + ["lose", "repeat", "rename"] * named))
        if kind == "damage":
            parts[place] = name, draw(damaged(content))
        elif kind == "lose":
            del parts[place]
        elif kind == "repeat":
            parts.insert(draw(st.integers(0, len(parts))), (name, content))
        else:
            other = draw(st.sampled_from([*NAMES, *(name for name, _ in parts)]))
            parts[place] = (f"{name.rpartition('/')[0]}/{other}" if draw(st.booleans()) else other), content
    return parts


def _place(draw: Draw, data: bytes) -> int:
    """A place in `data`; every second time one near an end, where headers and directories are."""
    last = len(data)
    near = min(last, 64)
    return draw(st.one_of(st.integers(0, last), st.one_of(st.integers(0, near), st.integers(last - near, last))))


def _range(draw: Draw, data: bytes) -> tuple[int, int]:
    start = _place(draw, data)
    return start, min(len(data), start + draw(st.sampled_from([1, 2, 4, 16, 100, 512, 5000])))


def _truncate(draw: Draw, data: bytes) -> bytes:
    return data[: _place(draw, data)]


def _flip(draw: Draw, data: bytes) -> bytes:
    if not data:
        return data
    at = min(_place(draw, data), len(data) - 1)
    return data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]


def _splice(draw: Draw, data: bytes) -> bytes:
    start, end = _range(draw, data)
    return data[:start] + draw(st.binary(max_size=12)) + data[end:]


def _repeat(draw: Draw, data: bytes) -> bytes:
    start, end = _range(draw, data)
    return data[:end] + data[start:end] * draw(st.sampled_from([1, 2, 50])) + data[end:]


def _zeros(draw: Draw, data: bytes) -> bytes:
    start, end = _range(draw, data)
    return data[:start] + bytes(end - start) + data[end:]


def _integer(draw: Draw, data: bytes) -> bytes:
    at = _place(draw, data)
    size = draw(st.sampled_from([1, 2, 4, 8]))
    value = draw(st.sampled_from(INTEGERS)) & (2 ** (8 * size) - 1)
    packed = value.to_bytes(size, draw(st.sampled_from(["little", "big"])))
    return data[:at] + packed + data[at + size :]


def _join(draw: Draw, data: bytes) -> bytes:
    start, _ = _range(draw, data)
    return data[:start] + data


def _word(draw: Draw, data: bytes) -> bytes:
    """A number, name or text in quotes becomes another one, or none."""
    words = list(WORD.finditer(data[:20_000]))
    if not words:
        return _splice(draw, data)
    found = words[draw(st.integers(0, len(words) - 1))]
    other = draw(st.sampled_from([*WORDS, words[draw(st.integers(0, len(words) - 1))].group()]))
    return data[: found.start()] + other + data[found.end() :]


MISHAPS = (_truncate, _flip, _flip, _splice, _repeat, _zeros, _integer, _integer, _join, _word, _word)


def with_length(header: bytes, form: str) -> bytes:
    """`header` after its length, packed as `form` says (of `struct`), as npy and safetensors files begin."""
    size = struct.calcsize(form)
    return (len(header) & (2 ** (8 * size) - 1)).to_bytes(size, "little") + header
