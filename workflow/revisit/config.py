"""The settings of a stage, as its script reads them.

An engine resolves `params.yaml` once, before anything runs, and records each stage's settings as JSON
(`results/config/`); the script reads that record, so an edit of `params.yaml` during a long run cannot
mix two configurations, and after an edit of its code it refuses to run. Run by hand, a script gets the
settings that `params.yaml` says now.
The schema is not imported here: a new key there must not make every stage stale.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from revisit import files, paths, reading, stages
from revisit.errors import ArtifactError, ConfigError
from revisit.variables import STAGE

RESOLVER = Path(__file__).resolve().parents[1] / "scripts" / "configure_stages.py"


def settings(stage: str, name: str | None = None) -> Any:
    """The resolved settings of `stage` for the data set, experiment or study `name` (None: the stage has no items).

    A TypedDict in the `settings.py` of the stage's home says their shape; the caller names it.

    Raises:
        ConfigError: run by hand, and `params.yaml` has a mistake or does not know `name`.
        ArtifactError: run by an engine, and the recorded settings are missing or damaged, or a file of the stage's code
            is no longer the one that was recorded.
    """
    if STAGE not in os.environ:
        return _resolved_now("--show", stage, name)
    return _recorded(stage, name)["settings"]


def code(stage: str, name: str | None = None) -> dict[str, str]:
    """The files of the code that a stage runs, by their paths in the repository, and their SHA-256.

    What a killed run left belongs to them: it is of use as long as none of them was edited. Arguments and errors as in
    `settings`.
    """
    if STAGE not in os.environ:
        return _resolved_now("--code", stage, name)
    return _recorded(stage, name)["code"]


def _recorded(stage: str, name: str | None) -> dict[str, Any]:
    record = paths.config(stage, name)
    try:
        content = reading.json_value(record)
        found = {key: content[key] for key in ("settings", "code")}
        edited = [path for path, digest in found["code"].items() if files.sha256(path) != digest]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{record}: missing or damaged ({error}); run {stages.run('configure')}") from error
    if edited:  # the result would pass for one of the recorded code
        raise ArtifactError(f"{edited[0]}: edited since this run began; run again, and the edit counts")
    return found


def _resolved_now(what: str, stage: str, name: str | None) -> dict[str, Any]:
    command = [sys.executable, str(RESOLVER), what, stage, *([name] if name else [])]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ConfigError(result.stderr.strip().removeprefix("error: "))
    return json.loads(result.stdout)
