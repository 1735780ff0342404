"""TensorBoard event files that are the same bytes in every run.

TensorBoard's own writers put the time, the host and the process into the file and its name. Here the file name is
fixed and the wall time of an event is its step. Format: TFRecord records, each one a serialised `Event`.
"""

import io
import math
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import torch
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary.writer.record_writer import RecordWriter

NAME = "events.out.tfevents.0.revisit"  # TensorBoard reads the files whose names contain "tfevents"
BUCKETS = 64


class EventFile:
    """An event file in `folder`, open for appending; use it as a context manager.

    Args:
        folder: created if need be.
        length: how many bytes of an existing file to keep (a resumed training writes the rest anew); 0 starts the
            file.
    """

    def __init__(self, folder: Path, length: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._stream = open(folder / NAME, "r+b" if length else "wb")  # noqa: SIM115  (closed by __exit__)
        self._stream.truncate(length)
        self._stream.seek(length)
        self._records = RecordWriter(self._stream)
        if not length:
            self._records.write(Event(wall_time=0, file_version="brain.Event:2").SerializeToString(deterministic=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()

    def length(self) -> int:
        """The length of the file in bytes, all of them on disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        return self._stream.tell()

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Numbers of one step, by tag."""
        self._write(step, [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])

    def images(self, step: int, tag: str, images: np.ndarray) -> None:
        """A grid of images: (N, H, W, C) uint8, C 1 or 3; the grid is as square as can be, unused places black."""
        count, height, width, channels = images.shape
        columns = math.ceil(math.sqrt(count))
        rows = math.ceil(count / columns)
        grid = np.zeros((rows * columns, height, width, channels), np.uint8)
        grid[:count] = images
        grid = grid.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
        grid = grid.reshape(rows * height, columns * width, channels)
        png = io.BytesIO()
        Image.fromarray(grid[:, :, 0] if channels == 1 else grid).save(png, "png")
        image = Summary.Image(
            height=grid.shape[0], width=grid.shape[1], colorspace=channels, encoded_image_string=png.getvalue()
        )
        self._write(step, [Summary.Value(tag=tag, image=image)])

    def histogram(self, step: int, tag: str, values: torch.Tensor) -> None:
        """The distribution of `values` (any shape, at least one element) in `BUCKETS` equal steps; finite values only.

        Counted on the device that holds them. A tensor with an infinite value or a NaN is left out.
        """
        values = values.detach().flatten().float()
        low, high = (bound.item() for bound in values.aminmax())
        if not math.isfinite(low) or not math.isfinite(high):
            return
        width = (high - low) / BUCKETS or 1.0
        # counting integers is exact in any order, which torch.histc on a GPU is not
        index = ((values - low) / width).int().clamp_(0, BUCKETS - 1)
        counts = torch.bincount(index, minlength=BUCKETS).tolist()
        histogram = HistogramProto(
            min=low,
            max=high,
            num=values.numel(),
            sum=values.sum().item(),
            sum_squares=values.square().sum().item(),
            # a bucket reaches from the limit before it to its own; the first one has nothing below it
            bucket_limit=[low, *(low + width * (i + 1) for i in range(BUCKETS - 1)), max(high, low + width * BUCKETS)],
            bucket=[0, *counts],
        )
        self._write(step, [Summary.Value(tag=tag, histo=histogram)])

    def _write(self, step: int, values: list[Summary.Value]) -> None:
        event = Event(wall_time=step, step=step, summary=Summary(value=values))
        self._records.write(event.SerializeToString(deterministic=True))
