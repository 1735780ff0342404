"""One training run, from a prepared data set to a trained network and its history.

Deterministic: the same settings and data on the same kind of machine give the same bytes, also when the run was
killed at any moment and started again.
"""

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from revisit import device as devices
from revisit import files, progress
from revisit.data import arrays
from revisit.models import registry
from revisit.training import batches, events, graphs, optimizers, outputs, state
from revisit.training.history import History

SAVE_EVERY = 20.0  # seconds between two resume states
SAVE_SHARE = 20  # a state that takes long to write is written less often: at most 1/20 of the time goes there
CHECK_EVERY = 50  # steps between two looks at the loss: on a GPU, looking means waiting
SHOWN = 64  # input images in the TensorBoard grid


def train(
    settings: dict[str, Any], data: Path, model: Path, resume: Path, save_every: float = SAVE_EVERY
) -> outputs.Outcome:
    """Train one network, or go on with a training that was killed.

    Args:
        settings: the resolved settings of the experiment (`config.settings("train", name)`).
        data: the folder of the prepared data set.
        model: the folder to write weights, test scores, snapshots, events and `network.json` to.
        resume: the folder of the resume state, which outlives a kill; to be removed once the outputs are in place.
            TensorBoard can watch it meanwhile.
        save_every: seconds between two resume states.

    Raises:
        ArtifactError: the prepared data set is missing or damaged.
        ConfigError: settings that do not fit each other or the data.
        DeviceError: the device, or its memory, is not there.
    """
    device = devices.choose(settings["device"])
    remedy = f"lower batch_size (now {settings['batch_size']}), or end other programs that use the memory"
    with devices.deterministic(), devices.memory_errors(device, remedy):
        run = _Run(settings, arrays.load(data), device, resume)
        run.go(save_every)
        return run.finish(model)


