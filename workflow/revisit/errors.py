"""One class per kind of failure that a user can cause; the message says what, where and how to mend it."""

import errno

DISK_FULL_OR_DENIED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS)
DISK_REMEDY = "free disk space or fix permissions, then run again; nothing is lost"

LONGEST = 4000  # characters of a message: names in a damaged file may be longer than any screen


class RevisitError(Exception):
    """A failure with a remedy: shown as one message, without a traceback, exit status 2.

    The middle of an endless message is left out: what failed stands first in it, the remedy last.
    """

    def __init__(self, message: str) -> None:
        if len(message) > LONGEST:
            message = f"{message[: LONGEST // 2]} ... {message[-LONGEST // 2 :]}"
        super().__init__(message)


class ConfigError(RevisitError):
    """`params.yaml` says something that the schema does not allow."""


class DataError(RevisitError):
    """A data file is missing, damaged or not what its format promises."""


class DownloadError(RevisitError):
    """A file could not be downloaded from any of its addresses."""


class ArtifactError(RevisitError):
    """An artifact of an earlier stage is missing or does not fit (another shape, another experiment)."""


class DeviceError(RevisitError):
    """The device asked for is not there."""


class EngineError(RevisitError):
    """An engine cannot read or write its own files, or cannot run in this folder."""


class BusyError(RevisitError):
    """Another run holds this working tree, or writes the same artifact."""


def disk_full_or_denied(error: OSError) -> str | None:
    """The message for an error about a full disk or permissions, with the remedy; None for any other."""
    if error.errno not in DISK_FULL_OR_DENIED:
        return None
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror}{where}: {DISK_REMEDY}"
