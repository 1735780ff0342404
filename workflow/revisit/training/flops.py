"""How much a network computes, in FLOPs: a multiplication and an addition are two, where multiply-adds count one."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch.utils.flop_counter import FlopCounterMode

T = TypeVar("T")


def counted(call: Callable[[], T]) -> tuple[T, int]:
    """What `call` returns, and the floating-point operations of its matrix products and convolutions.

    `call` goes without oneDNN and cuDNN, whose kernels for whole recurrent layers PyTorch's counter does not know.
    """
    onednn: Any = torch.backends.mkldnn  # a module with a property, which its types leave out
    enabled = onednn.enabled
    try:
        onednn.enabled = False
        with torch.backends.cudnn.flags(enabled=False), FlopCounterMode(display=False) as counter:
            returned = call()
    finally:
        onednn.enabled = enabled
    return returned, counter.get_total_flops()
