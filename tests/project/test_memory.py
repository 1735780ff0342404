"""Memory that a process has freed stays with it, so that it comes without faults the next time."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import resource
from revisit import memory

def again():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    pieces = [bytearray(8 << 20) for _ in range(8)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

again()
without = again()
memory.keep_freed()
again()
print(without, again())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="an option of glibc")
def test_freed_memory_is_used_again_without_faults():
    workflow = Path(__file__).resolve().parents[2] / "workflow"
    told = subprocess.run([sys.executable, "-c", PROGRAM], cwd=workflow, capture_output=True, text=True, check=True)
    without, kept = map(int, told.stdout.split())
    pages = (8 * 8 << 20) // 4096
    assert without > pages / 2  # else there is nothing to gain
    assert kept < pages / 20
