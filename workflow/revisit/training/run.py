"""One run: a network, its data and its protocol, and the loop over the steps."""

import inspect
import sys
import time
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from revisit import progress
from revisit.data import arrays, tensors
from revisit.errors import ConfigError
from revisit.models import registry, weights
from revisit.models.parts import trunk
from revisit.training import batches, flops, freezing, graphs, mixup, optimizers, pause, tensorboard
from revisit.training.checkpoint import Checkpoint
from revisit.training.criterion import Criterion
from revisit.training.objects import ObjectsOnDevice
from revisit.training.plan import Plan
from revisit.training.randomness import Purpose, generator

CHECK_EVERY = 50  # steps between two looks at the loss: on a GPU, looking means waiting
WITH_WEIGHTS = (nn.Conv2d, nn.Linear)  # what papers count as the layers of a network
SHOWN = 64  # input images in the TensorBoard grid


class Splits(NamedTuple):
    """The images of a data set on the device."""

    train: batches.Images
    test: batches.Images


def splits(data: arrays.Prepared, device: torch.device) -> Splits:
    """The images of `data` on `device`, for all runs of a sweep."""

    def images(split: str) -> batches.Images:
        known = data.objects(split)
        objects = None if known is None else ObjectsOnDevice(known, data.shape[:2], device)
        return batches.Images(data.images(split), data.labels(split), device, objects=objects)

    return Splits(*map(images, Splits._fields))


