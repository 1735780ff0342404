"""What every script does before its own work."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow/scripts"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("dvc_lives", [True, False])
def test_a_script_whose_dvc_has_ended_does_not_begin(dvc_lives):
    """Until its parent asks how it ended, a killed DVC keeps its process ID, as a zombie."""
    dvc = subprocess.Popen([sys.executable, "-c", "input()" if dvc_lives else ""], stdin=subprocess.PIPE)
    try:
        while not dvc_lives and psutil.Process(dvc.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        script = subprocess.run(
            [sys.executable, "-c", "import _command; _command.run(lambda: print('began'))"],
            env=os.environ | {"PYTHONPATH": str(SCRIPTS), "DVC_STAGE": "any", "REVISIT_DVC_PID": str(dvc.pid)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert script.stdout == ("began\n" if dvc_lives else ""), script.stderr
    finally:
        dvc.communicate(b"\n")


@pytest.mark.parametrize("script", ["check_reference.py", "share_results.py", "show_progress.py"])
def test_a_python_without_the_packages_is_told_how_to_get_them(script):
    words = ["push", "--remote", "/x"] if script == "share_results.py" else []
    command = [sys.executable, "-S", "-E", SCRIPTS / script, *words]  # without its site-packages
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert "has no package " in result.stderr
    assert "`source .venv/bin/activate`, or `make report`" in result.stderr
    assert "Traceback" not in result.stderr
