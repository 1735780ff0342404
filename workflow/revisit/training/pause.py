"""A training that stops by itself at a given moment, where commands may run for some minutes only.

It writes its resume state and ends with an exit status of its own; called again, it goes on to the same bytes.
"""

import os
import time

from revisit.errors import ConfigError

UNTIL = "REVISIT_STOP_AT"  # the moment, by `time.monotonic`, which is one clock for all processes of a machine
STATUS = 75  # of a process that has more to do: EX_TEMPFAIL of sysexits.h


class Paused(SystemExit):
    """The moment has come, and everything needed to go on is on disk."""

    def __init__(self) -> None:
        super().__init__(STATUS)


def due() -> bool:
    """Whether the moment has come; without one it never does. Takes a microsecond.

    Raises:
        ConfigError: what the environment says is no number of seconds.
    """
    moment = os.environ.get(UNTIL)
    if not moment:
        return False
    try:
        return time.monotonic() >= float(moment)
    except ValueError:
        raise ConfigError(f"{UNTIL}={moment}: expected seconds of the monotonic clock; set them, or unset it") from None
