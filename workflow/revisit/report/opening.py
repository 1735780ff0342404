"""What the page says of all claims together: how many are judged, how surely, whose data, what the others need.

Rows and studies are those of claims.json and study.json. No drawing library is loaded, and none for numbers.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from revisit.scales import SCALES

if TYPE_CHECKING:
    from revisit.report.records import Judgement, Needs, Page, Row, Study

UNTESTABLE = "not testable at this scale"
IMPOSSIBLE = "impossible"
STAND_INS = (
    "drawn by this project in the official file formats of the published data sets. Accuracies on them say nothing "
    "about the published data; claims that need those are marked as not testable."
)
DATA = {  # whose the data are, where all are of a kind
    "published": "The data are the published data sets.",
    "copy": "The data are copies: their files are not the publishers' bytes. Verdicts on copies say so.",
    "drawn": f"The data are stand-ins, {STAND_INS}",
}
ORIGINS = {  # whose a data set is
    "published": "the published files, by their checksums",
    "copy": "a copy: not the publisher's bytes",
    "drawn": "made here, in the place of the published data set",
}
FROM_THE_PUBLISHER = "the published files, from the publisher's own address"
MEANING = {  # of scales
    "demo": "every step of the pipeline with fewer images and steps, minutes on a CPU",
    "laptop": "the published networks with shortened protocols, a night on a laptop; directions count, numbers do not",
    "paper": "the published protocols in full",
}


LACKING = {  # who has no number, as a reason begins -> as the table of needs says it
    "this run has": "this run does not have",
    "the reference results have": "no reference result has",
}


def by_runs(claim: "Judgement") -> bool:
    """Whether trainings decided about a claim: it is judged, and neither by counting networks nor by a bound."""
    return claim["verdict"] not in (UNTESTABLE, IMPOSSIBLE) and not claim["counted"]


def surety(claim: "Row") -> str:
    """How sure a verdict is: over how many seeds, and on whose data; empty where no training decides."""
    if not by_runs(claim):
        return ""
    seeds = "one run" if claim["seeds"] == 1 else f"{claim['seeds']} seeds"
    if claim["decided_by"] == "reference":
        seeds = f"reference, {seeds}"
    on = {"copy": ", on a copy of the data", "drawn": ", on stand-ins"}.get(claim["data"] or "", "")
    return seeds + on + (f", at {claim['scale']} scale" if claim["scale"] == "laptop" else "")


def told(claims: Sequence["Row"]) -> str:
    """How many of the claims are judged, by what, on whose data, and by how many runs."""
    judged = sum(claim["verdict"] != UNTESTABLE for claim in claims)
    if not judged:
        return f"None of the {len(claims)} claims is judged."
    ran = [claim for claim in claims if by_runs(claim)]
    text = (
        f"Of {len(claims)} claims {judged} {'is' if judged == 1 else 'are'} judged: {judged - len(ran)} by counting "
        f"networks or by a bound that no run can pass, and {_count(len(ran))} by runs"
    )
    if not ran:
        return f"{text}."
    whose = Counter(claim["data"] for claim in ran)
    kept = sum(claim["decided_by"] == "reference" for claim in ran)
    parts = [f"{'all' if kept == len(ran) > 1 else kept} of them by the reference results"] if kept else []
    parts += [f"{_count(whose['copy'])} of them on copies of data or weights"]
    parts += [f"{whose['drawn']} on stand-ins"] if whose["drawn"] else []
    laptop = sum(claim["scale"] == "laptop" for claim in ran)
    parts += [f"{laptop} at laptop scale, where only directions count"] if laptop else []
    parts.append(f"{_count(sum(claim['seeds'] == 1 for claim in ran))} on one run alone")
    return f"{text}, {_listed(parts)}."


def label(study: "Study") -> str:
    """The name of a study in navigation and in the picture of the stages."""
    return study.get("label") or study["study"].replace("_", " ").capitalize()


def scale(studies: Sequence["Study"]) -> str:
    """At which scale the studies were run, and what that means; empty where none was."""
    of_scales: dict[str, list[str]] = {}
    for study in studies:
        of_experiments = study["scales"]
        for found in sorted(set(of_experiments.values()), key=SCALES.index):
            part = "part of " if len(set(of_experiments.values())) > 1 else ""
            of_scales.setdefault(found, []).append(part + study["title"])
    if not of_scales:
        return ""
    if len(of_scales) == 1:
        only = next(iter(of_scales))
        return f"{only.capitalize()} scale: {MEANING[only]}."
    told = [f"{found}: {MEANING[found]} ({'; '.join(of_scales[found])})" for found in SCALES if found in of_scales]
    return f"Several scales. {'. '.join(text[:1].upper() + text[1:] for text in told)}."


def scales_of(study: "Study") -> str:
    """At which scale each experiment of a study was run."""
    of_scales: dict[str, list[str]] = {}
    for name, scale in study["scales"].items():
        of_scales.setdefault(scale, []).append(name.replace("_", " "))
    if len(of_scales) == 1:
        return f"{next(iter(of_scales))}."
    return "; ".join(f"{scale}: {', '.join(of_scales[scale])}" for scale in SCALES if scale in of_scales) + "."


def needs(studies: Sequence["Page"]) -> list["Needs"]:
    """A row for each study with claims that cannot be judged here.

    `study`, `title`, how many (`untestable`) of how many (`claims`), `needs`: (what, of how many), the most frequent
    first, and `cost`.
    """
    rows: list[Needs] = []
    for study in studies:
        reasons = [claim["reason"] for claim in study["claims"] if claim["verdict"] == UNTESTABLE]
        if reasons:
            counts = Counter(_need(reason, study["cost"]) for reason in reasons)
            rows.append(
                {
                    "study": study["study"],
                    "title": study["title"],
                    "cost": study["cost"],
                    "untestable": len(reasons),
                    "claims": len(study["claims"]),
                    "needs": counts.most_common(),
                }
            )
    return rows


def _need(reason: str, cost: str) -> str:
    """What a claim that cannot be judged needs, from the reason that stands beside it."""
    for has, without in LACKING.items():
        if reason.startswith(f"{has} no "):
            return f"a number that {without}"
    return reason.removesuffix(f" ({cost})").removeprefix("needs ")


def data(studies: Sequence["Study"]) -> str:
    """Whose the data of all studies are; empty where nothing was trained."""
    of_sets = {name: whose for study in studies for name, whose in study["provenance"].items()}
    counts = Counter(of_sets.values())
    if len(counts) < 2:
        return DATA[next(iter(counts))] if counts else ""
    parts = []
    if counts["published"]:
        parts.append(f"{counts['published']} as published")
    if counts["copy"]:
        parts.append(f"{counts['copy']} as {_plural(counts['copy'], 'copy', 'copies')}, not the publishers' bytes")
    if counts["drawn"]:
        parts.append(f"{counts['drawn']} as {_plural(counts['drawn'], 'stand-in', 'stand-ins')}, {STAND_INS}")
    return f"{len(of_sets)} data sets: {'; '.join(parts).rstrip('.')}. Each study says which."


def references(studies: Sequence["Study"], ran: bool = True) -> str:
    """What the reference results are; empty where there are none. `ran`: whether there is a run beside them."""
    made = [one for study in studies for one in study["reference"]["experiments"].values()]
    if not made:
        return ""
    dates = sorted({one["date"] for one in made})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    machines = _listed(sorted({one["machine"] for one in made}))
    copies = sum("copy" in (one["data"], one["weights"]) for one in made)
    whose = "on the published data"
    if copies:
        whose += f", {copies} of them on copies of data or weights"
    count = len(made)
    short = sum(one["scale"] == "laptop" for one in made)
    judge = " and judge what this run cannot" if ran else ""
    how = f"run in full or, {short} of them, shortened to laptop scale," if short else "run in full"
    return (
        f"the published protocols of {count} {_plural(count, 'experiment', 'experiments', '')}, {how} {whose}, "
        f"{when}, on {machines}. They are part of the repository{judge}."
    )


def origin(study: "Study", name: str) -> str:
    """Whose one data set of a study is, and what was left out of it."""
    whose = study["provenance"][name]
    told = FROM_THE_PUBLISHER if (whose, study["sources"].get(name)) == ("published", "web") else ORIGINS[whose]
    without = study.get("left_out", {}).get(name)
    return f"{told}. Files that are not read were left out: {without}" if without else told


def _count(number: int) -> str:
    return str(number) if number else "none"


def _plural(count: int, one: str, several: str, article: str = "a ") -> str:
    return f"{article}{one}" if count == 1 else several


def _listed(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])}{',' if len(parts) > 2 else ''} and {parts[-1]}"
