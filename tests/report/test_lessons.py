"""What the reference results teach: words whose numbers come from the findings, and that do not outlive them."""

import re
from pathlib import Path

import pytest

from revisit.errors import ConfigError
from revisit.report import claims, lessons
from revisit.report.seeds import Seeds

ROOT = Path(__file__).parents[2]
LESSONS = lessons.load(ROOT / lessons.LESSONS)
BY_ID = {claim.id: claim for claim in claims.load(ROOT / claims.LEDGER)}
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
SEEDS = Seeds({"a": [{"x": value, "gone": None} for value in (1234, 1236, 1238)], "b": [{"x": 0.25}]})


def numbers(text):
    return {number.replace(",", "") for number in NUMBER.findall(text)}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)
def test_a_number_that_is_typed_is_one_of_its_claims(lesson):
    given = " ".join(BY_ID[claim].model_dump_json() for claim in lesson.verdicts)
    assert numbers(re.sub(r"\{[^}]*\}", "", f"{lesson.title} {lesson.text}")) <= numbers(given)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)
def test_every_number_is_used_and_there(lesson):
    assert set(re.findall(r"\{(\w+)", lesson.text)) == set(lesson.numbers)


def lesson(text="It is {x}.", **changes):
    entry = {"title": "So.", "text": text, "numbers": {"x": "a.x"}, "verdicts": {"s_c": "agrees"}}
    return lessons.Lesson.model_validate(entry | changes)


def told(*arguments, **changes):
    return lessons.told(lesson(*arguments, **changes), SEEDS, {"s_c": "agrees"})


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("", "1,236"),
        (":.1f", "1236.0"),
        (":interval", "1,236 (1,231 to 1,241)"),
        (":bounds", "1,231 to 1,241"),
        (":each", "1,234, 1,236 and 1,238"),
        (":seeds", "3 seeds"),
    ],
)
def test_numbers_are_filled_in(form, shown):
    assert told(f"It is {{x{form}}}.") == f"**So.** It is {shown}."


def test_a_single_seed():
    of_one = {"numbers": {"x": "b.x"}}
    assert told("{x}, {x:each}, {x:seeds}", **of_one) == "**So.** 0.250, 0.250, one seed"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"verdicts": {"s_c": "undecided"}}, "the claim s_c is not 'undecided', but 'agrees'"),
        ({"verdicts": {"s_d": "agrees"}}, "the claim s_d is not 'agrees', but None"),
        ({"holds": [{"more": "a.x", "than": "b.x"}, {"less": "a.x", "than": 1236}]}, "not hold that a.x is less"),
        ({"numbers": {"x": "c.x"}}, "there is no metric c"),
        ({"numbers": {"x": "a.gone"}}, "a.gone"),
        ({"text": "It is {y}."}, "cannot be filled in: 'y'"),
        ({"text": "It is {x:thus}."}, "cannot be filled in"),
    ],
)  # fmt: skip
def test_words_do_not_outlive_the_results(changes, message):
    with pytest.raises(ConfigError, match=rf"^workflow/lessons\.yaml: 'So\.': .*{message}.*; write anew what"):
        told(**changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1", "a list of lessons is expected"),
        ("- {title: So., text: It is.}", r"'So\.': verdicts: Field required"),
        ("- {title: So., text: It is., verdicts: {}}", r"'So\.': verdicts: Dictionary should have at least 1 item"),
        ("- 1", "lesson: Input should be"),
    ],
)
def test_mistakes_in_the_file(tmp_path, text, message):
    path = tmp_path / "lessons.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"{message}.*; correct it, or restore it with `git checkout"):
        lessons.load(path)
