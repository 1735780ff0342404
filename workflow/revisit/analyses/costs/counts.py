"""What a network takes, layer by layer: parameters, operations, and bytes kept for the backward pass."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode


def order(network: nn.Module, images: torch.Tensor, training: bool = True) -> list[str]:
    """The names of all submodules that run for images (N, C, H, W), in the order in which they begin."""
    found: dict[str, None] = {}
    _passed(network.train(training), images, lambda name: found.setdefault(name), lambda _: None)
    return [name for name in found if name]


def parameters(network: nn.Module) -> Counter[str]:
    """layer -> trainable parameters of its own."""
    named = network.named_modules()
    return Counter({name: sum(p.numel() for p in m.parameters(recurse=False) if p.requires_grad) for name, m in named})


def poolings(network: nn.Module) -> dict[str, int]:
    """How many modules take the `average` of places side by side, and how many the `maximum`."""
    kinds = {"average": nn.AvgPool2d, "maximum": nn.MaxPool2d}
    return {name: sum(isinstance(module, kind) for module in network.modules()) for name, kind in kinds.items()}


def operations(network: nn.Module, image: torch.Tensor) -> Counter[str]:
    """layer -> multiplications and additions of its own matrix products and convolutions, in evaluation.

    They are those of `operations` in train.json: a multiplication and an addition are two.

    Args:
        network: on the CPU; left in evaluation mode.
        image: one of them, (1, C, H, W).
    """
    onednn: Any = torch.backends.mkldnn  # a module with a property, which its types leave out
    enabled = onednn.enabled
    try:
        onednn.enabled = False  # PyTorch's counter does not know its kernels for whole recurrent layers
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network.eval()(image)
    finally:
        onednn.enabled = enabled
    root = type(network).__name__
    counts = {name: sum(of.values()) for name, of in counter.get_flop_counts().items()}
    found: Counter[str] = Counter()
    for name, module in network.named_modules():
        inside = [f"{name}.{child}" if name else child for child, _ in module.named_children()]
        full, *parts = (counts.get(f"{root}.{each}" if each else root, 0) for each in (name, *inside))
        found[name] = full - sum(parts)
    return found


def kept_bytes(network: nn.Module, images: torch.Tensor) -> Counter[str]:
    """layer -> bytes that its forward pass in training keeps for the backward pass, of the whole minibatch.

    Memory that several layers keep is counted once, for the first of them; parameters and buffers, which are there
    anyway, are not counted, the images are. What modules do between their submodules, such as a sum, is their own.

    Args:
        network: on the CPU; left in training mode.
        images: (N, C, H, W).
    """
    known = {t.untyped_storage().data_ptr() for t in (*network.parameters(), *network.buffers())}
    within, alive, found = [""], list[torch.Tensor](), Counter[str]()

    def keep(tensor: torch.Tensor) -> int:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            known.add(storage.data_ptr())
            alive.append(tensor)  # else its place in the memory would be taken by another
            found[within[-1]] += storage.nbytes()
        return 0

    with torch.random.fork_rng(devices=[]), saved_tensors_hooks(keep, lambda _: torch.empty(0)):
        _passed(network.train(), images, within.append, lambda _: within.pop())
    return found


def _passed(
    network: nn.Module, images: torch.Tensor, begin: Callable[[str], object], end: Callable[[str], object]
) -> None:
    """Images through a network, with a call as each module begins and ends."""
    hooks = []
    for name, module in network.named_modules():
        hooks.append(module.register_forward_pre_hook(lambda *_, name=name: void(begin(name))))
        hooks.append(module.register_forward_hook(lambda *_, name=name: void(end(name))))
    try:
        network(images)
    finally:
        for hook in hooks:
            hook.remove()


def void(_: object) -> None:
    """None: what a hook returns would take the place of the input or output."""
