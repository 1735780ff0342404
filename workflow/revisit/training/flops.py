"""How much a network computes, in FLOPs: a multiplication and an addition are two, where multiply-adds count one."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

T = TypeVar("T")


class _Counter(TorchDispatchMode):
    """What PyTorch's `FlopCounterMode` counts, by its formulas; that one imports the compiler, which takes a second."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        formula = flop_registry.get(func._overloadpacket)
        if formula is None and func is not torch.ops.prim.device.default:
            with self:  # what an operation consists of may have formulas
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        returned = func(*args, **kwargs)
        self.total += formula(*args, **kwargs, out_val=returned) if formula else 0
        return returned


def counted(call: Callable[[], T]) -> tuple[T, int]:
    """What `call` returns, and the floating-point operations of its matrix products and convolutions.

    `call` goes without oneDNN and cuDNN, whose kernels for whole recurrent layers PyTorch's counter does not know.
    """
    onednn: Any = torch.backends.mkldnn  # a module with a property, which its types leave out
    enabled = onednn.enabled
    try:
        onednn.enabled = False
        with torch.backends.cudnn.flags(enabled=False), _Counter() as counter:
            returned = call()
    finally:
        onednn.enabled = enabled
    return returned, counter.total