class Run:
    """One run of a sweep, with all that it needs.

    Args:
        plan: what it is to do.
        images: of the data set of the plan, on its device.

    Raises:
        ArtifactError: the starting weights do not fit.
        ConfigError: settings that do not fit the network or the data.
    """

    def __init__(self, plan: Plan, images: Splits) -> None:
        self.plan, self.diverged = plan, False
        self.scores: torch.Tensor | None = None
        self._set_up_data(images)
        self._set_up_network()
        device = plan.common.device
        self.checkpoint = Checkpoint(plan.folder, plan.key, self.network, self.optimizer, self.history, device)

    def _set_up_data(self, images: Splits) -> None:
        plan, protocol, device = self.plan, self.plan.protocol, self.plan.common.device
        seed, crop = protocol["seed"], protocol["crop"]
        preprocessing = tensors.Preprocessing(**plan.statistics, device=device, crop=crop, channels=plan.channels)
        self.train_loader = batches.BatchLoader(images.train, preprocessing, crop, protocol["flip"], seed)
        self.test_loader = batches.BatchLoader(images.test, preprocessing, crop, False, seed)
        self.sampler = plan.task.sampler(self.train_loader, protocol["batch_size"], seed, protocol["sampling"])
        # Numbers of the training set are read on images that training draws from, always the same ones: as many as
        # the test set has, or all of them where there are fewer.
        drawn_from = plan.task.drawn_from(len(images.train))
        subset = generator(Purpose.SUBSET, seed).permutation(drawn_from)[: len(images.test)]
        self.subset = torch.from_numpy(np.sort(subset)).to(device)
        self.whole_test = torch.arange(len(images.test), device=device)
        self.history = plan.history(device)

    def _set_up_network(self) -> None:
        protocol, common = self.plan.protocol, self.plan.common
        torch.manual_seed(protocol["seed"])  # the initial weights are drawn on the CPU: the same on every device
        shape = (*tensors.cropped(common.data.shape[:2], protocol["crop"]), common.data.shape[2])
        network = registry.build(protocol["model"], shape, len(common.data.classes), protocol["network"])
        self.fresh_layers = weights.start(network, common.start) if common.start else None
        # Measured: a step takes up to two fifths less time on a CPU; on a GPU tensor cores want it.
        self.network = network.to(common.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = optimizers.build(protocol["optimizer"], self.network)
        self.freezing = freezing.Freezing(self.network, protocol["freeze"])
        if self._trunk_repeats():
            trunk.remember(self.network)
        self.criterion = Criterion(self.network, self.plan.task, protocol["mixup"] is not None, common.device)
        self._check_output((shape[2], *shape[:2]), len(common.data.classes))
        self.measure = graphs.capture(self.criterion.measure, self.plan.graph.backend)

    def _trunk_repeats(self) -> bool:
        """Whether the network's fixed layers would compute the same in each epoch, and take long enough to be told so.

        A GPU is faster than a look at the pixels.
        """
        eager, on_cpu = self.plan.protocol["graph"] == "dynamic", self.plan.common.device.type == "cpu"
        return eager and on_cpu and self.freezing.always("features") and self.train_loader.repeats

    def _check_output(self, image: tuple[int, int, int], classes: int) -> None:
        """An image goes through the network: a mistake in the settings shows before the first step."""
        self.network.eval()
        with torch.inference_mode():
            first = self.plan.task.inputs(self.test_loader, self.whole_test[:1])
            shape: tuple[int, ...] | None = ()
            if _takes(self.network, *first):
                output, self.flops = flops.counted(lambda: self.criterion(*first))
                shape = tuple(output.shape[1:]) if isinstance(output, torch.Tensor) else None
        if wanted := self.plan.task.fits(shape, image, classes):
            protocol = self.plan.protocol
            raise ConfigError(
                f"model: {protocol['model']} does not fit the objective {protocol['objective']['name']}, "
                f"which needs {wanted}"
            )

    def _facts(self) -> dict[str, Any]:
        """What is reported of the run besides its numbers."""
        return {
            "graph_backend": self.plan.graph.backend,
            "graph_note": self.plan.graph.note,
            "device": self.plan.common.device.type,
            "parameters": sum(parameter.numel() for parameter in self.network.parameters()),
            "operations": self.flops,  # of a forward pass on one image
            "layers": sum(isinstance(layer, WITH_WEIGHTS) for layer in self.network.modules()),
            "fresh_layers": self.fresh_layers,
        }

    def go(self, save_every: float) -> dict[str, Any]:
        """All steps, from where a killed run left off; returns what is left of them, which `Plan.finished` reads.

        Args:
            save_every: seconds between two resume states.

        Raises:
            Paused: it is time to stop (`pause`) before the last step.
        """
        content = self._trained(save_every)
        self.checkpoint.finish(content)
        return content

    def first_losses(self, steps: int) -> list[float]:
        """The losses of the first minibatches, at most `steps` of them; the run is of no more use then."""
        for step in range(1, min(steps, self.plan.steps) + 1):
            self._step(step)
        return self.history.steps_table()["loss"].tolist()

    def _trained(self, save_every: float) -> dict[str, Any]:
        """All steps; returns what to keep of them."""
        plan = self.plan
        written = self.checkpoint.restore(plan.complete)
        next_save = time.monotonic() + save_every
        log_file = tensorboard.EventFile(plan.folder / "events", written) if plan.logged else nullcontext()
        with log_file as log, progress.bar(plan.steps, plan.title, "step", self.history.step) as bar:
            if self.history.step == 0:
                self._begin(log)
            for step in range(self.history.step + 1, plan.steps + 1):
                inputs = self._step(step)
                evaluate = step % plan.protocol["evaluate_every"] == 0 or step in plan.read_at
                if (evaluate or step % CHECK_EVERY == 0) and (first := self.history.first_divergence()):
                    self.history.cut(first)
                    self.diverged = True
                    self._log_steps(log)
                    bar.write(f"note: the loss is not finite at step {first}; this run stops", file=sys.stderr)
                    break
                if evaluate:
                    self._evaluate(log)
                if log and step in plan.shown_at:
                    log.images(step, "inputs", self._pixels(inputs[:SHOWN]))
                plan.snapshots.write(step, self.network)
                bar.update(1)
                if step < plan.steps and ((stop := pause.due()) or time.monotonic() >= next_save):
                    next_save = self.checkpoint.save(log.length() if log else 0) + save_every
                    if stop:
                        raise pause.Paused
            length = log.length() if log else 0
        return {
            "history": self.history.state_dict(),
            "events": length,
            "facts": self._facts(),
            "diverged": self.diverged,
            "network": self.network.state_dict() if plan.kept else None,
            "scores": self._test_scores() if plan.kept and plan.task.facts.scored else None,
        }

    def _begin(self, log: tensorboard.EventFile | None) -> None:
        self.plan.snapshots.write(0, self.network)
        if 0 in self.plan.read_at:
            self._evaluate(log)

    def _step(self, step: int) -> torch.Tensor:
        """A step of the optimizer; returns the minibatch that the network was given, (B, C, h, w) float32."""
        rate = optimizers.learning_rate(self.plan.protocol["optimizer"]["lr"], self.plan.protocol["schedule"], step - 1)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.freezing.train(step)
        inputs, targets = self._minibatch(step)
        self.optimizer.zero_grad()  # not after the step: evaluations look at the gradients
        values = self.measure(inputs, *targets)
        values[0].backward()
        self.optimizer.step()
        self.history.record(rate, *(value.detach() for value in values))
        return inputs

    def _pixels(self, inputs: torch.Tensor) -> np.ndarray:
        """What inputs (B, C, h, w) look like, cropped, mirrored and mixed as they are: (B, h, w, C) uint8."""
        return self.train_loader.preprocessing.pixels(inputs).cpu().numpy()

    def _minibatch(self, step: int) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        draw = self.sampler.draw(step)
        seen = self.train_loader.augmentation(step, len(draw.index))
        pixels = self.train_loader.training(draw.index, seen)
        inputs, targets = (
            self.train_loader.preprocessing(pixels),
            self.plan.task.targets(self.train_loader, draw, seen, pixels),
        )
        if (alpha := self.plan.protocol["mixup"]) is not None:
            return mixup.mix(inputs, targets, alpha, self.plan.protocol["seed"], step)
        return inputs, targets

    def _evaluate(self, log: tensorboard.EventFile | None) -> None:
        """Loss and metric on the test set and on as many training images, into history and events."""
        size, known = self.plan.protocol["batch_size"], self.plan.task.facts
        self.network.eval()
        with torch.inference_mode():
            train = self.plan.task.evaluate(self.criterion, self.train_loader, self.subset, size)
            test = self.plan.task.evaluate(self.criterion, self.test_loader, self.whole_test, size)
        self.scores = test.scores
        values = {"train_loss": train.loss, "test_loss": test.loss}
        if train.metric is not None and test.metric is not None:
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

    def _log_steps(self, log: tensorboard.EventFile | None) -> None:
        """The steps since the last evaluation, into the events."""
        before = self.history.evaluations[-1]["step"] if self.history.evaluations else 0
        if log is None:
            return
        for step, values in self.history.steps_since(before):
            log.scalars(step, {f"train/{name}": value for name, value in values.items()})

    def _test_scores(self) -> torch.Tensor | None:
        """The outputs for the test set; of a run that diverged zeros: such a network has no opinion."""
        if self.diverged:
            return torch.zeros(len(self.whole_test), len(self.plan.common.data.classes))
        return self.scores


def _takes(network: nn.Module, *inputs: torch.Tensor) -> bool:
    """Whether its forward pass has a place for each of these; proposals of regions are for some networks alone."""
    try:
        inspect.signature(network.forward).bind(*inputs)
    except TypeError:
        return False
    return True
