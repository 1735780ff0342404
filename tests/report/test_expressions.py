import pytest

from revisit.errors import ArtifactError
from revisit.report import expressions
from revisit.report.expressions import MissingMetricError, UndefinedError, checked, evaluate

METRICS = {"run": {"train": {"accuracy": 0.9, "parameters": 10250, "short": None, "values": 7}, "zero": {"x": 0}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("run.train.accuracy", 0.9),
        ("run.train.parameters - 10 * 1025", 0),
        ("-run.train.values ** 2", -49),
        ("(run.train.values + 1) / 2", 4.0),
        ("run.train.values * 1e2", 700.0),
    ],
)
def test_numbers_and_arithmetic(text, value):
    assert evaluate(text, METRICS) == value


@pytest.mark.parametrize(
    "text",
    [
        "run.__class__",
        "run.train._private",
        "__import__",
        "_run.train.accuracy",
        "run.train.get('accuracy')",
        "abs(run.train.accuracy)",
        "run['train']",
        "[run][0]",
        "(lambda: run)()",
        "f'{run}'",
        "'text' + run",
        "b'text' + run",
        "[x for x in run]",
        "{run}",
        "run if run else run",
        "run := 1",
        "(run := 1)",
        "run.train.accuracy; run",
        "import os",
        "await run",
        "*run",
        "run.train.accuracy > 0.5",
        "run.train.accuracy == 0.9",
        "0 < run.train.accuracy < 1",
        "run.train.accuracy and run.train.values",
        "run.train.accuracy or run.train.values",
        "not run.train.accuracy",
        "~run.train.values",
        "run.train.values << 2",
        "run.train.values | 1",
        "run.train.values & 1",
        "run.train.values ^ 1",
        "run.train.values % 2",
        "run.train.values // 2",
        "run.train.values @ 2",
        "run.train.accuracy + True",
        "run.train.accuracy + None",
        "run.train.accuracy + 1j",
        "run.train.accuracy + ...",
        "",
        "1 + 1",
        "run." + "a" * 4000,
        "(" * 1000 + "run" + ")" * 1000,
        "\0",
    ],
)
def test_nothing_else_is_an_expression(text):
    with pytest.raises(ValueError):
        checked(text)
    with pytest.raises(ArtifactError):
        evaluate(text, METRICS)  # nor is it evaluated by whoever did not check


def test_attributes_are_keys_never_attributes_of_objects():
    assert evaluate("run.train.values", METRICS) == 7  # not dict.values
    for text in ("run.train.items", "run.train.accuracy.real", "run.keys"):
        with pytest.raises(MissingMetricError) as caught:
            evaluate(text, METRICS)
        assert caught.value.key == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("run.train.acuracy + 1", "run.train.acuracy"),
        ("walk.train.accuracy", "walk"),
        ("run.test.accuracy", "run.test"),
        ("run.train.accuracy - run.train.nothing", "run.train.nothing"),
    ],
)
def test_a_metric_that_is_missing_is_named(text, key):
    with pytest.raises(MissingMetricError, match=rf"there is no metric {key};.*{text[:3]}") as caught:
        evaluate(text, METRICS)
    assert caught.value.key == key


def test_a_metric_that_is_null_is_undefined_and_no_mistake():
    for text in ("run.train.short", "2 * run.train.short", "run.train.short.deeper"):
        with pytest.raises(UndefinedError, match=r"run\.train\.short"):
            evaluate(text, METRICS)
    assert not issubclass(UndefinedError, ArtifactError)


@pytest.mark.parametrize(
    "text",
    [
        "run.train",
        "run",
        "run.train + 1",
        "run.train.accuracy / run.zero.x",
        "run.train.parameters ** 99999999",
        "(0 - run.train.accuracy) ** 0.5",
        "run.train.accuracy * 1e308 * 1e308",
        "run.train.accuracy * 1e308 * 1e308 * 0",
    ],
)
def test_what_has_no_finite_value_says_so(text):
    with pytest.raises(ArtifactError, match=r"has no value|is not a number"):
        evaluate(text, METRICS)


def test_what_expressions_name():
    texts = ["a.train.x - b.probe.y.z", "2 * a.train.x"]
    assert expressions.experiments_in(texts) == {"a", "b"}
    whole = {".".join(keys) for keys in expressions.metrics_in(texts)}
    assert whole == {"a", "a.train", "a.train.x", "b", "b.probe", "b.probe.y", "b.probe.y.z"}


def test_a_text_where_a_number_is_wanted_is_named():
    with pytest.raises(ArtifactError, match=r"has no value: a\.train\.x is 'many', no number"):
        evaluate("a.train.x * 2", {"a": {"train": {"x": "many"}}})
