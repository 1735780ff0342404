"""docs/gpu.md: its table is what the script counts, and what it names is there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/gpu.md").read_text()


def test_the_table_is_what_is_counted():
    counted = subprocess.run(
        [sys.executable, "benchmarks/gpu_memory.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert counted.stdout.startswith("| network |")
    assert counted.stdout in PAGE


def test_what_is_named_is_there():
    named = re.findall(r"`((?:workflow|docs|tests|benchmarks|models)/[\w/.-]+)`", PAGE)
    assert len(named) >= 3
    assert [path for path in named if not any((ROOT / top / path).exists() for top in ("", "workflow/revisit"))] == []
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"\bmake ([a-z-]+)", PAGE):
        assert f"\n{target}:" in makefile
