"""The published numbers of the project's ledger, and constants, in the place of ours."""

from pathlib import Path

import numpy as np
import pytest

from revisit.report import claims, judgements
from revisit.report.seeds import Seeds
from revisit.report.verdicts import Conditions, Verdict

LEDGER = claims.load(Path(__file__).parents[2] / claims.LEDGER)
NUMBERS = [claim for claim in LEDGER if claim.published is not None]
GROUPS = sorted({claim.group for claim in NUMBERS if claim.group})
TABLES = [claim for claim in LEDGER if claim.rule.kind == "table"]
PAPER = Conditions("paper", {})

IMPOSSIBLE = {"fashion_parameters_fc2", "voc_scratch_person"}
CONSTANTS = {  # group -> how many of its numbers the luckiest constant passes for
    "voc_scratch": 6,
    "voc_finetuned": 5,
    "cifar_accuracies": 4,
    "transfer": 3,
    "siamese_accuracy": 2,
    "rows_gru": 1,
    "cifar_probe": 1,
    "seedlings_best": 2,
    "fashion_parameters": 1,
}

each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)


def tolerance(claim):
    return claim.rule.tolerance(claim.published) if claim.rule.kind == "near" else 0.0


def members(group):
    return [claim for claim in NUMBERS if claim.group == group]


def judged(ledger, numbers, noise=0.0):
    """The rows of claims of one study, with numbers in the place of ours.

    Args:
        ledger: the claims.
        numbers: one for each claim that compares a number of ours.
        noise: of three seeds, as a share of the claim's tolerance.
    """
    numeric = [claim for claim in ledger if claim.ours]
    seeds = [{}, {}, {}]
    for claim, number in zip(numeric, numbers, strict=True):
        for metrics, sign in zip(seeds, (-1, 0, 1), strict=True):
            *parents, key = claim.ours.split(".")
            for parent in parents:
                metrics = metrics.setdefault(parent, {})
            metrics[key] = number + sign * noise * tolerance(claim)
    names = {claim.ours.partition(".")[0] for claim in numeric}
    of_seeds = Seeds({name: [metrics[name] for metrics in seeds] for name in names})
    return judgements.judge_all(ledger, ledger[0].study, of_seeds, PAPER)


def passes(group, constant):
    """How many numbers of a group a constant passes for, whether or not they are possible."""
    alone = {"possible": None, "values": [], "hypotheses": []}
    rows = judged([claim.model_copy(update=alone) for claim in group], [constant] * len(group))
    return sum(row["verdict"] == Verdict.AGREES for row in rows)


@pytest.mark.parametrize("claim", NUMBERS, ids=lambda claim: claim.id)
def test_the_published_number_itself_agrees_unless_it_is_impossible(claim):
    expected = Verdict.IMPOSSIBLE if claim.id in IMPOSSIBLE else Verdict.AGREES
    assert judged([claim], [claim.published], noise=0.1)[0]["verdict"] == expected
    possible = claim.model_copy(update={"possible": None})
    assert judged([possible], [claim.published], noise=0.1)[0]["verdict"] == Verdict.AGREES


@pytest.mark.parametrize("group", GROUPS)
def test_no_constant_passes_for_more_than_a_few_numbers_of_a_group(group):
    """Most pass at the lower end of some number's tolerance."""
    own = members(group)
    ends = [claim.published - tolerance(claim) * (1 - 1e-9) for claim in own]
    assert max(passes(own, constant) for constant in ends) == CONSTANTS[group]
    grid = np.linspace(min(ends), max(claim.published + tolerance(claim) for claim in own), 20)
    assert max(passes(own, constant) for constant in grid) <= CONSTANTS[group]


@each_table
def test_a_published_table_agrees_with_itself(table):
    own = members(table.rule.group)
    assert judged([*own, table], [claim.published for claim in own], noise=0.1)[-1]["verdict"] == Verdict.AGREES


@each_table
def test_no_constant_passes_for_a_table(table):
    own = members(table.rule.group)
    for constant in (0.0, 1.0, np.mean([claim.published for claim in own]), *(claim.published for claim in own)):
        assert judged([*own, table], [float(constant)] * len(own))[-1]["verdict"] == Verdict.FAILED


@each_table
def test_a_table_can_fail_and_can_have_its_order_alone(table):
    own = members(table.rule.group)
    published = np.array([claim.published for claim in own])
    upside_down = published.min() + published.max() - published
    assert judged([*own, table], upside_down.tolist())[-1]["verdict"] == Verdict.FAILED
    further = published + 1.5 * table.rule.difference
    assert judged([*own, table], further.tolist())[-1]["verdict"] == Verdict.DIRECTION
