"""Run the attacks and write docs/reliability.md from what they gave.

    python tests/reliability/page.py                     # all of them: some hours on 2 cores
    python tests/reliability/page.py --only kills disk   # these; the others stay as they are in the page
    python tests/reliability/page.py --only              # none: write the page again

The one on a cluster is left out where there can be none (`make cluster`). What an attack gave is kept in
docs/reliability/<name>.json.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "slurm"))

import outcome
from cluster import missing

HERE = Path(__file__).parent
DOCS = Path(__file__).resolve().parents[2] / "docs"


class Attack(NamedTuple):
    """A script of this folder, with its options for the long run."""

    title: str
    options: str
    held: str  # what the attack must not break


ATTACKS = {
    "kills": Attack(
        "Killed", "--kills 100", "every artifact is that of an undisturbed run, and the other engine has nothing to do"
    ),
    "walk": Attack(
        "Edited, damaged, deleted",
        "--steps 60",
        "either engine mends it: every artifact right, nothing computed that lay in the cache",
    ),
    "killed_stages": Attack(
        "A stage killed at every moment at which it changes something on disk",
        "",
        "what lies under a final name is whole, no process lives on, and the last run ends with the same bytes",
    ),
    "concurrency": Attack(
        "Two engines at once", "--rounds 10", "the second one waits its turn or names the one that runs"
    ),
    "fuzz": Attack(
        "Damaged and hostile files",
        "--cases 100000",
        "a case is read as what it says or refused with one message; nothing is executed, nothing written elsewhere",
    ),
    "downloads": Attack(
        "Servers that misbehave", "--rounds 500", "the published bytes arrive, or one message says why not"
    ),
    "disk": Attack(
        "A disk that is full",
        "",
        "one message; nothing half-written under a final name; after the cause is gone the same bytes",
    ),
    "nodes": Attack(
        "On a cluster",
        "--rounds 50 --seed 2",
        "either engine goes on, every artifact is that of a clean run, and neither has anything to do",
    ),
}
HEAD = """# What was tried to break it

Each part is a long run of a script in `tests/reliability`; short forms are among the tests. This page is written by
`make reliability`.

"""


def main() -> None:
    """Run what is asked for, then write the page; exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=ATTACKS, default=list(ATTACKS), metavar="NAME")
    asked = parser.parse_args().only
    if "nodes" in asked and (reason := missing()):
        print(f"nodes.py is left out: {reason}", file=sys.stderr)
        asked = [name for name in asked if name != "nodes"]
    for name in asked:
        target = DOCS / "reliability" / f"{name}.json"
        target.parent.mkdir(exist_ok=True)
        command = [sys.executable, str(HERE / f"{name}.py"), *ATTACKS[name].options.split(), "--json", str(target)]
        target.unlink(missing_ok=True)
        subprocess.run(command, check=False)
        if not target.exists():
            sys.exit(f"{name}.py ended without rows")
    kept = {name: DOCS / "reliability" / f"{name}.json" for name in ATTACKS}
    found = {name: json.loads(path.read_text("utf-8")) for name, path in kept.items() if path.exists()}
    (DOCS / "reliability.md").write_text(page(found), encoding="utf-8")
    sys.exit(any(outcome.failed(rows) for rows in found.values()))


def page(found: dict[str, list[outcome.Row]]) -> str:
    """The page for the rows of each attack: one table, a line for each row."""
    lines = ["| what was tried | times | what happened | failures |", "|---|---:|---|---:|"]
    for name, rows in sorted(found.items(), key=lambda item: list(ATTACKS).index(item[0])):
        attack = ATTACKS[name]
        lines.append(f"| **{attack.title}** (`{name}.py {attack.options}`): {attack.held} | | | |".replace(" `)", "`)"))
        lines += [
            f"| {_cell(row['attack'])} | {row['tried']:,} | {_happened(row)} | {len(row['failures'])} |" for row in rows
        ]
    tried = sum(row["tried"] for rows in found.values() for row in rows)
    failures = [f"- {row['attack']}: {text}" for rows in found.values() for row in rows for text in row["failures"]]
    told = [f"{tried:,} attempts, {len(failures)} failures.", "", *failures]
    absent = [f"`{name}.py`" for name in ATTACKS if name not in found]
    rest = ["", f"Not run at this length yet: {', '.join(absent)}."] if absent else []
    return HEAD + "\n".join([*told, *([""] if failures else []), *lines, *rest]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _happened(row: outcome.Row) -> str:
    others = {key: value for key, value in row.items() if key not in ("attack", "tried", "failures")}
    return ", ".join(
        f"{key}: {value:,}" if isinstance(value, int) else f"{key}: {value}" for key, value in others.items()
    )


if __name__ == "__main__":
    main()
