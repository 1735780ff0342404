"""A trained network on new images, which it sees as it saw those that it was evaluated on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from revisit import config, device, paths, reading, stages
from revisit.analyses import forward
from revisit.analyses.detect import pasting
from revisit.analyses.trained import check_data
from revisit.analyses.truths import Window
from revisit.data import arrays, proposals
from revisit.errors import ArtifactError, ConfigError
from revisit.models import registry
from revisit.prediction.answers import Answer, Box, Guess

if TYPE_CHECKING:
    from revisit.data.settings import Propose

BATCH = 32  # images at a time; of detectors one, as suppression compares many boxes of an image
BACKGROUND = "background"
NEEDED = ("experiment", "dataset", "crop", "mean", "std", "data")  # besides what building it takes
REMEDY = "use a smaller network, or --device cpu"


@dataclass(frozen=True)
class Predictor:
    """A trained network with what it takes to ask it; made by `load`.

    Attributes:
        shape: of an image as its data set stores it, (H, W, C).
        batch: how many images `answers` should get at a time.
    """

    network: nn.Module
    info: dict[str, Any]
    shape: tuple[int, int, int]
    place: torch.device
    propose: "Propose | None"

    @property
    def batch(self) -> int:  # noqa: D102  # described above
        return 1 if self.info["objective"] == "detection" else BATCH

    def answers(self, stored: Sequence[np.ndarray], top: int, least: float) -> list[Answer]:
        """What the network says of images (H, W, C) uint8 of `shape`.

        Args:
            stored: the images.
            top: at most so many classes of an image, of a network that tells classes of whole images.
            least: at least so sure, of a detector.

        Raises:
            ArtifactError: the network gives no numbers, since its training diverged.
            DeviceError: the memory is too small.
        """
        seen = Window.of(self.shape, self.info["crop"])
        pixels = torch.from_numpy(np.stack(stored)).to(self.place)
        with device.deterministic(), device.memory_errors(self.place, REMEDY), torch.inference_mode():
            inputs = forward.preprocessing_of(self.info, self.place)(pixels)
            asked = _Asked(self, inputs, seen, list(stored), top, least)
            return TASKS[self.info["objective"]](asked)


def load(folder: Path, name: str, size: int | None = None) -> Predictor:
    """The network in `folder`, as training leaves it, on the device `name`: auto, cpu or cuda.

    `size`: the height and width at which its data set stores images; None: as the prepared data set says.

    Raises:
        ConfigError: there is no prediction for the task that it was trained for, `size` is smaller than its crop, or
            the network cannot take images of that size.
        ArtifactError: the folder is missing or damaged, or the data set is missing or another one.
        DeviceError: the device is not there.
    """
    if not folder.is_dir():
        known = sorted(path.parent.name for path in paths.model("x").parent.glob(f"*/{registry.DESCRIPTION}"))
        there = f"trained are: {', '.join(known)}" if known else "nothing is trained yet: `make report` trains"
        raise ArtifactError(f"{folder}: there is no trained network; {there}")
    place = device.choose(name)
    description = registry.describe(folder)
    if description.get("objective") not in TASKS:
        raise ConfigError(
            f"{folder}: its task is {description.get('objective')}, for which there is no prediction; "
            f"take a network for {', '.join(TASKS)}"
        )
    network, info = registry.load(folder, place)
    if missing := ", ".join(key for key in NEEDED if key not in info):
        problem = f"{folder / registry.DESCRIPTION}: damaged (it does not say: {missing})"
        raise ArtifactError(f"{problem}; {registry.remedy(folder)}")
    shape, propose = _stored(info, size)
    window = Window.of(shape, info["crop"])  # says whether it fits
    predictor = Predictor(network, info, shape, place, propose)
    if [window.height, window.width] != info["shape"][:2]:
        _try(predictor)
    return predictor


def _try(predictor: Predictor) -> None:
    """Raise ConfigError unless the network can take images of another size than those that it was trained on."""
    try:
        predictor.answers([np.zeros(predictor.shape, np.uint8)], 1, 1.0)
    except (RuntimeError, ValueError) as error:
        height, width, _ = predictor.info["shape"]
        seen = Window.of(predictor.shape, predictor.info["crop"])
        raise ConfigError(
            f"{predictor.info['experiment']} was trained on images of {height}x{width} pixels and cannot take those of "
            f"{seen.height}x{seen.width}; give another --size"
        ) from error


def _stored(info: dict[str, Any], size: int | None) -> "tuple[tuple[int, int, int], Propose | None]":
    """The shape of stored images, and how regions are proposed for them where the network needs that."""
    dataset, meta = info["dataset"], {}
    if size is None:
        path = paths.prepared(dataset) / arrays.META
        try:
            meta = reading.json_value(path)
            height, width, channels = (int(side) for side in meta["shape"])
            check_data(info, meta["sha256"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ArtifactError(
                f"{path}: missing or damaged ({error}), and with it the size at which the network sees images; "
                f"make it with {stages.run(stages.prepares(dataset))}, or say the size with --size"
            ) from error
    else:
        height, width, channels = size, size, info["shape"][2]
    searches = meta.get("proposals") or paths.config("propose", dataset).is_file()
    return (height, width, channels), config.settings("propose", dataset) if searches else None


@dataclass(frozen=True)
class _Asked:
    """A question to a network: its inputs (B, C, h, w), and what else the answer depends on."""

    predictor: Predictor
    inputs: Tensor
    window: Window
    stored: list[np.ndarray]
    top: int
    least: float

    @property
    def classes(self) -> list[str]:
        return self.predictor.info["classes"]

    @property
    def seen(self) -> Box:
        height, width, _ = self.predictor.shape
        top, left, high, wide = self.window
        return left / width, top / height, (left + wide) / width, (top + high) / height

    def whole(self, corners: Sequence[float]) -> Box:
        """A box of the window, in its pixels, in sides of the whole image."""
        height, width, _ = self.predictor.shape
        x0, y0, x1, y1 = corners
        top, left, *_ = self.window
        return (left + x0) / width, (top + y0) / height, (left + x1) / width, (top + y1) / height

    def output(self) -> Tensor:
        """What the network makes of the inputs, float32 on the CPU."""
        output = self.predictor.network(self.inputs).float().cpu()
        if not bool(output.isfinite().all()):
            name = self.predictor.info["experiment"]
            again = stages.again(stages.trains(name))
            raise ArtifactError(
                f"{name} gives no numbers: its training diverged; lower its learning rate, then {again}"
            )
        return output

    def best(self, scores: Tensor) -> list[Guess]:
        """The `top` classes by scores (K,)."""
        values, order = scores.sort(descending=True, stable=True)
        pairs = zip(order.tolist(), values.tolist(), strict=True)
        return [Guess(self.classes[number], number, value) for number, value in list(pairs)[: self.top]]


def _classes(asked: _Asked) -> list[Answer]:
    return [Answer(asked.best(scores), asked.seen) for scores in asked.output().softmax(1)]


def _labels(asked: _Asked) -> list[Answer]:
    return [Answer(asked.best(scores), asked.seen) for scores in asked.output().sigmoid()]


def _located(asked: _Asked) -> list[Answer]:
    output = asked.output()
    sides = torch.tensor([asked.window.width, asked.window.height] * 2)
    answers = []
    for scores, box in zip(output[:, :-4].softmax(1), output[:, -4:] * sides, strict=True):
        surest = asked.best(scores)[0]
        answers.append(Answer([surest._replace(box=asked.whole(box.tolist()))], asked.seen))
    return answers


def _detected(asked: _Asked) -> list[Answer]:
    answers = []
    for row, image in enumerate(asked.stored):
        inputs = asked.inputs[row : row + 1]
        found = asked.predictor.network(inputs, _proposed(asked, image))
        kept = (found.kinds[0] >= 0) & (found.scores[0] >= asked.least)
        columns = (found.kinds[0][kept], found.scores[0][kept], found.boxes[0][kept])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        guesses = [Guess(asked.classes[kind], kind, score, asked.whole(box)) for kind, score, box in rows]
        masks = None
        if found.masks is not None:
            size = asked.window.height, asked.window.width
            masks = pasting.pasted(found.masks[0][kept], found.boxes[0][kept], *size).cpu().numpy()
        answers.append(Answer(guesses, asked.seen, masks=masks))
    return answers


def _proposed(asked: _Asked, image: np.ndarray) -> Tensor | None:
    if asked.predictor.propose is None:
        return None
    boxes = asked.window.boxes(proposals.proposed(image, asked.predictor.propose))
    return torch.from_numpy(boxes)[None].to(asked.predictor.place)


def _segmented(asked: _Asked) -> list[Answer]:
    names = [BACKGROUND, *asked.classes]
    answers = []
    for kinds in asked.output().argmax(1).to(torch.uint8).numpy():
        shares = np.bincount(kinds.ravel(), minlength=len(names)) / kinds.size
        order = [number for number in np.argsort(-shares, kind="stable").tolist() if shares[number]]
        guesses = [Guess(names[number], number, float(shares[number])) for number in order]
        answers.append(Answer(guesses, asked.seen, kinds=kinds))
    return answers


TASKS: dict[str, Callable[[_Asked], list[Answer]]] = {
    "classification": _classes,
    "multilabel": _labels,
    "localisation": _located,
    "detection": _detected,
    "segmentation": _segmented,
}
