"""A training: one run, or a sweep of variants and replicates, from a prepared data set to networks and numbers.

Deterministic: the same settings and data on the same kind of machine give the same bytes, also when the training was
killed at any moment and started again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from revisit import device as devices
from revisit import files
from revisit.data import arrays, provenance
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry
from revisit.training import outputs, pause, workers
from revisit.training.plan import Common, Plan
from revisit.training.results import Result
from revisit.training.run import Run, Splits, splits

if TYPE_CHECKING:
    from revisit.training.settings import Protocol, Train

SAVE_EVERY = 20.0  # seconds between two resume states


def train(
    settings: "Train",
    data: Path,
    model: Path,
    resume: Path,
    code: dict[str, str],
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
            `network.json` of the others. With `keep_all`, weights and `network.json` of the other variants lie beside
            those of the same replicate, in `variants/<variant>`.
        resume: the folder of resume states and of finished runs, which outlives a kill; to be removed once the
            outputs are in place. TensorBoard can watch it meanwhile.
        code: the files of the code, and their SHA-256 (`config.code("train", name)`): what lies in `resume` is used
            only by the code that left it.
        start: the model folder of the weights to start from (a finetuning), whose normalisation is used, too, unless
            the protocol asks for another (`inputs`).
        save_every: seconds between two resume states.

    Raises:
        ArtifactError: the prepared data set or the starting weights are missing, damaged, or do not fit.
        ConfigError: settings that do not fit each other or the data.
        DeviceError: the device, or its memory, is not there.
        Paused: it is time to stop (`pause`) before the end.
    """
    device = devices.choose(settings["device"])
    keep = settings["keep"]
    if keep not in settings["runs"]:
        raise ConfigError(f"keep: there is no variant {keep!r}; there are: {', '.join(settings['runs'])}")
    with devices.deterministic():
        common = _common(arrays.load(data), start, code, device)
        sweep = _Sweep(settings, common, resume, save_every)
        results = sweep.results()
    kept = [result for result in results if result.variant == keep]  # replicates come in order
    origin = {"data": common.data.provenance, "weights": common.start_provenance}
    for result in results:
        folder = registry.replicate(model, result.replicate)
        if result.variant == keep:
            outputs.write(folder, settings["experiment"], common.data, origin, result)
        elif result.weights is not None:
            own = replace(result, scores=None)  # nothing reads those of the others
            outputs.write(registry.variant(folder, own.variant), settings["experiment"], common.data, origin, own)
    first = sweep.folder(keep, 0)
    outputs.copy_folders(first, model)
    events = outputs.logged(first, kept[0], common.data.shape)
    return outputs.outcome(results, kept[0], origin, events, common.data.left_out)


def first_losses(settings: "Train", data: Path, folder: Path, start: Path | None, steps: int) -> list[float]:
    """The losses of the first minibatches of the kept variant's first seed, at most `steps`; nothing is evaluated.

    `folder` stays empty. The other arguments, and errors, as in `train`.
    """
    device = devices.choose(settings["device"])
    with devices.deterministic():
        common = _common(arrays.load(data), start, {}, device)
        sweep = _Sweep(settings, common, folder, SAVE_EVERY)
        return sweep.first_losses(settings["keep"], steps)


class _Sweep:
    """The runs of an experiment."""

    def __init__(self, settings: "Train", common: Common, resume: Path, save_every: float) -> None:
        self._settings, self._common, self._resume, self._save_every = settings, common, resume, save_every

    def folder(self, variant: str, replicate: int) -> Path:
        """Of a run's resume state and result."""
        return self._resume / f"{variant}.{replicate}"

    def results(self) -> list[Result]:
        """Of every run, in order: of those that were finished before, and of the others, which are trained."""
        replicates = range(self._settings["replicates"])
        plans = [self._plan(variant, replicate) for variant in self._settings["runs"] for replicate in replicates]
        left = {plan: content for plan in plans if (content := plan.finished()) is not None}
        if waiting := [plan for plan in plans if plan not in left]:
            left |= self._trained(waiting)
        return [plan.result(left[plan]) for plan in plans]

    def first_losses(self, variant: str, steps: int) -> list[float]:
        """The losses of the first minibatches of a variant's first seed."""
        plan = self._plan(variant, 0)
        with self._told(variant):
            return Run(plan, splits(self._common.data, self._common.device)).first_losses(steps)

    def _plan(self, variant: str, replicate: int) -> Plan:
        settings, folder = self._settings, self.folder(variant, replicate)
        protocol: Protocol = {**settings["runs"][variant]}
        protocol["seed"] += replicate
        title = f"training {settings['experiment']}"
        if len(settings["runs"]) * settings["replicates"] > 1:
            title += f" {variant} {replicate + 1}/{settings['replicates']}"
        with self._told(variant):
            kept, beside = variant == settings["keep"], settings.get("keep_all", False)
            return Plan(self._common, protocol, variant, replicate, kept, folder, title, beside)

    def _trained(self, plans: list[Plan]) -> dict[Plan, dict[str, Any]]:
        """What each of these runs leaves."""
        device = self._common.device
        with devices.memory_errors(device, "end other programs that use the memory"):
            images = splits(self._common.data, device)
        if len(self._settings["runs"]) > 1:
            # Every variant is built once: a mistake in the last one shows before the first one has trained for hours.
            for plan in {plan.variant: plan for plan in plans}.values():
                with self._told(plan.variant):
                    Run(plan, images)
        if (count := workers.count(len(plans), device)) > 1:
            workers.side_by_side([partial(self._go, plan, images) for plan in plans], count)
            return {plan: plan.finished() or self._go(plan, images) for plan in plans}  # each has left its result
        return {plan: self._go(plan, images) for plan in plans}

    def _go(self, plan: Plan, images: Splits) -> dict[str, Any]:
        if pause.due():
            raise pause.Paused
        with self._told(plan.variant):
            return Run(plan, images).go(self._save_every)

    @contextmanager
    def _told(self, variant: str) -> Iterator[None]:
        """What goes wrong inside is told with the name of the variant, out of memory with its remedy."""
        settings, size = self._settings, self._settings["runs"][variant]["batch_size"]
        remedy = f"lower batch_size (now {size}), or end other programs that use the memory"
        try:
            with devices.memory_errors(self._common.device, remedy):
                yield
        except ConfigError as error:
            where = f", variant {variant}" if len(settings["runs"]) > 1 else ""
            raise ConfigError(f"{settings['experiment']}{where}: {error}") from error


def _common(data: arrays.Prepared, start: Path | None, code: dict[str, str], device: torch.device) -> Common:
    """What all runs share: their data, and where a finetuning starts."""
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
    return Common(
        data=data,
        start=start,
        start_statistics=statistics,
        start_channels=channels,
        start_provenance=inherited,
        digest=files.sha256(start / registry.WEIGHTS) if start and (start / registry.WEIGHTS).exists() else None,
        code=code,
        device=device,
    )


def _statistics(description: dict[str, Any], start: Path) -> dict[str, list[float]]:
    """The normalisation of the network that `description`, of the model folder `start`, describes."""
    try:
        return {key: [float(value) for value in description[key]] for key in ("mean", "std")}
    except (ValueError, TypeError, KeyError) as error:
        problem = f"{start / registry.DESCRIPTION}: damaged ({type(error).__name__}: {error})"
        raise ArtifactError(f"{problem}; {registry.remedy(start)}") from error
