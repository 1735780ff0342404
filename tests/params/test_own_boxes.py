"""The example of docs/boxes.md is one that params.yaml takes."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from revisit.params.load import load
from revisit.params.resolve import resolve

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_is_allowed_and_its_trunk_stays_fixed(document, written):
    params = document()
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/boxes.md").read_text(encoding="utf-8"), re.DOTALL)
    example = YAML(typ="safe").load(block)
    for section, entries in example.items():
        if section == "analyses":
            params[section]["detect"] |= entries["detect"]
        elif isinstance(entries, dict):
            assert not params[section].keys() & entries.keys()
            params[section] |= entries
        else:
            params[section] = entries
    stages = resolve(load(written(params)))
    for name in ("bccd_yolo", "bccd_faster_rcnn"):
        (protocol,) = stages["finetune", name]["runs"].values()
        assert protocol["network"]["backbone"] == "mobilenet_v2"
        assert protocol["freeze"] == {"layers": ["features"], "steps": None}
        assert protocol["crop"] is None  # whole images: nothing is computed twice
        assert ("detect", name) in stages
    assert stages["prepare", "bccd"]["objects"] == "boxes"
