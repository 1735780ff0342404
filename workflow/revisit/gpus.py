"""One GPU for each job of a machine: the first that no other job holds.

PyTorch calls the first GPU that it may see cuda:0, whichever job asks, so jobs side by side would all compute on that
one. A lock file for each GPU says which are held: a `flock`, which the kernel drops with the process, also with a
killed one. The files belong to the machine and the user, not to a working tree, and are named by the devices' UUIDs:
number 0 of one job of Slurm may be another device than number 0 of the next.
"""

import fcntl
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, NamedTuple

from revisit.variables import GPU, STAGE

VISIBLE = "CUDA_VISIBLE_DEVICES"
WHOLE = re.compile(r"GPU (\d+): (.+) \(UUID: (\S+)\)")
PART = re.compile(r"\s+(MIG .+?) +Device +\d+: \(UUID: (\S+)\)")
PATIENCE = 60  # seconds for the driver to answer: it wakes the devices first


class Device(NamedTuple):
    """A GPU, or a part of one (MIG): what is computed on is told by the UUID."""

    number: str  # as `nvidia-smi` and Slurm count; "" for a part of a GPU, which has a UUID alone
    name: str
    uuid: str


def installed() -> list[Device]:
    """The GPUs of this machine as the driver lists them, by PCI bus; [] without a driver."""
    try:
        told = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    found = []
    for line in told.splitlines():
        if whole := WHOLE.fullmatch(line):
            found.append(Device(*whole.groups()))
        elif part := PART.fullmatch(line):
            found.append(Device("", *part.groups()))
    return found


def visible() -> list[Device]:
    """The GPUs that this process may use: all, or those that CUDA_VISIBLE_DEVICES names, in its order.

    As CUDA reads the list: a number, or the first characters of a UUID; what follows an entry that is neither, such as
    -1, is not seen. A number counts as `nvidia-smi` does, which is CUDA_DEVICE_ORDER=PCI_BUS_ID.
    """
    devices = installed()
    if VISIBLE not in os.environ:
        return [device for device in devices if device.number]
    found: list[Device] = []
    for entry in map(str.strip, os.environ[VISIBLE].split(",")):
        named = [device for device in devices if entry and (device.number == entry or device.uuid.startswith(entry))]
        if len(named) != 1 or named[0] in found:
            break
        found += named
    return found


def hold_one() -> IO[str] | None:
    """Let the job in this process see one GPU that no other job holds; wait for one while all are held.

    Says in the job's log which it is. To be called before CUDA starts, which reads the list once.

    Returns:
        The open lock file: the GPU is held as long as it is open, here or in a child of this process. None where there
        is nothing to hold: no GPU, no job of an engine, or one that holds its GPU already.
    """
    if STAGE not in os.environ or GPU in os.environ:
        return None
    devices = visible()
    if not devices:
        return None
    folder = Path(tempfile.gettempdir()) / f"revisit-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    told = False
    while True:
        for device in devices:
            stream = open(folder / device.uuid, "a", encoding="utf-8")  # noqa: SIM115  (held on return)
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stream.close()
                continue
            os.environ[VISIBLE] = os.environ[GPU] = device.uuid
            number = f" {device.number}" if device.number else ""
            print(f"GPU{number}: {device.name}, {device.uuid}", file=sys.stderr, flush=True)
            return stream
        if not told:
            told = True
            print(f"waiting for a GPU: jobs hold all {len(devices)}", file=sys.stderr, flush=True)
        time.sleep(1)
