"""The reference of `params.yaml`, written from its schema: `docs/params.md` and a JSON schema for editors.

python workflow/revisit/params/document.py
"""

import json
import sys
from pathlib import Path
from typing import Any, get_origin

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pydantic import BaseModel

from revisit.models.registry import arguments, available
from revisit.params.analyses import Analyses
from revisit.params.fields import section_in
from revisit.params.schema import Params
from revisit.scales import BLOCKS

ENTRIES = ("Dataset", "Proposals", "Pretrained", "Experiment", "Finetuning")  # that may have blocks; analyses', too
INTRODUCTION = """# The keys of params.yaml

Written from the schema by `python workflow/revisit/params/document.py`. A key without a default must be given.
An entry of `datasets`, `proposals`, `pretrained`, `experiments`, `finetunings` and `analyses` may have a `demo:` and a
`laptop:` block, whose keys override the entry's own at that scale; what they make of each study, and how scales are
mixed, stands in [scales.md](scales.md). Names (of data sets, experiments, studies) consist of small letters, digits and
`_`. The settings of each `network:` stand at the end.
"""


def markdown() -> str:
    """The reference as Markdown: one table per section of the schema."""
    return "\n".join([INTRODUCTION, *_tables("", Params), *_networks()]) + "\n"


def _networks() -> list[str]:
    lines = ["", "## Networks: `model` and its `network` settings\n", "| model | setting | allowed | default |"]
    lines.append("|---|---|---|---|")
    for model in available():
        lines += [f"| `{model}` | `{a.name}` | {a.allowed} | `{a.default}` |" for a in arguments(model).values()]
    return lines


def json_schema() -> str:
    """The JSON schema of `params.yaml`, for completion and checks in editors."""
    schema = Params.model_json_schema()
    for section in (*ENTRIES, *map(str.capitalize, Analyses.model_fields)):
        schema["$defs"][section]["properties"] |= {
            block: {"type": ["object", "null"], "description": f"overrides at {block} scale"} for block in BLOCKS
        }
    return json.dumps(schema, indent=1) + "\n"


def _tables(prefix: str, section: type[BaseModel]) -> list[str]:
    lines = [
        f"## `{prefix.rstrip('.') or 'top level'}`\n",
        "| key | allowed | default | meaning |",
        "|---|---|---|---|",
    ]
    below: list[str] = []
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        if inner:
            path = f"{prefix}{name}.<name>." if get_origin(field.annotation) is dict else f"{prefix}{name}."
            below += ["", *_tables(path, inner)]
        default = "" if field.is_required() else f"`{json.dumps(_plain(field.default))}`"
        lines.append(f"| `{name}` | {_allowed(name, section)} | {default} | {field.description or ''} |")
    return lines + below


def _plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, BaseModel) else value


def _allowed(name: str, section: type[BaseModel]) -> str:
    return _describe(section.model_json_schema()["properties"][name])


def _describe(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return " or ".join(_describe(option) for option in schema["anyOf"])
    if "$ref" in schema or schema.get("type") == "object":
        return "mapping"
    if schema.get("type") == "array":
        return f"list of: {_describe(schema['items'])}"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {schema[key]:,}" for key, sign in signs.items() if key in schema]
    words = {"integer": "whole number", "number": "number", "string": "text", "null": "null", "boolean": "true, false"}
    return ", ".join([words[schema["type"]], *bounds])


def write(folder: Path) -> None:
    """Write both documents into `folder`."""
    (folder / "params.md").write_text(markdown(), encoding="utf-8")
    (folder / "params.schema.json").write_text(json_schema(), encoding="utf-8")


if __name__ == "__main__":
    write(Path("docs"))
