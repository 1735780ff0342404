"""How much memory of a GPU a training step takes, counted without one: the table of docs/gpu.md.

    python benchmarks/gpu_memory.py

Reference: `torch.cuda.max_memory_allocated` after such a step, which nobody has read yet.

Parameters, gradients and the optimiser's state are float32; what the forward pass keeps for the backward pass is
counted on the meta device in bfloat16, as on a GPU, each piece of memory once. What CUDA itself takes (some 0.5 GB),
the workspaces of its kernels and the images of the data set come on top.
"""

import argparse

import timing  # noqa: F401  (library path, threads)

NETWORKS = ("vgg16", "caffenet", "alexnet", "simple_cnn", "mobilenet_v2", "inception", "densenet")
STATES = {"momentum": 1, "Adam": 2}  # numbers that the optimiser keeps for each parameter
MIB = 2**20


def counted(name: str, batch: int, side: int, classes: int) -> tuple[int, int]:
    """The number of parameters, and the bytes kept for the backward pass."""
    import torch

    from revisit.models import registry
    from revisit.models.output import Output

    with torch.device("meta"):
        network = registry.build(name, (side, side, 3), classes, {}).train().bfloat16()
        images = torch.empty(batch, 3, side, side, dtype=torch.bfloat16).to(memory_format=torch.channels_last)
    own = {id(parameter) for parameter in network.parameters()}
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        base = tensor if tensor._base is None else tensor._base
        if id(base) not in own:
            storage = tensor.untyped_storage()
            kept[storage._cdata] = storage  # held, so that its address stays its own
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = network(images)
        (output.main if isinstance(output, Output) else output).sum()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return parameters, sum(storage.nbytes() for storage in kept.values())


def table(batch: int, side: int, classes: int) -> str:
    """A line per network, in MiB."""
    lines = [
        "| network | parameters, millions | weights, gradients | kept for backward | with momentum SGD | with Adam |",
        "|---|---|---|---|---|---|",
    ]
    for name in NETWORKS:
        parameters, kept = counted(name, batch, side, classes)
        both = 8 * parameters + 2 * parameters  # float32 twice, and the bfloat16 copy that autocast makes
        totals = [f"{(both + kept + 4 * parameters * state) / MIB:,.0f}" for state in STATES.values()]
        cells = [name, f"{parameters / 1e6:.1f}", f"{both / MIB:,.0f}", f"{kept / MIB:,.0f}", *totals]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--side", type=int, default=224, help="pixels")
    parser.add_argument("--classes", type=int, default=20)
    arguments = parser.parse_args()
    print(table(arguments.batch, arguments.side, arguments.classes), end="")
