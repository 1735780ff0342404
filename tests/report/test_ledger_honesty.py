"""Every rule of the project's ledger can agree and can fail.

Metrics are made up for each claim, within the range that their kind has, until its rule agrees, and until it fails:
drawn at random, then moved so that each comparison comes out as wished. They are drawn independently of each other.
Whether a published number is possible at all is another matter and left out here.
"""

import re
import zlib
from pathlib import Path

import numpy as np
import pytest

from revisit.report import claims, judgements
from revisit.report.expressions import evaluate
from revisit.report.rules import Comparison
from revisit.report.seeds import Seeds
from revisit.report.verdicts import Conditions, Verdict

LEDGER = claims.load(Path(__file__).parents[2] / claims.LEDGER)
SINGLE = [claim for claim in LEDGER if claim.rule.kind != "table"]
HYPOTHESES = [(claim, number) for claim in LEDGER for number in range(len(claim.hypotheses))]

RANGES = {  # what a metric can be, by how its name ends; the first that fits
    r"(gap|rise)\.(accuracy|test_accuracy)": (-1, 1),
    r"(gap|rise)\.(loss|test_loss)": (-10, 10),
    r"accuracy\.\w+\.labels_\d+|hoyer|active": (0, 1),
    r"accuracy|map|\w*average_precision\w*|macro_auc|same_class": (0, 1),
    r"high_frequency|low_frequency|high_frequency\.epoch_\d+|near_zero|mean_distinct_classes": (0, 1),
    r"(test|train|best_test)_(accuracy|map)": (0, 1),
    r"reuse\.(accuracy_of_chain|used_share)": (0, 1),
    r"reuse\.used": (0, 54),
    r"reuse\.sources": (54, 54),  # of the layers of DenseNet-121
    r"reuse\.(loss_of_chain|newest_weight|entering_weight)": (0, 10),
    r"loss|(test|train)_loss": (0, 10),
    r"(test|train)_(squared_error\w*|cross_entropy|entropy)": (0, 1),
    r"overfitting\.rise|gap\.ratio\w*": (0, 10),
    r"jumps\.epoch_4\.count": (0, 3),  # of four epochs
    r"jumps\.epoch_4\.mean_z": (-10, 10),
    r"overfitting\.lowest_step|reached\.percent_50": (1, 6000),
    r"roughness\.\w+": (0, 1),
    r"invariance\.layers\.\w+\.(translate|scale|rotate)": (0, 2),
    r"correspondence\.layers\.\w+\.(parts|random|fixed)": (0, 1),
    r"occlusion\.drop_o(n|ff)_(object|projection)": (-1, 1),
    r"occlusion\.first_o(n|ff)_object": (0, 1),
    r"faithfulness\.(layers\.\w+|true_class)\.(own|others|fall|fall_at_random)": (-1, 1),
    r"faithfulness\.true_class\.probability": (0, 1),
    r"receptive_field": (1, 28),
    r"tanh\d\.mean": (-1, 1),
    r"tanh\d\.variance": (0, 1),
    r"parameters|parameters\.\w+": (1, 10_000_000),
    r"test_(localised|mean_boxed)|mean_iou\w*|iou_50|recall_50(\.boxes_\d+)?": (0, 1),
    r"duplicates\w*": (0, 10_000),
    r"restyled\.(painting|sketch)\.kept": (0, 2),
    r"layers": (1, 200),
    r"operations": (1, 10**12),
    r"kept_bytes_per_image": (1, 10**9),
    r"poolings\.(average|maximum)": (0, 10),
    r"signal_slope_start": (-1, 1),
    r"evolution\.changed_(at_jumps|elsewhere)": (0, 1),
    r"evolution\.jumps_(changed|kept)": (0, 1000),
    r"coarseness": (0, 3),
    r"photographs\.groups\.\w+\.\w+\.(difference|low|high)": (-1, 1),
    r"first_to_last_signal_start|update_start": (0, 1),
}
COUNTS = (
    "receptive_field",
    "count",
    "lowest_step",
    "percent_50",
    "parameters",
    "layers",
    "operations",
    "duplicates",
    "poolings",
    "jumps_changed",
    "jumps_kept",
    "used",
    "sources",
)  # whole numbers
SEEDS, NOISE, ATTEMPTS, PASSES = 3, 1e-4, 60, 6  # noise: as a share of a metric's range


