"""A kind of analysis, run as its stage is."""

import json

from revisit import paths


def analysed(kind, name):
    """The summary of an experiment, and what its files hold by their names."""
    import run_analysis

    run_analysis.main([kind, name])
    written = {path.name: path.read_bytes() for path in paths.findings(name, kind).rglob("*")}
    return json.loads(paths.findings(name, f"{kind}.json").read_text()), written
