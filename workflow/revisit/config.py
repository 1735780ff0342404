"""The settings of a stage, as its script reads them.

An engine resolves `params.yaml` once, before anything runs, and records each stage's settings as JSON
(`results/config/`); the script reads that record, so an edit of `params.yaml` during a long run cannot
mix two configurations. Run by hand, a script gets the settings that `params.yaml` says now.
The schema is not imported here: a new key there must not make every stage stale.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from revisit import paths, reading
from revisit.errors import ArtifactError, ConfigError

RESOLVER = Path(__file__).resolve().parents[1] / "scripts" / "configure_stages.py"


def settings(stage: str, name: str | None = None) -> dict[str, Any]:
    """The resolved settings of `stage` for the data set, experiment or study `name` (None: the stage has no items).

    Raises:
        ConfigError: run by hand, and `params.yaml` has a mistake or does not know `name`.
        ArtifactError: run by an engine, and the recorded settings are missing or damaged.
    """
    if "DVC_STAGE" not in os.environ:
        return _resolved_now(stage, name)
    record = paths.config(stage, name)
    try:
        return reading.json_value(record)["settings"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{record}: missing or damaged ({error}); run `dvc repro configure`") from error


def _resolved_now(stage: str, name: str | None) -> dict[str, Any]:
    command = [sys.executable, str(RESOLVER), "--show", stage, *([name] if name else [])]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ConfigError(result.stderr.strip().removeprefix("error: "))
    return json.loads(result.stdout)
