"""How many cores a script may use: those that the engine allots to its job."""

import os
import sys

from revisit.errors import ConfigError
from revisit.variables import CORES


def allotted() -> int:
    """As many as the environment says, else all that this process may run on; one outside Linux, where none says.

    Raises:
        ConfigError: what the environment says is no number of cores.
    """
    here = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    said = os.environ.get(CORES) or str(here)
    if not said.isdecimal() or not int(said):
        raise ConfigError(f"{CORES}={said}: expected a whole number of cores from 1 on; set one, or unset it")
    return int(said)
