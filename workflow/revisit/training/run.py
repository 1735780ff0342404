"""One run: a network, its data and its protocol, and the loop over the steps."""

import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from revisit import progress
from revisit.data import arrays, tensors
from revisit.errors import ConfigError
from revisit.models import registry, weights
from revisit.tasks import registry as tasks
from revisit.training import batches, events, freezing, graphs, mixup, operations, optimizers, state
from revisit.training.checkpoint import Checkpoint
from revisit.training.criterion import Criterion
from revisit.training.history import History
from revisit.training.randomness import Purpose, generator
from revisit.training.results import Result
from revisit.training.snapshots import Snapshots

CHECK_EVERY = 50  # steps between two looks at the loss: on a GPU, looking means waiting
WITH_WEIGHTS = (nn.Conv2d, nn.Linear)  # what papers count as the layers of a network
SHOWN = 64  # input images in the TensorBoard grid


@dataclass(frozen=True)
class Common:
    """What all runs of a sweep share.

    Attributes:
        data: the prepared data set.
        train: its training images on the device.
        test: its test images on the device.
        start: the model folder of the starting weights, or None.
        start_statistics: `mean` and `std` of each channel that the starting weights were trained with, or None.
        start_channels: the order of the channels that they were trained with.
        start_provenance: whose they are (`revisit.data.provenance`), or None.
        digest: the SHA-256 of these weights.
        device: where everything is computed.
    """

    data: arrays.Prepared
    train: batches.Images
    test: batches.Images
    start: Path | None
    start_statistics: dict[str, list[float]] | None
    start_channels: str
    start_provenance: str | None
    digest: str | None
    device: torch.device


