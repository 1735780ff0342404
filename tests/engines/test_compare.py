import json
import math

import pytest

from revisit.errors import ArtifactError
from revisit.nested import flatten
from revisit_engines.compare import MAIN, Results, compare, differences, same
from revisit_engines.compare_text import text


def results(name="A", metrics=None, claims=None, stale=()):
    """Results of nested metrics, and of claims by (ours, verdict)."""
    flat = {path: value for key, nested in (metrics or {}).items() for path, value in flatten(nested, key).items()}
    rows = {
        key: {"id": key, "published": 0.9, "ours": ours, "verdict": verdict}
        for key, (ours, verdict) in (claims or {}).items()
    }
    return Results(name, flat, rows, stale)


def trained(accuracy, **more):
    return {"train": {"test_accuracy": accuracy, "variants": {"base": {"test_accuracy": accuracy, **more}}}}


def test_paths_are_those_of_the_ledger_and_lists_are_one_value():
    nested = {"train": {"accuracy_at": {"epoch_4": 0.5}, "graph": "static"}, "inspect": {"rows": [1, 2], "maps": {}}}
    assert flatten(nested, "x") == {
        "x.train.accuracy_at.epoch_4": 0.5,
        "x.train.graph": "static",
        "x.inspect.rows": [1, 2],
    }


@pytest.mark.parametrize(
    ("a", "b"),
    [(1, 1), (1, 1.0), (0.3, 0.1 + 0.2), (0, 0.0), (None, None), ("a", "a"), ([1, 2], [1, 2]), (1e9, 1e9 + 1e-4)],
)
def test_the_same(a, b):
    assert same(a, b)
    assert same(b, a)


@pytest.mark.parametrize(
    ("a", "b"), [(1, 1 + 1e-11), (0, 1e-300), (1, True), (0, False), (0, None), (1, "1"), ([1, 2], [2, 1]), (1, -1)]
)
def test_not_the_same(a, b):
    assert not same(a, b)
    assert not same(b, a)


def test_differences_against_a_hand_computed_table():
    a = {"x.loss": 2.0, "x.same": 5, "x.gone": 1, "x.name": "Shirt", "x.zero": 0, "x.below": -4.0, "x.null": None}
    b = {"x.loss": 1.5, "x.same": 5, "x.new": 3, "x.name": "Coat", "x.zero": 2, "x.below": -3.0, "x.null": 1.0}
    found = {row.pop("path"): row for row in differences(a, b)}
    assert list(found) == sorted(a.keys() | b.keys())
    assert found == {
        "x.loss": {"changed": True, "a": 2.0, "b": 1.5, "difference": -0.5, "relative": -0.25},
        "x.same": {"changed": False, "a": 5, "b": 5, "difference": 0, "relative": 0},
        "x.gone": {"changed": True, "a": 1},
        "x.new": {"changed": True, "b": 3},
        "x.name": {"changed": True, "a": "Shirt", "b": "Coat"},
        "x.zero": {"changed": True, "a": 0, "b": 2, "difference": 2, "relative": None},
        "x.below": {"changed": True, "a": -4.0, "b": -3.0, "difference": 1.0, "relative": 0.25},
        "x.null": {"changed": True, "a": None, "b": 1.0},
    }


def test_verdicts_that_changed_are_new_or_gone():
    a = results(
        claims={"flip": (0.9, "agrees"), "moved": (0.8, "agrees"), "gone": (1, "agrees"), "still": (1, "agrees")}
    )
    b = results(
        claims={
            "flip": (0.5, "not reproduced"),
            "moved": (0.81, "agrees"),
            "new": (None, "agrees"),
            "still": (1, "agrees"),
        }
    )
    found = compare(a, b)
    assert [row["id"] for row in found["claims"]] == ["flip", "gone", "new"]
    assert found["claims"][0]["a"] == {"ours": 0.9, "verdict": "agrees"}
    assert found["claims"][0]["b"] == {"ours": 0.5, "verdict": "not reproduced"}
    assert "b" not in found["claims"][1]
    assert "a" not in found["claims"][2]
    counts = found["counts"]
    assert {key.removeprefix("claims_"): count for key, count in counts.items() if "claims" in key} == {
        "claims": 5, "changed": 1, "new": 1, "gone": 1, "of_other_value": 1,
    }  # fmt: skip
    assert text(found).splitlines()[-1].startswith("1 of 5 verdicts changed, 1 new, 1 gone, 1 of other value; 0 main")
    assert [row["id"] for row in compare(a, b, everything=True)["claims"]] == ["flip", "gone", "moved", "new", "still"]


def test_main_metrics_unless_asked_otherwise():
    a = results(metrics={"x": trained(0.5, test_loss=1.0, test_accuracy_low=0.4)})
    b = results(metrics={"x": trained(0.6, test_loss=1.0, test_accuracy_low=0.5)})

    def shown(**options):
        return [row["path"].removeprefix("x.train.") for row in compare(a, b, **options)["metrics"]]

    assert shown() == ["variants.base.test_accuracy"]
    assert shown(everything=True) == ["variants.base.test_accuracy", "variants.base.test_loss"]
    assert shown(pattern="x.train.test_*") == ["test_accuracy"]
    assert shown(pattern="*_lo[w]") == ["variants.base.test_accuracy_low"]
    assert len(shown(pattern="*")) == 3
    assert len(shown(pattern="*", everything=True)) == 4
    with pytest.raises(ArtifactError, match=r"neither A nor A has a metric that 'y\.\*' names"):
        shown(pattern="y.*")


