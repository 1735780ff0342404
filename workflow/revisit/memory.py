"""How the C library gives memory back to the system."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
KEPT = 256 << 20  # bytes that may be free at the end of the heap
APART = 256 << 20  # bytes from which on a piece of memory lies outside the heap, and goes back when it is freed


def keep_freed() -> None:
    """Let this process keep memory that it has freed for what it needs next, up to `KEPT`.

    A training step frees and asks for the same tensors again. Given back in between, each of their pages comes as a
    fault of its own and filled with zeros: a fourth of the step of a small fully convolutional network on a CPU, 5,800
    faults. Where the C library is not glibc nothing is changed.
    """
    if sys.platform == "linux" and (set_option := getattr(ctypes.CDLL(None), "mallopt", None)):
        set_option(M_TRIM_THRESHOLD, KEPT)
        set_option(M_MMAP_THRESHOLD, APART) or set_option(M_MMAP_THRESHOLD, 32 << 20)  # the most of older versions