class _Run:
    """The parts of one run, and the loop over its steps."""

    def __init__(self, settings: dict[str, Any], data: arrays.Prepared, device: torch.device, resume: Path) -> None:
        self.settings, self.data, self.device, self.resume = settings, data, device, resume
        self.train_images = batches.Images(data.train_images, data.train_labels, data.mean, data.std, device)
        self.test_images = batches.Images(data.test_images, data.test_labels, data.mean, data.std, device)

        count, seed = len(self.train_images), settings["seed"]
        self.steps_per_epoch = batches.steps_per_epoch(count, settings["batch_size"])
        self.steps = settings["epochs"] * self.steps_per_epoch
        # training accuracy is read on as many images as test accuracy, always the same ones
        subset = np.random.default_rng(seed).permutation(count)[: len(self.test_images)]
        self.subset = torch.from_numpy(np.sort(subset)).to(device)
        self.whole_test = torch.arange(len(self.test_images), device=device)

        torch.manual_seed(seed)  # the initial weights are drawn on the CPU: the same on every device
        network = registry.build(settings["model"], data.shape, len(data.classes), settings)
        layout = torch.channels_last if device.type == "cuda" else torch.contiguous_format
        self.network = network.to(device, memory_format=layout)
        self.optimizer = optimizers.build(settings["optimizer"], self.network.parameters())
        self.graph = graphs.capture(self._forward, settings["graph"], settings.get("backend", "auto"), device)
        self.history = History(self.steps, self.steps_per_epoch, device)
        self.diverged = False
        self.key = self._key()

    def _forward(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean loss of a minibatch, and its accuracy."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            logits = self.network(images)
            loss = cross_entropy(logits, labels)
        return loss, (logits.argmax(1) == labels).float().mean()

    def go(self, save_every: float) -> None:
        """All steps, from where a killed run left off."""
        written = self._restore()
        self.network.train()
        evaluate_at = {epoch * self.steps_per_epoch for epoch in self.settings["read_at"]} | {self.steps}
        snapshot_at = {epoch * self.steps_per_epoch: epoch for epoch in self.settings["snapshots"]}
        next_save = time.monotonic() + save_every
        what = f"training {self.settings['experiment']}"
        with (
            events.EventFile(self.resume / "events", written) as log,
            progress.bar(self.steps, what, unit="step", initial=self.history.step) as bar,
        ):
            if self.history.step == 0:
                self._log_inputs(log)
                if 0 in snapshot_at:
                    self._snapshot(0)
            order = None
            for step in range(self.history.step + 1, self.steps + 1):
                epoch, position = divmod(step - 1, self.steps_per_epoch)
                if order is None or position == 0:
                    order = self._order(epoch)
                self._step(order[position])
                evaluate = step % self.settings["evaluate_every"] == 0 or step in evaluate_at
                if (evaluate or step % CHECK_EVERY == 0) and (first := self.history.first_divergence()):
                    self.history.cut(first)
                    self.diverged = True
                if evaluate or self.diverged:
                    self._evaluate(log)
                if self.diverged:
                    bar.write(f"note: the loss is not finite at step {first}; training stops", file=sys.stderr)
                    break
                if step in snapshot_at:
                    self._snapshot(snapshot_at[step])
                bar.update(1)
                if time.monotonic() >= next_save:
                    next_save = self._save(log) + save_every

    def _order(self, epoch: int) -> torch.Tensor:
        """The indices of the epoch's batches, (steps_per_epoch, batch_size), on the device."""
        order = batches.order(len(self.train_images), self.settings["seed"], epoch)
        size = self.settings["batch_size"]
        return order[: self.steps_per_epoch * size].view(self.steps_per_epoch, size).to(self.device)

    def _step(self, index: torch.Tensor) -> None:
        images, labels = self.train_images.batch(index)
        self.optimizer.zero_grad()  # not after the step: evaluations look at the gradients
        loss, accuracy = self.graph.call(images, labels)
        loss.backward()
        self.optimizer.step()
        self.history.record(self.optimizer.param_groups[0]["lr"], loss.detach(), accuracy)

    def _logits(self, images: batches.Images, index: torch.Tensor) -> torch.Tensor:
        """The network's outputs in evaluation mode, (len(index), classes) float32 on the CPU."""
        self.network.eval()
        with (
            torch.inference_mode(),
            torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"),
        ):
            parts = [self.network(images.batch(part)[0]).float() for part in index.split(self.settings["batch_size"])]
            logits = torch.cat(parts).cpu()
        self.network.train()
        return logits

    def _evaluate(self, log: events.EventFile) -> None:
        """Loss and accuracy on the test set and on as many training images, into history and events."""
        metrics = {}
        for name, images, index in (
            ("train", self.train_images, self.subset),
            ("test", self.test_images, self.whole_test),
        ):
            logits, labels = self._logits(images, index), images.labels[index].cpu()
            metrics[f"{name}_loss"] = cross_entropy(logits.double(), labels).item()
            metrics[f"{name}_accuracy"] = (logits.argmax(1) == labels).double().mean().item()
        before = self.history.evaluations[-1]["step"] if self.history.evaluations else 0
        self.history.evaluated(metrics)
        for step, rate, loss, accuracy in self.history.steps_since(before):
            log.scalars(step, {"train/loss": loss, "train/accuracy": accuracy, "train/learning_rate": rate})
        log.scalars(self.history.step, {"test/loss": metrics["test_loss"], "test/accuracy": metrics["test_accuracy"]})
        for name, parameter in self.network.named_parameters():
            if parameter.grad is not None:
                log.histogram(self.history.step, f"gradients/{name}", parameter.grad)

    def _log_inputs(self, log: events.EventFile) -> None:
        first = self._order(0)[0][:SHOWN]
        log.images(0, "inputs", self.train_images.pixels(first).cpu().numpy())

    def _snapshot(self, epoch: int) -> None:
        state.write(_snapshot_file(self.resume, epoch), outputs.weights(self.network))

    def _key(self) -> str:
        """A digest of everything that decides what this run computes."""
        here = Path(__file__).parent
        sources = [*here.glob("*.py"), *here.parent.glob("models/*.py"), here.parent / "device.py"]
        on_gpu = self.device.type == "cuda"
        chip = torch.cuda.get_device_name(self.device) if on_gpu else torch.backends.cpu.get_cpu_capability()
        parts = {
            "settings": self.settings,
            "data": self.data.sha256,
            "code": {str(path.relative_to(here.parent)): files.sha256(path) for path in sorted(sources)},
            "torch": torch.__version__,
            "device": chip,
            "backend": self.graph.backend,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _save(self, log: events.EventFile) -> float:
        """Write the resume state; returns the earliest moment for the next one, short of the interval."""
        start = time.monotonic()
        content = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "history": self.history.state_dict(),
            "events": log.length(),
        }
        if self.device.type == "cuda":
            content["random_cuda"] = torch.cuda.get_rng_state(self.device)
        state.save(self.resume, self.key, content)
        end = time.monotonic()
        return end + SAVE_SHARE * (end - start)

    def _restore(self) -> int:
        """Go on from the resume state, if there is one; returns the length of the event file that belongs to it."""
        content = state.load(self.resume, self.key)
        if content is not None and not self._files_present(content):
            print(f"note: files of {self.resume} are missing; training starts anew", file=sys.stderr, flush=True)
            content = None
        if content is None:
            files.remove(self.resume)
            return 0
        print(f"note: going on after step {len(content['history']['values'])}", file=sys.stderr, flush=True)
        self.network.load_state_dict(content["network"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.history.load_state_dict(content["history"])
        torch.set_rng_state(content["random"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(content["random_cuda"], self.device)
        return content["events"]

    def _files_present(self, content: dict[str, Any]) -> bool:
        """Whether the snapshots and events up to the step of a resume state are there."""
        log = self.resume / "events" / events.NAME
        epochs = len(content["history"]["values"]) // self.steps_per_epoch
        snapshots = [_snapshot_file(self.resume, e) for e in self.settings["snapshots"] if e <= epochs]
        return log.exists() and log.stat().st_size >= content["events"] and all(path.exists() for path in snapshots)

    def finish(self, model: Path) -> outputs.Outcome:
        """Write the outputs into the folder `model`."""
        logits = self._logits(self.test_images, self.whole_test)
        outputs.write(model, self.settings, self.data, self.network, logits, self.resume)
        findings = outputs.findings(self.settings, self.history, self.graph, self.steps_per_epoch)
        findings |= {
            "device": self.device.type,
            "parameters": sum(parameter.numel() for parameter in self.network.parameters()),
            "diverged": self.diverged,
        }
        return outputs.Outcome(findings, self.history.steps_table(), self.history.evaluations_table())


def _snapshot_file(resume: Path, epoch: int) -> Path:
    return resume / f"snapshots/epoch_{epoch}.safetensors"
