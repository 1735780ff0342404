"""What was found, in a few computed sentences: the head of the report, and the README's table.

Rows are those of claims.json; each is decided by this run or by the reference results.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from revisit.report.numbers import published_text, value_text
from revisit.report.opening import UNTESTABLE

if TYPE_CHECKING:
    from revisit.report.records import Counts, Example, Page, Row, Sentence

EXAMPLES = 3  # claims named after a sentence
TELL = {  # verdict -> what is said of one claim, and of several
    "impossible": (
        "One published value cannot be: no run could give it.",
        "{} published values cannot be: no run could give them.",
    ),
    "published value in error": (
        "One published value is in error, by what our runs show.",
        "{} published values are in error, by what our runs show.",
    ),
    "agrees": ("One claim agrees.", "{} claims agree."),
    "exceeds": ("One claim is exceeded.", "{} claims are exceeded."),
    "same direction": (
        "One claim has the same direction, but another size.",
        "{} claims have the same direction, but another size.",
    ),
    "not reproduced": ("One claim is not reproduced.", "{} claims are not reproduced."),
    "undecided": (
        "One claim is undecided: its interval excludes neither answer.",
        "{} claims are undecided: their intervals exclude neither answer.",
    ),
    "not testable at this scale": ("One claim has no verdict yet.", "{} claims have no verdict yet."),
}
WITH_REASON = ("impossible", "published value in error")
EXPLAINED = ("supported", "not supported", "undecided")


def sentences(claims: Sequence["Row"]) -> list["Sentence"]:
    """At most ten: `text`; `verdict`, of sentences about claims; `examples` (`id`, `text`); `more`, not named."""
    told: list[Sentence] = []
    for verdict, (one, several) in TELL.items():
        own = [claim for claim in claims if claim["verdict"] == verdict]
        if not own:
            continue
        text = one if len(own) == 1 else several.format(len(own))
        named = [] if verdict == UNTESTABLE else _examples(own)
        examples: list[Example] = [{"id": claim["id"], "text": _example(claim)} for claim in named]
        told.append({"verdict": verdict, "text": text, "examples": examples, "more": len(own) - len(named)})
    return [*told, *_explained(claims)]


def _examples(claims: Sequence["Row"]) -> list["Row"]:
    """Claims to name: one of each table first, then those that trainings decided, then those with a number."""
    nth: Counter[str] = Counter()  # of its table

    def weight(claim: "Row") -> tuple[int, bool, bool]:
        nth[claim["group"] or claim["id"]] += 1
        return nth[claim["group"] or claim["id"]], claim["counted"], claim["published"] is None

    return sorted(claims, key=weight)[:EXAMPLES]


def _example(claim: "Row") -> str:
    statement = claim["statement"].rstrip(".")
    if claim["published"] is not None:
        unit = f" {claim['unit']}" if claim["unit"] else ""
        ours = value_text(claim["ours"], claim["published"])
        statement += f" (published {published_text(claim['published'])}{unit}"
        meant = claim["ours"] is not None and (claim["verdict"] != "impossible" or claim["counted"])
        statement += f", ours {ours}{unit})" if meant else ")"
    if claim["verdict"] in WITH_REASON and claim["reason"]:
        statement += f": {claim['reason'].rstrip('.')}"
    return f"{statement}."


def _explained(claims: Sequence["Row"]) -> list["Sentence"]:
    """What explains the differences: the explanations that were tested, those that are supported by name."""
    tested = [(claim, held) for claim in claims for held in claim["hypotheses"] if held["held"] in EXPLAINED]
    if not tested:
        return []
    counts = Counter(held["held"] for _, held in tested)
    told = ", ".join(f"{counts[word]} {word}" for word in EXPLAINED if counts[word])
    text = f"Of {len(tested)} explanations that were tested: {told}."
    if len(tested) == 1:
        text = f"One explanation was tested: {tested[0][1]['held']}."
    supported = [(claim, held) for claim, held in tested if held["held"] == "supported"]
    examples: list[Example] = [{"id": claim["id"], "text": held["statement"]} for claim, held in supported[:EXAMPLES]]
    return [{"verdict": None, "text": text, "examples": examples, "more": len(supported) - len(examples)}]


def by_study(studies: Sequence["Page"]) -> list["Counts"]:
    """A row for each study: `study`, `title`, `claims`, how many, `judged`, and `counts` by verdict."""
    return [
        {
            "study": study["study"],
            "title": study["title"],
            "claims": len(study["claims"]),
            "judged": sum(claim["verdict"] != UNTESTABLE for claim in study["claims"]),
            "counts": Counter(claim["verdict"] for claim in study["claims"]),
        }
        for study in studies
    ]
