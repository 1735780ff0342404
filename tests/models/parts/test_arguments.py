from pathlib import Path

import pytest

from revisit.models import registry
from revisit.models.parts import arguments

SOURCE = """
from typing import Literal
def helper(*, other: int = 3): ...
def build(
    shape, classes, *, width: float = 1.0, hidden: int = 7, bias: bool = True, kind: Literal["a", "b"] = "b",
    one: Literal["x"] = "x", note: str = "n"
): ...
"""


@pytest.fixture
def known(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(SOURCE)
    return arguments.read(path)


def test_the_keyword_arguments_of_build_are_found_in_their_order(known):
    assert [(a.name, a.type, a.choices, a.default) for a in known.values()] == [
        ("width", "float", (), 1.0),
        ("hidden", "int", (), 7),
        ("bias", "bool", (), True),
        ("kind", "str", ("a", "b"), "b"),
        ("one", "str", ("x",), "x"),
        ("note", "str", (), "n"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("width", 0.5, True),
        ("width", 2, True),
        ("width", True, False),
        ("width", "1", False),
        ("width", -1.0, False),
        ("width", 8.125, False),
        ("width", float("inf"), False),
        ("hidden", 1, True),
        ("hidden", 1.0, False),
        ("hidden", 0, False),
        ("hidden", 65_537, False),
        ("bias", False, True),
        ("bias", 0, False),
        ("kind", "a", True),
        ("kind", "c", False),
        ("kind", None, False),
        ("note", "anything", True),
        ("note", 3, False),
    ],
)
def test_values_that_fit(known, name, value, fits):
    assert known[name].fits(value) is fits


def test_what_is_allowed_in_words(known):
    words = {name: argument.allowed for name, argument in known.items()}
    assert words["width"] == "a number, > 0, ≤ 8, a multiple of 0.125"
    assert words["hidden"] == "a whole number, ≥ 1, ≤ 65536"
    assert words["bias"] == "true or false"
    assert words["kind"] == "a, b"


def test_every_number_of_every_network_has_limits():
    numbers = {
        argument.name
        for name in registry.available()
        for argument in registry.arguments(name).values()
        if argument.type in ("int", "float")
    }
    assert numbers == set(arguments.LIMITS)


def test_all_networks_are_read():
    folder = Path(registry.__file__).parent
    assert all(arguments.read(folder / f"{name}.py") for name in registry.available())