def limits(path):
    """The range of a metric and whether it counts something."""
    for pattern, (low, high) in RANGES.items():
        if re.search(rf"(\.|^)({pattern})$", path):
            return low, high, any(key in path.split(".")[-2:] for key in COUNTS)
    raise KeyError(f"{path}: state its range in RANGES")


def nested(flat):
    """{"a.b": 1} as {"a": {"b": 1}}."""
    metrics = {}
    for name, value in flat.items():
        *parents, key = name.split(".")
        folder = metrics
        for parent in parents:
            folder = folder.setdefault(parent, {})
        folder[key] = value
    return metrics


def seeds_of(flat):
    """Metrics of several seeds: path -> a number for each."""
    count = len(next(iter(flat.values())))
    each = [nested({path: values[n] for path, values in flat.items()}) for n in range(count)]
    return Seeds({name: [metrics[name] for metrics in each] for name in each[0]})


def judge(claim, flat):
    """The row of a claim: its rule alone, whether or not the published number is possible."""
    return judgements.judge(
        claim.model_copy(update={"possible": None, "values": []}), seeds_of(flat), Conditions("paper", {})
    )


def paths_in(comparisons):
    texts = [side for comparison in comparisons for side in comparison.expressions()]
    return sorted(set(re.findall(r"[a-z_]\w*(?:\.\w+)+", " ".join(texts))))


def rule_of(claim):
    """The comparisons that decide; of a published number, that ours equals it."""
    if claim.published is None:
        return claim.comparisons()
    within = claim.rule.tolerance(claim.published) if claim.rule.kind == "near" else 0.5
    return [Comparison(equal=claim.ours, to=claim.published, within=within)]


def beside(claim):
    """The other comparisons that a verdict may take into account."""
    return [*getattr(claim.rule, "direction", []), *(claim.known_error.when if claim.known_error else [])]


class Search:
    """Metrics that are moved until comparisons come out as wished."""

    def __init__(self, comparisons, seed):
        self.rng = np.random.default_rng(zlib.crc32(seed.encode()))
        self.limits = {path: limits(path) for path in paths_in(comparisons)}
        self.values = {}

    def draw(self):
        self.values = {path: self._within(path, self.rng.uniform(*of[:2])) for path, of in self.limits.items()}

    def move(self, comparison, hold):
        """One metric of a comparison, so that the comparison holds, or does not, by a margin of any scale."""
        target, missed = self._target(comparison, hold)
        if not missed:
            return
        path = self.rng.choice(paths_in([comparison]))
        low, high, _ = self.limits[path]
        here, there = self.values[path], self.values[path] + 0.1 * (high - low)
        before = self._difference(comparison)
        self.values[path] = there
        slope = (self._difference(comparison) - before) / (there - here)
        self.values[path] = self._within(path, here + (target - before) / slope if slope else here)

    def with_noise(self):
        flat = {}
        for path, (low, high, counts) in self.limits.items():
            noise = 0 if counts else NOISE * (high - low) * self.rng.standard_normal(SEEDS)
            flat[path] = np.clip(self.values[path] + noise * np.ones(SEEDS), low, high).tolist()
        return flat

    def _within(self, path, value):
        low, high, counts = self.limits[path]
        value = float(np.clip(value, low, high))
        return round(value) if counts else value

    def _difference(self, comparison):
        first, second = (
            evaluate(side, nested(self.values)) if isinstance(side, str) else side for side in comparison.sides
        )
        if comparison.equal is not None:
            return first - second
        larger, smaller = (first, second) if comparison.more is not None else (second, first)
        return larger - comparison.times * smaller - comparison.by

    def _target(self, comparison, hold):
        """The difference to aim for, and whether the present one is another."""
        scale = max(abs(bound) for path in paths_in([comparison]) for bound in self.limits[path][:2])
        margin, now = scale * 10 ** self.rng.uniform(-2.5, 0), self._difference(comparison)
        if comparison.equal is None:
            return (margin, now <= 0) if hold else (-margin - comparison.by, now >= 0)
        within = comparison.within
        if hold:
            return self.rng.uniform(-0.5, 0.5) * within, abs(now) > 0.5 * within
        return self.rng.choice([-1, 1]) * (within + margin), abs(now) <= within