class Run:
    """One run of a sweep.

    Args:
        common: see there.
        protocol: its settings, with its own seed.
        kept: whether its network is one that the sweep leaves behind.
        logged: whether it writes snapshots and TensorBoard events.
        folder: of its resume state, snapshots, events and result.
        title: for the progress bar.

    Raises:
        ArtifactError: the starting weights do not fit.
        ConfigError: settings that do not fit each other, the network or the data.
    """

    def __init__(
        self, common: Common, protocol: dict[str, Any], kept: bool, logged: bool, folder: Path, title: str
    ) -> None:
        self.common, self.protocol, self.folder, self.title = common, protocol, folder, title
        self.kept, self.logged = kept, logged
        self.diverged = False
        self.scores: torch.Tensor | None = None
        self._set_up_data()
        self._set_up_network()
        parts = {"protocol": protocol, "kept": [kept, logged], "data": common.data.sha256, "start": common.digest}
        parts |= {"statistics": self.statistics, "channels": self.channels, "backend": self.graph.backend}
        key = state.key(parts, common.device)
        self.checkpoint = Checkpoint(folder, key, self.network, self.optimizer, self.history, common.device)

    def _set_up_data(self) -> None:
        common, protocol = self.common, self.protocol
        seed, size = protocol["seed"], protocol["batch_size"]
        self.task = tasks.build(protocol["objective"], common.data.label_kind, common.data.dataset)
        known = self.task.facts
        name = protocol["objective"]["name"]
        if protocol["mixup"] is not None and not known.mixes:
            raise ConfigError(f"mixup: {name} has no labels to mix; leave mixup out")
        if protocol["sampling"] not in known.samplings:
            raise ConfigError(f"sampling: {name} draws its batches anew at every step by itself; leave sampling out")
        self.steps_per_epoch = batches.steps_per_epoch(len(common.train), size)
        self.unit, per = ("epoch", self.steps_per_epoch) if protocol["epochs"] else ("step", 1)
        self.steps = (protocol["epochs"] or protocol["steps"]) * per
        self.read_at = {moment * per for moment in protocol["read_at"]} | {self.steps}
        moments = protocol["snapshots"] if self.logged else []
        self.snapshots = Snapshots(self.folder / "snapshots", self.unit, per, moments)

        self.statistics = self._statistics()
        self.channels = protocol["channels"] or common.start_channels
        if self.channels != "rgb" and not known.reorders:
            raise ConfigError(f"channels: {name} compares with the image itself, in its own order; leave channels out")
        inputs = tensors.Inputs(**self.statistics, device=common.device, crop=protocol["crop"], channels=self.channels)
        self.train_feed = batches.Feed(common.train, inputs, protocol["crop"], protocol["flip"], seed)
        self.test_feed = batches.Feed(common.test, inputs, protocol["crop"], False, seed)
        self.sampler = self.task.sampler(self.train_feed, size, seed, protocol["sampling"])
        # Numbers of the training set are read on images that training draws from, always the same ones: as many as
        # the test set has, or all of them where there are fewer.
        drawn_from = self.task.drawn_from(len(common.train))
        subset = generator(Purpose.SUBSET, seed).permutation(drawn_from)[: len(common.test)]
        self.subset = torch.from_numpy(np.sort(subset)).to(common.device)
        self.whole_test = torch.arange(len(common.test), device=common.device)
        self.history = History(
            self.steps, self.steps_per_epoch, common.device, known.metric, known.stepwise, known.beside
        )

    def _statistics(self) -> dict[str, list[float]]:
        """How inputs are normalised: as the protocol says, else as the starting weights were trained."""
        asked, data, started = self.protocol["inputs"], self.common.data, self.common.start_statistics
        if asked is None and started is not None:
            return started
        return tensors.normalisation(asked or "standardised", data.mean, data.std)

    def _set_up_network(self) -> None:
        protocol, data, device = self.protocol, self.common.data, self.common.device
        torch.manual_seed(protocol["seed"])  # the initial weights are drawn on the CPU: the same on every device
        shape = (*tensors.cropped(self.common.train.size, protocol["crop"]), data.shape[2])
        network = registry.build(protocol["model"], shape, len(data.classes), protocol["network"])
        self.fresh_layers = weights.start(network, self.common.start) if self.common.start else None
        # Measured: a step takes up to two fifths less time on a CPU; on a GPU tensor cores want it.
        self.network = network.to(device, memory_format=torch.channels_last)
        self.optimizer = optimizers.build(protocol["optimizer"], self.network)
        self.freezing = freezing.Freezing(self.network, protocol["freeze"])
        self.criterion = Criterion(self.network, self.task, protocol["mixup"] is not None, device)
        self._check_output((shape[2], *shape[:2]), len(data.classes))
        self.graph = graphs.capture(self.criterion.measure, protocol["graph"], protocol["backend"], device)

    def _check_output(self, image: tuple[int, int, int], classes: int) -> None:
        """An image goes through the network: a mistake in the settings shows before the first step."""
        self.network.eval()
        with torch.inference_mode():
            one = self.test_feed.inputs(self.test_feed.evaluation(self.whole_test[:1]))
            output, self.operations = operations.counted(lambda: self.criterion.predict(one))
        if wanted := self.task.fits(tuple(output.shape[1:]), image, classes):
            raise ConfigError(
                f"model: {self.protocol['model']} does not fit the objective {self.protocol['objective']['name']}, "
                f"which needs {wanted}"
            )

    def result(self, variant: str, replicate: int, save_every: float) -> Result:
        """The finished run: what waits in its folder, or all steps from where a killed run left off.

        Args:
            variant: its name in the sweep.
            replicate: counted from 0.
            save_every: seconds between two resume states.
        """
        content = self.checkpoint.finished(self._files_present)
        if content is None:
            content = self._go(save_every)
            self.checkpoint.finish(content)
        self.history.load_state_dict(content["history"])
        facts = {
            "graph_backend": self.graph.backend,
            "graph_note": self.graph.note,
            "device": self.common.device.type,
            "parameters": sum(parameter.numel() for parameter in self.network.parameters()),
            "operations": self.operations,  # of a forward pass on one image
            "layers": sum(isinstance(layer, WITH_WEIGHTS) for layer in self.network.modules()),
            "fresh_layers": self.fresh_layers,
            "diverged": content["diverged"],
        }
        return Result(
            variant=variant,
            replicate=replicate,
            protocol=self.protocol,
            history=self.history,
            metric=self.task.facts.metric,
            steps_per_epoch=self.steps_per_epoch,
            facts=facts,
            statistics=self.statistics,
            channels=self.channels,
            weights=content["network"],
            scores=content["scores"],
        )

    def _go(self, save_every: float) -> dict[str, Any]:
        """All steps; returns what to keep of them."""
        written = self.checkpoint.restore(self._files_present)
        next_save = time.monotonic() + save_every
        log_file = events.EventFile(self.folder / "events", written) if self.logged else nullcontext()
        with log_file as log, progress.bar(self.steps, self.title, "step", self.history.step) as bar:
            if self.history.step == 0:
                self._begin(log)
            for step in range(self.history.step + 1, self.steps + 1):
                self._step(step)
                evaluate = step % self.protocol["evaluate_every"] == 0 or step in self.read_at
                if (evaluate or step % CHECK_EVERY == 0) and (first := self.history.first_divergence()):
                    self.history.cut(first)
                    self.diverged = True
                    self._log_steps(log)
                    bar.write(f"note: the loss is not finite at step {first}; this run stops", file=sys.stderr)
                    break
                if evaluate:
                    self._evaluate(log)
                self.snapshots.write(step, self.network)
                bar.update(1)
                if step < self.steps and time.monotonic() >= next_save:
                    next_save = self.checkpoint.save(log.length() if log else 0) + save_every
            length = log.length() if log else 0
        return {
            "history": self.history.state_dict(),
            "events": length,
            "diverged": self.diverged,
            "network": self.network.state_dict() if self.kept else None,
            "scores": self._test_scores() if self.kept and self.task.facts.scored else None,
        }

    def _begin(self, log: events.EventFile | None) -> None:
        if log:
            index = self.sampler.draw(1).index
            pixels = self.train_feed.training(index, self.train_feed.augmentation(1, len(index)))
            log.images(0, "inputs", pixels[:SHOWN].cpu().numpy())
        self.snapshots.write(0, self.network)
        if 0 in self.read_at:
            self._evaluate(log)

    def _step(self, step: int) -> None:
        rate = optimizers.learning_rate(self.protocol["optimizer"]["lr"], self.protocol["schedule"], step - 1)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.freezing.train(step)
        inputs, targets = self._minibatch(step)
        self.optimizer.zero_grad()  # not after the step: evaluations look at the gradients
        values = self.graph.call(inputs, *targets)
        values[0].backward()
        self.optimizer.step()
        self.history.record(rate, *(value.detach() for value in values))

    def _minibatch(self, step: int) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        draw = self.sampler.draw(step)
        seen = self.train_feed.augmentation(step, len(draw.index))
        pixels = self.train_feed.training(draw.index, seen)
        inputs, targets = self.train_feed.inputs(pixels), self.task.targets(self.train_feed, draw, seen, pixels)
        if (alpha := self.protocol["mixup"]) is not None:
            return mixup.mix(inputs, targets, alpha, self.protocol["seed"], step)
        return inputs, targets

    def _evaluate(self, log: events.EventFile | None) -> None:
        """Loss and metric on the test set and on as many training images, into history and events."""
        size, known = self.protocol["batch_size"], self.task.facts
        self.network.eval()
        with torch.inference_mode():
            train = self.task.evaluate(self.criterion.predict, self.train_feed, self.subset, size)
            test = self.task.evaluate(self.criterion.predict, self.test_feed, self.whole_test, size)
        self.scores = test.scores
        values = {"train_loss": train.loss, "test_loss": test.loss}
        if known.metric:
            values |= {f"train_{known.metric}": train.metric, f"test_{known.metric}": test.metric}
        for name, own, unseen in zip(known.beside, train.beside, test.beside, strict=True):
            values |= {f"train_{name}": own, f"test_{name}": unseen}
        self._log_steps(log)
        self.history.evaluated(values)
        if log:
            shown = {f"test/{name}": values[f"test_{name}"] for name in ("loss", known.metric) if name}
            log.scalars(self.history.step, shown)
            for name, parameter in self.network.named_parameters():
                if parameter.grad is not None:
                    log.histogram(self.history.step, f"gradients/{name}", parameter.grad)

    def _log_steps(self, log: events.EventFile | None) -> None:
        """The steps since the last evaluation, into the events."""
        before = self.history.evaluations[-1]["step"] if self.history.evaluations else 0
        for step, values in self.history.steps_since(before) if log else ():
            log.scalars(step, {f"train/{name}": value for name, value in values.items()})

    def _test_scores(self) -> torch.Tensor:
        """The outputs for the test set; of a run that diverged zeros: such a network has no opinion."""
        if self.diverged:
            return torch.zeros(len(self.common.test), len(self.common.data.classes))
        return self.scores

    def _files_present(self, content: dict[str, Any]) -> bool:
        """Whether the snapshots and events that belong to a resume state, or to a result, are there."""
        log = self.folder / "events" / events.NAME
        logged = not self.logged or (log.exists() and log.stat().st_size >= content["events"])
        # a run that diverged stopped before the snapshots that fell due after its last check
        return logged and (content.get("diverged", False) or self.snapshots.present(len(content["history"]["values"])))
