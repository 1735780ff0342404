"""Processes that share the work of one."""

import os
import signal
import time

import pytest

from revisit import pool
from revisit.errors import DataError, DeviceError


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def fail():
    raise DataError("what is wrong")


def interrupted():
    os.kill(os.getpid(), signal.SIGINT)
    return os.getppid()


def mark(path):
    time.sleep(0.2)
    path.touch()


def test_they_share_the_work_and_leave_an_interruption_to_this_process():
    with pool.of(2) as processes:
        assert list(processes.map(abs, range(-3, 3))) == [3, 2, 1, 0, 1, 2]
        assert processes.submit(interrupted).result() == os.getpid()


def test_one_that_is_killed_is_told_with_what_to_do():
    with (
        pytest.raises(DeviceError, match=r"most likely because memory ran out; .* \(REVISIT_CORES=1\), and run again"),
        pool.of(2) as processes,
    ):
        processes.submit(die).result()


def test_a_mistake_is_raised_here_and_what_has_not_begun_at_the_end_is_left(tmp_path):
    paths = [tmp_path / str(number) for number in range(20)]
    with pool.of(1) as processes:
        failed = processes.submit(fail)
        for path in paths:
            processes.submit(mark, path)
        with pytest.raises(DataError, match="what is wrong"):
            failed.result()
    assert 0 < sum(path.exists() for path in paths) < 5
