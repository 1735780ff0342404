"""A training: one run, or a sweep of variants and replicates, from a prepared data set to networks and numbers.

Deterministic: the same settings and data on the same kind of machine give the same bytes, also when the training was
killed at any moment and started again.
"""

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import torch

from revisit import device as devices
from revisit import files
from revisit.data import arrays, provenance
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry
from revisit.training import batches, outputs, workers
from revisit.training.results import Result
from revisit.training.run import Common, Run

SAVE_EVERY = 20.0  # seconds between two resume states


def train(
    settings: dict[str, Any],
    data: Path,
    model: Path,
    resume: Path,
    start: Path | None = None,
    save_every: float = SAVE_EVERY,
) -> outputs.Outcome:
    """Train every run of an experiment, or go on with a training that was killed.

    The runs are every variant, with as many replicates as asked for, whose seeds count up from the protocol's. On
    CPUs they go side by side, one on a core (on Linux); on a GPU one after the other.

    Args:
        settings: the resolved settings of the experiment (`config.settings("train", name)`).
        data: the folder of the prepared data set.
        model: the folder to write weights, test scores, snapshots, events and `network.json` to: those of the
            first replicate of the variant `keep`. Below it, `replicates/<n>` holds the weights, scores and
            `network.json` of the others.
        resume: the folder of resume states and of finished runs, which outlives a kill; to be removed once the
            outputs are in place. TensorBoard can watch it meanwhile.
        start: the model folder of the weights to start from (a finetuning), whose normalisation is used, too, unless
            the protocol asks for another (`inputs`).
        save_every: seconds between two resume states.

    Raises:
        ArtifactError: the prepared data set or the starting weights are missing, damaged, or do not fit.
        ConfigError: settings that do not fit each other or the data.
        DeviceError: the device, or its memory, is not there.
    """
    device = devices.choose(settings["device"])
    protocols, keep = settings["runs"], settings["keep"]
    if keep not in protocols:
        raise ConfigError(f"keep: there is no variant {keep!r}; there are: {', '.join(protocols)}")
    with devices.deterministic():
        common = _common(arrays.load(data), start, device)
        sweep = _Sweep(settings, common, resume, save_every)
        if len(protocols) > 1:
            sweep.check()
        runs = [(variant, replicate) for variant in protocols for replicate in range(settings["replicates"])]
        if (count := workers.count(len(runs), device)) > 1:
            workers.side_by_side([partial(sweep.run, *run) for run in runs], count)  # each leaves its result
        results = [sweep.run(*run) for run in runs]
    kept = [result for result in results if result.variant == keep]  # replicates come in order
    origin = {"data": common.data.provenance, "weights": common.start_provenance}
    for result in kept:
        folder = registry.replicate(model, result.replicate)
        outputs.write(folder, settings["experiment"], common.data, origin, result)
    outputs.copy_folders(sweep.folder(keep, 0), model)
    return outputs.outcome(results, kept[0], origin)


class _Sweep:
    """The runs of an experiment."""

    def __init__(self, settings: dict[str, Any], common: Common, resume: Path, save_every: float) -> None:
        self._settings, self._common, self._resume, self._save_every = settings, common, resume, save_every

    def folder(self, variant: str, replicate: int) -> Path:
        """Of a run's resume state and result."""
        return self._resume / f"{variant}.{replicate}"

    def check(self) -> None:
        """Build every variant once: a mistake in the last one shows before the first one has trained for hours."""
        for variant in self._settings["runs"]:
            with self._memory_errors(variant):
                self._prepared(variant, 0)

    def run(self, variant: str, replicate: int) -> Result:
        """Train one run, or read what it left when it was finished before."""
        with self._memory_errors(variant):
            return self._prepared(variant, replicate).result(variant, replicate, self._save_every)

    def _memory_errors(self, variant: str) -> AbstractContextManager:
        size = self._settings["runs"][variant]["batch_size"]
        remedy = f"lower batch_size (now {size}), or end other programs that use the memory"
        return devices.memory_errors(self._common.device, remedy)

    def _prepared(self, variant: str, replicate: int) -> Run:
        settings = self._settings
        protocol = settings["runs"][variant]
        protocol = protocol | {"seed": protocol["seed"] + replicate}
        kept = variant == settings["keep"]
        title = f"training {settings['experiment']}"
        if len(settings["runs"]) * settings["replicates"] > 1:
            title += f" {variant} {replicate + 1}/{settings['replicates']}"
        try:
            return Run(self._common, protocol, kept, kept and not replicate, self.folder(variant, replicate), title)
        except ConfigError as error:
            where = (
                f"{settings['experiment']}, variant {variant}" if len(settings["runs"]) > 1 else settings["experiment"]
            )
            raise ConfigError(f"{where}: {error}") from error


def _common(data: arrays.Prepared, start: Path | None, device: torch.device) -> Common:
    """What all runs share: the images on the device, and where a finetuning starts."""
    statistics = inherited = None
    channels = "rgb"
    if start is not None:
        description = registry.describe(start)
        channels = description.get("channels", channels)
        statistics, inherited = _statistics(description, start), provenance.of_start(description)
        if len(statistics["mean"]) != data.shape[2]:
            raise ArtifactError(
                f"{start}: its network takes {len(statistics['mean'])} channels, but the images of {data.dataset} have "
                f"{data.shape[2]}; choose other starting weights (`weights`)"
            )
    with devices.memory_errors(device, "end other programs that use the memory"):
        return Common(
            data=data,
            train=batches.Images(data.train_images, data.train_labels, device),
            test=batches.Images(data.test_images, data.test_labels, device),
            start=start,
            start_statistics=statistics,
            start_channels=channels,
            start_provenance=inherited,
            digest=files.sha256(start / registry.WEIGHTS) if start and (start / registry.WEIGHTS).exists() else None,
            device=device,
        )


def _statistics(description: dict[str, Any], start: Path) -> dict[str, list[float]]:
    """The normalisation of the network that `description`, of the model folder `start`, describes."""
    try:
        return {key: [float(value) for value in description[key]] for key in ("mean", "std")}
    except (ValueError, TypeError, KeyError) as error:
        problem = f"{start / registry.DESCRIPTION}: damaged ({type(error).__name__}: {error})"
        raise ArtifactError(f"{problem}; {registry.remedy(start)}") from error
