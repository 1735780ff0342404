"""Dynamic and static graphs: the same function run as written, or captured once by `torch.compile` and replayed.

S0 compares the two in TensorFlow (eager against session). Here a static graph is one whole graph (`fullgraph=True`:
a function that cannot be captured as one graph is an error, never a silent mixture).
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from revisit.errors import ConfigError, DeviceError


class Choice(NamedTuple):
    """What runs a graph, and why."""

    backend: str
    note: str


def choose(graph: str, backend: str, device: torch.device) -> Choice:
    """What will run a graph on this machine.

    Args:
        graph: `"dynamic"` (eager) or `"static"`.
        backend: for a static graph: `"aot_eager"` captures and differentiates ahead of time and runs PyTorch's
            own kernels, bit for bit what eager gives on a CPU; `"inductor"` also generates and fuses kernels, which
            needs a compiler; `"auto"` is inductor where it can work.
        device: where the function will run.

    Raises:
        DeviceError: inductor is asked for where it cannot work.
    """
    if graph == "dynamic":
        return Choice("eager", "dynamic graph: every operation runs as Python reaches it")
    usable, why = _inductor(device)
    if backend == "inductor" and not usable:
        raise DeviceError(f"backend: inductor cannot work on {device}: {why}; set `backend: aot_eager`")
    if backend == "inductor" or (backend == "auto" and usable):
        return Choice("inductor", f"static graph with generated kernels: {why}")
    note = f"no generated kernels: {why}" if backend == "auto" else "backend chosen in params.yaml"
    return Choice("aot_eager", f"static graph with PyTorch's own kernels: {note}")


def capture(function: Callable, backend: str) -> Callable:
    """`function`, from tensors to tensors, as a graph that `backend` (of a `Choice`) runs; so is its backward pass.

    Raises:
        ConfigError: when the result is called, and the function cannot be captured as one graph.
    """
    if backend == "eager":
        return function
    if backend == "inductor":  # `device.deterministic` leaves the compiler alone, which takes a second to import
        torch._inductor.config.deterministic = torch.are_deterministic_algorithms_enabled()
    torch._dynamo.reset()  # each run of a sweep captures the same code anew, and only a few captures are allowed
    # Without fallback_random inductor draws dropout masks of its own, and the two graphs could not be compared.
    options = {"options": {"fallback_random": True}} if backend == "inductor" else {"backend": backend}
    return _told(torch.compile(function, fullgraph=True, dynamic=False, **options))


def _told(call: Callable) -> Callable:
    """`call`, with one message where the function cannot be captured as one graph."""

    def run(*tensors: torch.Tensor) -> object:
        try:
            return call(*tensors)
        except torch._dynamo.exc.TorchDynamoException as error:
            why = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__).strip()
            raise ConfigError(
                f"graph: this network cannot be captured as one static graph ({why}); set `graph: dynamic`"
            ) from error

    return run


def _inductor(device: torch.device) -> tuple[bool, str]:
    if device.type == "cuda":
        from torch.utils._triton import has_triton

        return (True, "Triton is there") if has_triton() else (False, "Triton, its compiler for GPUs, is not there")
    compiler = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")  # as inductor chooses
    name = Path(compiler).name
    return (True, f"C++ compiler {name} is there") if shutil.which(compiler) else (False, f"no C++ compiler ({name})")
