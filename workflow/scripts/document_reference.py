"""Write what the reference results say into README.md and docs/reference.md, between their marks.

Into the README how many claims came to what; into the page what is to be learned (`workflow/lessons.yaml`), every claim
with its verdict, and how the results were made.
"""

import argparse
import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import _command  # first: library path, threads, errors
from revisit.errors import ConfigError
from revisit.params.load import load
from revisit.params.resolve import studies
from revisit.reference import store
from revisit.report import claims, lessons, references, study
from revisit.report.numbers import duration, published_text, value_text
from revisit.report.opening import UNTESTABLE
from revisit.report.seeds import Seeds, metrics_of

if TYPE_CHECKING:
    from revisit.report.records import Judgement

README, PAGE = Path("README.md"), Path("docs/reference.md")
START, END = "<!-- written by workflow/scripts/document_reference.py -->", "<!-- end -->"
COLUMNS = {  # of the README's table: heading -> verdicts
    "agree or exceed": ("agrees", "exceeds"),
    "same direction": ("same direction",),
    "undecided": ("undecided",),
    "not reproduced": ("not reproduced",),
    "in error or impossible": ("published value in error", "impossible"),
    "not run yet": (UNTESTABLE,),
}
WIDTH = 120  # of a line of words
Rows = Mapping[str, Sequence["Judgement"]]  # title of a study -> rows of the ledger


def main(argv: list[str] | None = None) -> None:
    """Write both files anew."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")


def written() -> dict[Path, str]:
    """The text of each file, anew."""
    asked = studies(load(), store.names())
    rows = {
        settings["title"]: study.judged_by_reference(settings, claims.of_study(name))
        for name, settings in asked.items()
    }
    kept = [references.read(settings) for settings in asked.values()]
    page = (learned(rows, kept), every_claim(rows), made(kept))
    return {README: replaced(README, counts(rows)), PAGE: replaced(PAGE, "\n".join(page))}


def replaced(path: Path, table: str) -> str:
    """The text of a file with another table between its marks. Raises ConfigError where there are none."""
    text = path.read_text(encoding="utf-8")
    if START not in text or END not in text:
        raise ConfigError(f"{path}: the marks {START} and {END} are missing; restore it with `git checkout {path}`")
    return re.sub(
        f"{re.escape(START)}.*?{re.escape(END)}", lambda _: f"{START}\n{table}{END}", text, count=1, flags=re.S
    )


def learned(rows: Rows, kept: Sequence[references.References]) -> str:
    """What is to be learned, point by point."""
    runs = [run for of_study in kept for run in study.measured(of_study.runs)]
    seeds = Seeds({run.name: metrics_of(run) for run in runs})
    verdicts = {row["id"]: row["verdict"] for own in rows.values() for row in own}
    points = (lessons.told(lesson, seeds, verdicts) for lesson in lessons.load())
    return "".join(
        textwrap.fill(
            point, WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        + "\n"
        for point in points
    )


def made(kept: Sequence[references.References]) -> str:
    """A table of how each result was made."""
    lines = ["### How they were made\n", "| experiment | scale | seeds | data | training | date | machine | commit |"]
    lines.append("|---|---|---:|---|---:|---|---|---|")
    for name, description in (item for of_study in kept for item in of_study.described.items()):
        cells = (
            f"`{name}`",
            description.scale,
            str(description.replicates),
            description.data.provenance,
            duration(description.seconds.get("train")),
            description.date,
            description.machine,
            f"`{description.commit[:7]}`",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def counts(rows: Rows) -> str:
    """A row for each study with claims: how many came to what; below it, how firm the verdicts are."""
    lines = [f"| study | claims | {' | '.join(COLUMNS)} |", f"|---|{'---:|' * (len(COLUMNS) + 1)}"]
    total: Counter[str] = Counter()
    for title, own in rows.items():
        found = Counter(row["verdict"] for row in own)
        total += found
        if own:
            lines.append(_counted(title, found))
    return "\n".join([*lines, _counted("all", total), "", _firmness(rows)]) + "\n"


def _counted(title: str, found: Counter[str]) -> str:
    cells = [sum(found[verdict] for verdict in verdicts) for verdicts in COLUMNS.values()]
    return f"| {title} | {found.total()} | {' | '.join(str(cell) if cell else '' for cell in cells)} |"


def _firmness(rows: Rows) -> str:
    judged = [row for own in rows.values() for row in own if row["verdict"] != UNTESTABLE]
    ran = [row for row in judged if not _is_counted(row)]
    one = sum(row["seeds"] == 1 for row in ran)
    short = sum(row["scale"] == "laptop" for row in ran)
    return textwrap.fill(
        f"{len(judged)} claims have a verdict. {len(judged) - len(ran)} of them needed no training, only counting; "
        f"{one} rest on one run, without an interval; {short} were decided at laptop scale, where only directions "
        "count.",
        WIDTH,
    )


def _is_counted(row: "Judgement") -> bool:
    return row["counted"] or row["verdict"] == "impossible"


def every_claim(rows: Rows) -> str:
    """A table for each study with a row for each claim that has a verdict."""
    parts = []
    for title, own in rows.items():
        lines = [_row(row) for row in own if row["verdict"] != UNTESTABLE]
        if lines:
            head = "| claim | source | published | ours | verdict |\n|---|---|---:|---:|---|"
            parts.append(f"### {title}\n\n{head}\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(row: "Judgement") -> str:
    published = "stated" if row["published"] is None else f"{published_text(row['published'])} {row['unit']}".strip()
    ours = value_text(row["ours"], row["published"])
    if row["ours_low"] is not None:
        low, high = (value_text(bound, row["published"]) for bound in (row["ours_low"], row["ours_high"]))
        ours += f" ({low} to {high})"
    runs = "counted" if _is_counted(row) else f"{row['seeds']} seeds"
    runs = "one run" if runs == "1 seeds" else runs
    on = ", a copy of the data" if row["data"] == "copy" and not row["counted"] else ""
    short = ", at laptop scale" if row["scale"] == "laptop" and not row["counted"] else ""
    cells = (
        row["statement"],
        f"{row['source']}, {row['place']}",
        published,
        ours,
        f"**{row['verdict']}** ({runs}{on}{short})",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    _command.run(main)