def test_every_main_metric_is_one_that_the_stages_write():
    """Against findings with every key of every analysis."""
    layers = {"fc1": {"iterations_300": {"kl_divergence": 1.0, "neighbourhood_preservation": 0.5}}}
    findings = {
        "train": {
            "variants": {"base": dict.fromkeys(("test_accuracy", "test_map", "test_loss", "train_loss", "diverged"), 0)}
        },
        "evaluate": {"mean_average_precision": 0.5},
        "probe": {"fc1": {"sound": {"accuracy": 0.5, "C": 1.0}, "published": {"map": 0.5, "C": 1.0}}},
        "embed": {"points": 10, "layers": layers},
        "neighbours": {"fc1": {"share_same_class": 0.5, "k": 5}},
        "inspect": {"total_parameters": 1, "first_layer": {"dead_share": 0.0}, "occlusion": {"drop_on_object": 0.1}},
    }
    paths = {row["path"] for row in compare(results(), results(metrics={"x": findings}))["metrics"]}
    assert len(paths) == len(MAIN)
    assert not any(path.endswith((".C", ".k", ".points", "kl_divergence")) for path in paths)


def test_new_and_gone_experiments():
    found = compare(
        results(metrics={"old": trained(0.5), "x": trained(0.5)}),
        results(metrics={"new": trained(0.5), "x": trained(0.5)}),
    )
    assert found["new_experiments"] == ["new"]
    assert found["gone_experiments"] == ["old"]


EXPECTED = """\
A: HEAD~1 (1234567)
B: the working tree
   not up to date: 4 stages (a, b, c, …); run either engine to see the new numbers

Verdicts that changed
claim  published  ours              verdict
flip   0.9        0.900 -> 0.500    agrees -> not reproduced
near   0.9        0.8001 -> 0.8000  same direction -> agrees

New claims
claim  verdict
new    agrees

New experiments
fashion_new

Metrics that changed
                                          A       B  difference  relative
fashion_new
  train.variants.base.test_accuracy           0.700         new
fashion_static
  neighbours.fc1.share_same_class     0.500                gone
  train.variants.base.diverged        false    true
  train.variants.base.test_accuracy   0.750   0.600      −0.150    −20.0%
  train.variants.base.test_loss      1.0014  1.0016   +0.000200     +0.0%
  train.variants.base.train_loss          –   0.250

2 of 3 verdicts changed, 1 new; 6 main metrics changed, 2 others too: see --metrics '*'.
"""


def test_what_a_reader_sees():
    a = results(
        "HEAD~1 (1234567)",
        {
            "fashion_static": trained(0.75, test_loss=1.0014, train_loss=None, diverged=False)
            | {"neighbours": {"fc1": {"share_same_class": 0.5}}}
        },
        {"flip": (0.9, "agrees"), "near": (0.80011, "same direction")},
    )
    b = results(
        "the working tree",
        {"fashion_static": trained(0.6, test_loss=1.0016, train_loss=0.25, diverged=True), "fashion_new": trained(0.7)},
        {"flip": (0.5, "not reproduced"), "near": (0.79999, "agrees"), "new": (None, "agrees")},
        ("a", "b", "c", "d"),
    )
    found = text(compare(a, b))
    assert found == EXPECTED


def test_nothing_changed():
    a = results(metrics={"x": trained(0.5)}, claims={"c": (1, "agrees")})
    assert text(compare(a, a)) == "A: A\nB: A\n\nNothing changed: 1 verdict and 2 metrics are the same.\n"
    everything = text(compare(a, a, everything=True))
    assert "c      0.9        1     agrees\n" in everything
    assert "  train.variants.base.test_accuracy  0.500  0.500\n" in everything


def test_only_other_metrics_changed():
    a, b = (results(metrics={"x": trained(0.5, seconds=seconds)}) for seconds in (1, 2))
    last = text(compare(a, b)).splitlines()[-1]
    assert last == "0 of 0 verdicts changed; 0 main metrics changed, 1 other too: see --metrics '*'."
    assert text(compare(a, b, "*"), "*").endswith("; 1 chosen metric changed.\n")


def test_values_of_any_kind_take_one_line_and_no_control_characters():
    strange = {
        "x.s": "red\x1b[31m\n",
        "x.l": list(range(100)),
        "x.d": {},
        "x.n": -12345.678,
        "x.h": 10**30,
        "x.t": 1e-9,
    }
    shown = text(compare(Results("A", {"x.y": 1}, {}), Results("B", strange, {}), "*"), "*")
    assert shown.isprintable() or set(shown) - {"\n"} == {c for c in shown if c.isprintable()}
    assert all(len(line) < 120 for line in shown.splitlines())
    assert "  n" in shown


@pytest.mark.parametrize("b", [1 + 1e-11, math.nextafter(1.0, 2), 1.0004, 1.004, -1.0])
def test_numbers_that_differ_look_different(b):
    a = results(metrics={"x": {"train": {"m": 1.0}}})
    found = text(compare(a, results(metrics={"x": {"train": {"m": b}}}), "*"), "*")
    if same(1.0, b):
        assert "Nothing changed" in found
    else:
        _, shown_a, shown_b, *_ = next(line for line in found.splitlines() if "train.m" in line).split()
        assert shown_a != shown_b


def test_the_comparison_is_json_and_the_same_each_time():
    a, b = results(metrics={"x": trained(0.5)}, claims={"c": (1, "agrees")}), results(metrics={"y": trained(0.6)})
    assert json.dumps(compare(a, b)) == json.dumps(json.loads(json.dumps(compare(a, b))))
