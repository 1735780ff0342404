"""What can go wrong on a GPU and shows on a CPU: operations that are not repeatable there, and waits for the host.

Every network is trained for two steps with every loss that its output fits, and the operations of the second step,
forward, backward and optimiser, are looked at as PyTorch dispatches them. No GPU takes part.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from boxed import write_data
from revisit import paths
from revisit.data import arrays
from revisit.device import deterministic
from revisit.errors import ConfigError
from revisit.models import registry
from revisit.tasks import registry as tasks
from revisit.tasks.segmentation import task as segmentation
from revisit.training import batches
from revisit.training.plan import Common, Plan
from revisit.training.run import Run, splits

# From the documentation of `torch.use_deterministic_algorithms` of PyTorch 2.15: what raises an error on a CUDA tensor
# (its second list), by the names under which these operations are dispatched. A name ends at its overload.
REFUSED = {
    "avg_pool3d_backward",
    "_adaptive_avg_pool2d_backward",
    "_adaptive_avg_pool3d_backward",
    "adaptive_avg_pool2d_backward",
    "adaptive_max_pool2d_backward",
    "adaptive_max_pool3d_backward",
    "fractional_max_pool2d_backward",
    "fractional_max_pool3d_backward",
    "max_unpool2d",
    "max_unpool3d",
    "upsample_linear1d_backward",
    "upsample_bilinear2d_backward",
    "_upsample_bilinear2d_aa_backward",
    "upsample_bicubic2d_backward",
    "_upsample_bicubic2d_aa_backward",
    "upsample_trilinear3d_backward",
    "reflection_pad1d_backward",
    "reflection_pad2d_backward",
    "reflection_pad3d_backward",
    "nll_loss2d_forward",  # NLLLoss in that list: of images of classes; for a class per row there is `nll_loss_forward`
    "_ctc_loss_backward",
    "_embedding_bag_dense_backward",
    "put_",
    "histc",
    "median",
    "grid_sampler_2d_backward",
    "grid_sampler_3d_backward",
    "scatter_reduce",
    "scatter_reduce_",
    "resize_",
    # In older lists, and worth a look: repeatable there only because PyTorch then takes another, slower kernel.
    "max_pool3d_with_indices_backward",
    "replication_pad2d_backward",
}
WITH_WEIGHTS = "bincount"  # is refused with weights alone
# What makes the processor wait until the GPU has done everything before.
WAITS = {"_local_scalar_dense", "nonzero", "is_nonzero", "masked_select", "equal", "item", "unique", "_unique2"}

SIDE = 72  # pixels: the least that every network takes
CLASSES = 4
OF_OBJECTS = {"localiser", "fcn", "yolo", "rcnn", "fast_rcnn", "faster_rcnn"}  # networks that find them
SMALL = {  # settings that keep a network small, by name
    "width": 0.125,
    "backbone": "vgg16",  # the others are networks of their own, too
    "backbone_width": 0.125,
    "hidden": 8,
    "regions": 8,
    "warp": 32,
    "bins": 2,
    "anchor": 14.0,
    "anchors": 16,
    "training_candidates": 30,
    "training_proposals": 10,
    "mask_channels": 8,
}


def name_of(operation: Any) -> str:
    return operation.overloadpacket.__name__


def _places(args: tuple) -> list[torch.Tensor | None]:
    return args[1] if len(args) > 1 and isinstance(args[1], list | tuple) else []


class Operations(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.weighted = False

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(name_of(func))
        if self.names[-1].startswith("index") and any(i is not None and i.dtype == torch.bool for i in _places(args)):
            self.names.append("nonzero")  # the places of a mask have to be counted first
        self.weighted |= self.names[-1] == WITH_WEIGHTS and (len(args) > 1 or bool((kwargs or {}).get("weights")))
        return func(*args, **(kwargs or {}))


def write(folder: Path, several: bool) -> Path:
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    found = {}
    for split, count in (("train", 8), ("test", 4)):
        found[f"{split}_images"] = random.integers(0, 256, (count, SIDE, SIDE, 3)).astype(np.uint8)
        codes = random.integers(-1, 2, (count, CLASSES)).astype(np.int8)
        found[f"{split}_labels"] = codes if several else np.arange(count, dtype=np.int64) % CLASSES
    for name, array in found.items():
        np.save(folder / f"{name}.npy", array)
    digests = {f"{name}.npy": hashlib.sha256((folder / f"{name}.npy").read_bytes()).hexdigest() for name in found}
    meta = {"dataset": "noise", "classes": list("abcd"), "shape": [SIDE, SIDE, 3], "train": 8, "test": 4}
    meta |= {"mean": [0.5] * 3, "std": [0.2] * 3, "source": "embedded", "provenance": "drawn", "sha256": digests}
    (folder / "meta.json").write_text(json.dumps(meta | {"labels": "multi" if several else "single"}))
    return folder


@pytest.fixture(autouse=True)
def as_on_a_gpu(monkeypatch):
    """A step takes the way that it takes on a GPU, here on a CPU."""
    monkeypatch.setattr(segmentation, "AS_MAPS", "nowhere")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("noise")
    with chdir(folder):
        write_data(8, proposals=20)
    return {
        "single": arrays.load(write(folder / "single", False)),
        "multi": arrays.load(write(folder / "multi", True)),
        "objects": arrays.load(folder / paths.prepared("boxed")),
    }


def network_settings(name: str) -> list[dict]:
    """Small networks, one for each value of each setting that is one of a few."""
    taken = registry.arguments(name)
    small = {key: value for key, value in SMALL.items() if key in taken}
    small |= {"depth": 10} if name == "cifar_densenet" else {}
    choices = [{key: value} for key, argument in taken.items() if key not in SMALL for value in argument.choices or ()]
    return [small | choice for choice in choices or [{}]]


def built(protocol, data, folder, **changes) -> Iterator[Run]:
    """The runs of a network with every task and loss that fits it."""
    cpu = torch.device("cpu")
    for task in tasks.available():
        facts = tasks.facts(task)
        if (facts.objects is not None) != (protocol["model"] in OF_OBJECTS):
            continue
        known = [kind for kind, there in data.items() if facts.fits(there.label_kind, there.object_kind)]
        for kind, loss in [(kind, loss) for kind in known for loss in facts.losses or (None,)]:
            objective = protocol["objective"] | {"name": task, "loss": loss}
            own = protocol | {"batch_size": 4, "snapshots": [], "read_at": []} | changes | {"objective": objective}
            common = Common(data[kind], None, None, "rgb", None, None, {}, cpu)
            run = None
            with suppress(ConfigError):  # the task is one for another network or another protocol
                plan = Plan(common, own, "base", 0, False, folder / "resume", "noise")
                run = Run(plan, splits(data[kind], cpu))
            if run is not None:
                yield run


@contextmanager
def second_step(run: Run) -> Iterator[Operations]:
    with deterministic():
        run._step(1)
        with Operations() as seen:
            run._step(2)
    yield seen


@pytest.mark.parametrize("name", registry.available())
def test_no_operation_of_a_step_is_refused_on_a_gpu(name, protocol, data, tmp_path):
    steps = 0
    for settings in network_settings(name):
        for run in built(protocol | {"model": name, "network": settings}, data, tmp_path):
            with second_step(run) as seen:
                assert not REFUSED & set(seen.names), (settings, run.plan.protocol["objective"])
                assert not seen.weighted
                waits = WAITS - {"equal"} if name == "faster_rcnn" else WAITS  # see `revisit.objects.boxes.suppress`
                assert not waits & set(seen.names), (settings, run.plan.protocol["objective"])
                assert len(seen.names) > 20
            steps += 1
    assert steps >= 2


def test_the_list_is_that_of_this_pytorch():
    """Each doubtful layer is found by the name under which it is dispatched, and is in PyTorch's own words."""
    documented = torch.use_deterministic_algorithms.__doc__
    second = documented[documented.index("will throw a") :]
    images = torch.rand(1, 1, 8, 8, requires_grad=True)
    for layer, word in {
        torch.nn.AdaptiveAvgPool2d(3): "AdaptiveAvgPool2d",
        torch.nn.AdaptiveMaxPool2d(3): "AdaptiveMaxPool2d",
        torch.nn.Upsample(scale_factor=2, mode="bilinear"): "bilinear",
        torch.nn.ReflectionPad2d(1): "ReflectionPad2d",
    }.items():
        assert word in second
        with Operations() as seen:
            layer(images).sum().backward()
        assert REFUSED & set(seen.names), layer
    for word in ("histc", "bincount", "median", "put_", "CTCLoss", "NLLLoss", "grid_sample", "MaxUnpool2d"):
        assert word in second


