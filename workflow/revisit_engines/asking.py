"""What a job asks a cluster for: time and memory, by the size of its work. Generous guesses, not measurements.

Time is that of the operations (`work`), times a factor; a job that ran out of either asks for twice as much. The rules
of `workflow/rules/` say which jobs ask here; the others are small, and ask for what the profile says.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from revisit.params.resolve import settings_of
from revisit.params.schema import Params
from revisit_engines import work

SAFETY = 3  # times what is counted: slower cores, what is beside the operations
LEAST = 15  # minutes, for the start of a job on a slow file system
MANY = 10_000  # images, where only the files know
FASTER = 100.0  # a GPU than a core, a third of what docs/gpu.md assumes
STEP_ON_GPU = 0.02  # seconds, at least
PREPARED = 0.3e-6  # seconds a pixel of an image that is decoded and resized
SEARCHED = 0.075 / 128**2  # seconds a pixel of an image in which regions are searched: docs/scales.md
PASSES = {"extract": 2, "inspect": 20, "detect": 2, "segment": 2, "code": 4, "costs": 2}  # over all images: guesses
EACH = 2000  # MB of a process with PyTorch
ON_GPU = 6000  # MB of one with CUDA
BESIDE = 500  # MB of each run beside the first, which shares the rest
PER_PARAMETER = 16  # bytes: weights, gradients, two moments
PER_VALUE = 8  # bytes: what a layer gives, and its gradient
BATCH = 16  # images that an analysis passes through a network at a time: a guess
ROOM = 1.5  # times the memory that is counted
Ask = tuple[float, float]  # seconds, MB


class Asking:
    """What the jobs of `params` ask for.

    Args:
        params: of params.yaml.
        on_gpu: whether trainings and analyses of networks compute on a GPU.
        longest: minutes that no job may ask for more than.
        largest: MB, likewise.
    """

    def __init__(self, params: Params, on_gpu: bool, longest: int, largest: int) -> None:
        self._params, self._on_gpu, self._longest, self._largest = params, on_gpu, longest, largest
        self._data = cache(self._data_of)

    def minutes(self, kind: str, name: str, cores: int, attempt: int) -> int:
        """For the stage `kind` of `name` on so many cores: rounded up to 5, doubled with each further attempt."""
        seconds, _ = self._job(kind, name, cores)
        first = max(LEAST, 5 * math.ceil(SAFETY * seconds / 60 / 5))
        return int(min(first * 2 ** (attempt - 1), self._longest))

    def megabytes(self, kind: str, name: str, cores: int, attempt: int) -> int:
        """Likewise, rounded up to 500."""
        _, megabytes = self._job(kind, name, cores)
        return int(min(500 * math.ceil(ROOM * megabytes / 500) * 2 ** (attempt - 1), self._largest))

    def _job(self, kind: str, name: str, cores: int) -> Ask:
        if kind in ("train", "finetune", "pretrain"):
            return self._training(kind, name, cores)
        if kind in PASSES:
            return self._analysis(kind, name)
        data = self._data(name)
        pixels = (data["train"] + data["test"]) * work.side_of(data) ** 2
        seconds = pixels * (SEARCHED if kind == "propose" else PREPARED)
        return seconds, EACH + _stored(data) / (1 if kind == "propose" else 10)

    def _data_of(self, name: str) -> dict[str, Any]:
        """The settings of the images behind a data set or proposals, with how many of these an image has."""
        data = settings_of(self._params, "prepare", self._params.data_of(name))
        counts = {split: data[split] or MANY for split in ("train", "test")}
        proposals = self._params.proposals.get(name)
        return {**data, **counts, "proposals": proposals.count if proposals else 0}

    def _training(self, kind: str, name: str, cores: int) -> Ask:
        settings = settings_of(self._params, kind, name)
        training = settings.get("training") if kind == "pretrain" else settings
        if not training:  # weights from elsewhere
            return 0.0, EACH
        data, at_once = self._data(training["dataset"]), 1 if self._on_gpu else max(cores, 1)
        replicates, runs = training["replicates"], [self._run(run, data) for run in training["runs"].values()]
        longest, whole = max(seconds for seconds, _ in runs), replicates * sum(seconds for seconds, _ in runs)
        beside = min(at_once, replicates * len(runs))
        each = max(megabytes for _, megabytes in runs)
        return max(whole / beside, longest), self._process() + _stored(data) + beside * each + (beside - 1) * BESIDE

    def _run(self, protocol: dict[str, Any], data: dict[str, Any]) -> Ask:
        counted = work.looked_up(protocol["model"], protocol["network"], work.seen_side(protocol, data))
        seconds = work.seconds(counted.network, protocol, data, data["proposals"])
        if self._on_gpu:
            return max(seconds / FASTER, STEP_ON_GPU * work.steps_of(protocol, data)), 0.0
        regions = work.learnt(protocol) if data["proposals"] else 0
        values = work.images_of(protocol) * (counted.values + regions * counted.region_values)
        parameters = counted.network.parameters + (counted.network.trunk.parameters if counted.network.trunk else 0)
        return seconds, (PER_PARAMETER * parameters + PER_VALUE * values) / 1e6

    def _analysis(self, kind: str, name: str) -> Ask:
        model, network = self._params.network_of(name)
        data = self._data((self._params.experiments.get(name) or self._params.finetunings[name]).dataset)
        counted = work.looked_up(model, network, work.side_of(data))
        passed = sum(
            part.of(data["proposals"]) / work.SLOWER.get(model, work.RATE)
            for part in (counted.network, counted.network.trunk)
            if part
        )
        seconds = PASSES[kind] * (data["train"] + data["test"]) * passed
        megabytes = self._process() + _stored(data) + counted.values * BATCH * 4 / 1e6
        return seconds / (FASTER if self._on_gpu else 1), megabytes

    def _process(self) -> int:
        return ON_GPU if self._on_gpu else EACH


def _stored(data: dict[str, Any]) -> float:
    """MB of the images of a prepared data set."""
    return float((data["train"] + data["test"]) * work.side_of(data) ** 2 * (1 if data["format"] == "idx" else 3) / 1e6)


def of_rule(asking: Asking, kind: str, amount: str, cores: Callable[[Any], int]) -> Callable[..., int]:
    """A resource of a rule: what `asking` says of the stage that its wildcards name, `amount` a method of that."""

    def asked(wildcards: Any, attempt: int) -> int:
        (name,) = wildcards
        return int(getattr(asking, amount)(kind, name, cores(wildcards), attempt))

    return asked
