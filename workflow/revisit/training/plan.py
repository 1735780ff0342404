"""What a run is to do, known without a network: its settings, its lengths, and the key of what it leaves.

A plan costs next to nothing: it touches neither the images nor the device, and reads a finished run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from revisit.data import arrays, tensors
from revisit.errors import ConfigError
from revisit.tasks import registry as tasks
from revisit.training import batches, graphs, state, tensorboard
from revisit.training.history import History
from revisit.training.results import Result
from revisit.training.snapshots import Snapshots

if TYPE_CHECKING:
    from revisit.training.settings import Protocol


MOMENTS = 5  # at which the events show inputs, at most


@dataclass(frozen=True)
class Common:
    """What all runs of a sweep share.

    Attributes:
        data: the prepared data set.
        start: the model folder of the starting weights, or None.
        start_statistics: `mean` and `std` of each channel that the starting weights were trained with, or None.
        start_channels: the order of the channels that they were trained with.
        start_provenance: whose they are (`revisit.data.provenance`), or None.
        digest: the SHA-256 of these weights.
        code: the files of the code, and their SHA-256.
        device: where everything is computed.
    """

    data: arrays.Prepared
    start: Path | None
    start_statistics: dict[str, list[float]] | None
    start_channels: str
    start_provenance: str | None
    digest: str | None
    code: dict[str, str]
    device: torch.device


class Plan:
    """One run of a sweep, before anything is built.

    Args:
        common: see there.
        protocol: its settings, with its own seed.
        variant: its name in the sweep.
        replicate: counted from 0.
        kept: whether its network is one that the sweep leaves behind; the first replicate's run then also writes
            snapshots and TensorBoard events.
        folder: of its resume state, snapshots, events and result.
        title: for the progress bar.
        beside: whether the sweep leaves its network behind all the same, without snapshots and events, for looks that
            compare variants.

    Raises:
        ConfigError: settings that do not fit each other or the data.
        DeviceError: what is to run its graph cannot work on the device.
    """

    def __init__(
        self,
        common: Common,
        protocol: "Protocol",
        variant: str,
        replicate: int,
        kept: bool,
        folder: Path,
        title: str,
        beside: bool = False,
    ) -> None:
        self.common, self.protocol, self.folder, self.title = common, protocol, folder, title
        self.variant, self.replicate = variant, replicate
        self.kept, self.logged = kept or beside, kept and not replicate
        self.task = tasks.build(
            protocol["objective"], common.data.label_kind, common.data.dataset, common.data.object_kind
        )
        self.steps_per_epoch = batches.steps_per_epoch(len(common.data.train_labels), protocol["batch_size"])
        unit, per = ("epoch", self.steps_per_epoch) if protocol["epochs"] else ("step", 1)
        self.steps = (protocol["epochs"] or protocol["steps"] or 0) * per
        self.read_at = {moment * per for moment in protocol["read_at"]} | {self.steps}
        self.shown_at = moments(self.steps, protocol["evaluate_every"], self.read_at) if self.logged else set()
        self.snapshots = Snapshots(folder / "snapshots", unit, per, protocol["snapshots"] if self.logged else [])
        self.statistics = self._statistics()
        self.channels = protocol["channels"] or common.start_channels
        self._check()
        self.graph = graphs.choose(protocol["graph"], protocol["backend"], common.device)
        parts: dict[str, Any] = {"protocol": protocol, "kept": [self.kept, self.logged], "data": common.data.sha256}
        parts |= {"start": common.digest, "backend": self.graph.backend}
        parts |= {"statistics": self.statistics, "channels": self.channels}
        self.key = state.key(parts | {"code": common.code}, common.device)

    def _statistics(self) -> dict[str, list[float]]:
        """How inputs are normalised: as the protocol says, else as the starting weights were trained."""
        asked, data, started = self.protocol["inputs"], self.common.data, self.common.start_statistics
        if asked is None and started is not None:
            return started
        return tensors.normalisation(asked or "standardised", data.mean, data.std)

    def _check(self) -> None:
        """Raise ConfigError where the protocol asks for what its task does not do."""
        name, known = self.protocol["objective"]["name"], self.task.facts
        if self.protocol["mixup"] is not None and not known.mixes:
            raise ConfigError(f"mixup: {name} has no labels to mix; leave mixup out")
        if self.protocol["sampling"] not in known.samplings:
            raise ConfigError(f"sampling: {name} draws its batches anew at every step by itself; leave sampling out")
        if self.channels != "rgb" and not known.reorders:
            raise ConfigError(f"channels: {name} compares with the image itself, in its own order; leave channels out")

    def history(self, device: torch.device) -> History:
        """Its history, still without rows, on `device`."""
        known = self.task.facts
        return History(self.steps, self.steps_per_epoch, device, known.metric, known.stepwise, known.beside)

    def complete(self, content: dict[str, Any]) -> bool:
        """Whether the snapshots and events that belong to a resume state, or to a result, are there."""
        log = self.folder / "events" / tensorboard.NAME
        logged = not self.logged or (log.exists() and log.stat().st_size >= content["events"])
        # a run that diverged stopped before the snapshots that fell due after its last check
        return logged and (content.get("diverged", False) or self.snapshots.present(len(content["history"]["values"])))

    def finished(self) -> dict[str, Any] | None:
        """What the run left when it was finished (`Run.go`); None where it was not, or its files are not all there."""
        content = state.load(self.folder, self.key, state.RESULT)
        return content if content is not None and self.complete(content) else None

    def result(self, content: dict[str, Any]) -> Result:
        """What the run has to say, by what it left."""
        history = self.history(torch.device("cpu"))
        history.load_state_dict(content["history"])
        return Result(
            variant=self.variant,
            replicate=self.replicate,
            protocol=self.protocol,
            history=history,
            metric=self.task.facts.metric,
            steps_per_epoch=self.steps_per_epoch,
            facts=content["facts"] | {"diverged": content["diverged"]},
            statistics=self.statistics,
            channels=self.channels,
            weights=content["network"],
            scores=content["scores"],
        )


def moments(steps: int, every: int, also: Iterable[int]) -> set[int]:
    """The steps at which events show inputs: the first, and evenly spaced evaluations, the last one among them.

    `MOMENTS` of them, fewer where there are fewer evaluations: every `every` of `steps` steps, and at `also`.
    """
    evaluations = sorted({*range(every, steps + 1, every), *(step for step in also if step <= steps)} - {0, 1})
    spaced = MOMENTS - 1
    places = range(1, spaced + 1) if len(evaluations) > spaced else ()
    chosen = [evaluations[place * len(evaluations) // spaced - 1] for place in places] or evaluations
    return {1, *chosen}
