"""Begin the check of a report: a file of its claims, and one of the experiments that decide about them.

They are a small study that runs as it stands, to be made into your own.
"""

import argparse
import os
import re
from pathlib import Path

import _command  # first: library path, threads, errors
from revisit import files
from revisit.errors import ConfigError
from revisit.params.fields import NAME
from revisit.params.load import PARAMS, load
from revisit.params.references import RESERVED, TAKEN
from revisit.report.claims import LEDGER

SKELETON, NAMED = Path("workflow/skeleton"), "fashion_small"
STUDIES = Path("studies")  # of those who check reports: params.yaml files


def main(argv: list[str] | None = None) -> None:
    """Write both files. Without an argument the name is that of the environment, as `make study` sets it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", help="of the study: small letters, digits and _")
    name = parser.parse_args(argv).name or os.environ.get("STUDY", "")
    if not re.fullmatch(NAME, name) or len(name) > 40:
        raise ConfigError(f"NAME={name}: a study is named by up to 40 small letters, digits and _: NAME=my_report")
    if name in TAKEN:
        raise ConfigError(f"NAME={name}: {RESERVED}")
    places = {"experiments": STUDIES / f"{name}.yaml", "claims": LEDGER / f"{name}.yaml"}
    if name in load().studies:
        raise ConfigError(f"NAME={name}: there is a study of this name in {PARAMS}; take another one")
    for place in places.values():
        if place.exists():
            raise ConfigError(f"{place} is there already; take another name, or remove it")
    for part, place in places.items():
        text = (SKELETON / f"{part}.yaml").read_text(encoding="utf-8").replace(NAMED, name)
        place.parent.mkdir(exist_ok=True)
        with files.replacing(place.absolute()) as partial:
            partial.write_text(text, encoding="utf-8")
    print(
        f"The claims: {places['claims']}. The experiments: {places['experiments']}. Edit both (docs/teaching.md),\n"
        "then run it by itself:\n"
        f"  cp {places['experiments']} {PARAMS}\n  make report grades\n"
        f"The other studies come back with: git checkout {PARAMS}"
    )


if __name__ == "__main__":
    _command.run(main)
