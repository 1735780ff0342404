"""How much a network computes, in FLOPs: a multiplication and an addition are two, where multiply-adds count one."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch.utils.flop_counter import FlopCounterMode

T = TypeVar("T")


def counted(call: Callable[[], T]) -> tuple[T, int]:
    """What `call` returns, and the floating-point operations of its matrix products and convolutions.

    `call` goes without oneDNN and cuDNN, whose kernels for whole recurrent layers PyTorch's counter does not know.
    """
    onednn = torch.backends.mkldnn.enabled
    try:
        torch.backends.mkldnn.enabled = False
        with torch.backends.cudnn.flags(enabled=False), FlopCounterMode(display=False) as counter:
            returned = call()
    finally:
        torch.backends.mkldnn.enabled = onednn
    return returned, counter.get_total_flops()
