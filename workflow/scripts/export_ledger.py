"""Write what was found for others: grades, a CODECHECK configuration, an RO-Crate, a summary, the report as a ZIP."""

import argparse
import os
import re
import subprocess
from pathlib import Path

import _command  # first: library path, threads, errors
from revisit import files, paths
from revisit.errors import ConfigError
from revisit.exports import bundle, codecheck, crate, grades, ledger, reproducibility

PLACES = {  # kind -> where it goes
    "grades": "exports/grades.csv",
    "codecheck": "codecheck.yml",
    "crate": "exports/crate",
    "summary": "exports/reproducibility.md",
    "zip": "exports/report.zip",
}


def main(argv: list[str] | None = None) -> None:
    """Write one export. Without --source or --date, those of the environment count, as `make` sets them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=PLACES, help="what to write")
    parser.add_argument("--source", default=os.environ.get("EXPORT_SOURCE"), help="claims of this report alone: S2")
    parser.add_argument("--date", default=os.environ.get("EXPORT_DATE"), help="of the crate (default: of the commit)")
    arguments = parser.parse_args(argv)
    target = Path(PLACES[arguments.kind])
    if arguments.kind == "zip":
        _write(target, bundle.archive(paths.REPORT))
        print(f"Written: {target}, {target.stat().st_size / 1e6:.1f} MB")
        return
    found = ledger.read(arguments.source or None)
    if arguments.kind == "grades":
        _write(target, grades.table(found))
        print(grades.total(found))
    elif arguments.kind == "summary":
        _write(target, reproducibility.markdown(found).encode())
    elif arguments.kind == "crate":
        date = _date(arguments.date)
        with files.replacing(target) as partial:
            crate.write(partial, found, date)
    else:
        configuration = codecheck.configuration(found, codecheck.about(codecheck.ABOUT), Path())
        _write(target, codecheck.document(configuration))
        for problem in codecheck.problems(configuration, Path()):
            print(f"still to do, {problem}")
    print(f"Written: {target}")


def _write(target: Path, content: bytes) -> None:
    with files.replacing(target.absolute()) as partial:  # a relative path has to have a folder
        partial.write_bytes(content)


def _date(given: str | None) -> str:
    """The date of the crate: the one that is given, else that of the commit."""
    if given:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given):
            raise ConfigError(f"--date {given}: expected a day as 2026-01-31")
        return given
    asked = subprocess.run(["git", "log", "-1", "--format=%cs"], capture_output=True, text=True, check=False)
    if asked.returncode or not asked.stdout.strip():
        raise ConfigError("the date of the crate: there is no commit to take it from; say it, as DATE=2026-01-31")
    return asked.stdout.strip()


if __name__ == "__main__":
    _command.run(main)