def found(claim, comparisons, hold, wanted, others=()):
    """Whether there are metrics under which all comparisons hold, or one does not, and the row is as wanted.

    `others` are comparisons that may come out either way.
    """
    search = Search([*comparisons, *others], f"{claim.id} {hold}")
    for _ in range(ATTEMPTS):
        search.draw()
        chosen = comparisons if hold else [comparisons[search.rng.integers(len(comparisons))]]
        for other in others:
            search.move(other, hold=search.rng.random() < 0.5)
        for _ in range(PASSES):
            for number in search.rng.permutation(len(chosen)):
                search.move(chosen[number], hold)
        if wanted(judge(claim, search.with_noise())):
            return True
    return False


def can(claim, *outcomes, hold):
    return found(claim, rule_of(claim), hold, lambda row: row["verdict"] in outcomes, beside(claim))


@pytest.mark.parametrize("claim", SINGLE, ids=lambda claim: claim.id)
def test_every_rule_can_agree_and_can_fail(claim):
    failing = (Verdict.FAILED, Verdict.ERROR) if claim.known_error else (Verdict.FAILED,)
    assert can(claim, Verdict.AGREES, hold=True), f"{claim.id}: no metrics under which its rule agrees"
    assert can(claim, *failing, hold=False), f"{claim.id}: no metrics under which its rule fails"


@pytest.mark.parametrize("claim", [claim for claim in SINGLE if claim.known_error], ids=lambda claim: claim.id)
def test_every_known_error_can_be_shown_and_need_not_be(claim):
    known = claim.known_error
    shown = known.when or [Comparison(equal=claim.ours, to=known.correct, within=0.5)]
    outcome = {hold: lambda row, hold=hold: (row["verdict"] == Verdict.ERROR) == hold for hold in (True, False)}
    assert found(claim, shown, True, outcome[True], rule_of(claim))
    assert found(claim, shown, False, outcome[False], rule_of(claim))


@pytest.mark.parametrize(
    "claim", [claim for claim in SINGLE if getattr(claim.rule, "direction", None)], ids=lambda claim: claim.id
)
def test_every_direction_can_be_the_verdict(claim):
    is_direction = found(
        claim, claim.rule.direction, True, lambda row: row["verdict"] == Verdict.DIRECTION, rule_of(claim)
    )
    assert is_direction, f"{claim.id}: no metrics under which only the direction is right"


@pytest.mark.parametrize(("claim", "number"), HYPOTHESES, ids=[f"{claim.id}-{n}" for claim, n in HYPOTHESES])
def test_every_hypothesis_can_hold_and_need_not(claim, number):
    holds = claim.hypotheses[number].holds
    only = claim.model_copy(update={"hypotheses": [claim.hypotheses[number]]})
    for hold, word in ((True, "supported"), (False, "not supported")):
        reached = found(only, holds, hold, lambda row, word=word: row["hypotheses"][0]["held"] == word)
        assert reached, f"{claim.id}: {claim.hypotheses[number].statement!r} is never {word}"


@pytest.mark.parametrize(
    ("parts", "agrees", "fails"),
    [
        ([{"less": "a.train.test_accuracy", "than": 1.5}], True, False),
        ([{"more": "a.train.test_accuracy", "than": 1}], False, True),
        ([{"more": "a.statistics.overfitting.rise", "than": -0.1}], True, False),
        ([{"more": "a.train.layers", "than": "a.train.layers / 2"}], True, False),
        ([{"more": "a.train.map", "than": "b.train.map"}, {"less": "a.train.map", "than": "b.train.map"}], False, True),
        ([{"more": "a.train.map", "than": "b.train.map", "by": 0.9}], True, True),
        ([{"equal": "a.train.parameters * 4", "to": "b.train.parameters * 3", "within": 0.5}], True, True),
    ],
)
def test_a_rule_that_cannot_agree_or_cannot_fail_is_found_out(parts, agrees, fails):
    entry = {"id": "s_c", "study": "s", "source": "S0", "place": "", "statement": "It is so.", "published": None}
    claim = claims.Claim.model_validate(entry | {"rule": {"kind": "compare", "all": parts}})
    assert can(claim, Verdict.AGREES, hold=True) == agrees
    assert can(claim, Verdict.FAILED, hold=False) == fails