OPTIONS = [
    {"crop": 64, "flip": True},
    {"sampling": "step", "channels": "bgr"},
    {"mixup": 0.2},
    {"freeze": {"layers": ["conv1"], "steps": 1}},
    {"optimizer": "sgd"},
    {"optimizer": "adagrad"},
    {"schedule": {"factor": 0.5, "every": 1}},
]


CASES = [("lenet", options) for options in OPTIONS]
CASES += [(name, OPTIONS[number]) for name in ("siamese", "denoising_autoencoder") for number in (0, 3, 4, 5, 6)]
CASES += [(name, OPTIONS[0]) for name in ("localiser", "rcnn", "fcn")]  # with boxes, with proposals, with masks


@pytest.mark.parametrize(
    ("name", "changes"), CASES, ids=lambda value: value if isinstance(value, str) else "_".join(value)
)
def test_no_step_waits_for_the_gpu(name, changes, protocol, data, tmp_path, monkeypatch):
    """With what a GPU would run: its own ways to crop and to mirror, and every copy there without a wait."""
    if "optimizer" in changes:
        own = {"name": changes["optimizer"], "momentum": 0.9 if changes["optimizer"] == "sgd" else 0.0}
        changes = {"optimizer": protocol["optimizer"] | own}
    if "freeze" in changes and name == "denoising_autoencoder":
        changes = {"freeze": {"layers": ["encoder"], "steps": 1}}
    protocol = protocol | {"model": name, "network": network_settings(name)[0]}
    waiting: list[str] = []
    drawn = []  # of the images of a minibatch: their places are in the main memory
    plain = torch.Tensor.to

    def to(self, *args, **kwargs):
        placed = isinstance(args[0] if args else kwargs.get("device"), torch.device | SimpleNamespace)
        if placed and not kwargs.get("non_blocking"):
            waiting.append("to")
        if placed and not isinstance(args[0], torch.device):
            return self
        return plain(self, *args, **kwargs)

    def watched(word: str):
        kept = getattr(torch.Tensor, word)

        def call(self, *args):
            if not any(self is one.index for one in drawn):
                waiting.append(word)
            return kept(self, *args)

        return call

    runs = list(built(protocol, data, tmp_path, **changes))
    assert runs
    for run in runs:
        draw = run.sampler.draw
        run.sampler.draw = lambda step, draw=draw: drawn.append(draw(step)) or drawn[-1]
        with monkeypatch.context() as patch:
            run.train_loader.images.device = SimpleNamespace(type="cuda")
            patch.setattr(
                batches, "mirror", lambda pixels, rows: batches.mirror_together(pixels, torch.from_numpy(rows))
            )
            patch.setattr(torch.Tensor, "to", to)
            for word in ("cpu", "item", "tolist", "numpy", "__bool__", "__float__", "__int__"):
                patch.setattr(torch.Tensor, word, watched(word))
            with second_step(run) as seen:
                pass
        assert not WAITS & set(seen.names)
        assert waiting == [], run.plan.protocol["objective"]


def test_cublas_is_told_before_cuda_starts():
    """Without the variable deterministic products of matrices fail; it is read when CUDA starts."""
    program = (
        "import sys, os, _command; "
        "print(os.environ['CUBLAS_WORKSPACE_CONFIG'], 'torch' in sys.modules, os.environ['OMP_NUM_THREADS'])"
    )
    environment = {key: value for key, value in os.environ.items() if key != "CUBLAS_WORKSPACE_CONFIG"}
    scripts = Path(__file__).resolve().parents[2] / "workflow/scripts"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=scripts, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [":4096:8", "False", "1"]


def test_every_script_imports_it_first():
    scripts = Path(__file__).resolve().parents[2] / "workflow/scripts"
    for script in scripts.glob("[!_]*.py"):
        lines = [line for line in script.read_text().splitlines() if line.startswith(("import ", "from "))]
        first = next(number for number, line in enumerate(lines) if line.startswith("import _command"))
        assert not [line for line in lines[:first] if "torch" in line or "revisit" in line], script.name


def test_products_in_float32_are_not_rounded_to_tf32():
    with deterministic():
        assert not torch.backends.cuda.matmul.allow_tf32
        assert not torch.backends.cudnn.allow_tf32
        assert not torch.backends.cudnn.benchmark
