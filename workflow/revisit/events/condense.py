"""From the event file of a finished training to findings: quantiles of gradients, and small pictures of inputs."""

import io
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto

from revisit.analyses.thumbnails import thumbnails
from revisit.events.spacing import spaced
from revisit.events.tables import ENDS, GRADIENTS, INPUTS, PICTURES, QUANTILES, SIDE

GRADIENTS_OF = "gradients/"  # before a parameter's name: the tag of its gradients' histograms
INPUTS_TAG = "inputs"
TILES = 5  # images of a minibatch that are kept
MOST_STEPS = 40  # of the table of gradients
ROWS = 900  # of that table, about: below 100 kB
DIGITS = 4  # of its values: a histogram says no more


def condense(
    log: Path, layers: Sequence[str], steps: Sequence[int], size: tuple[int, int], images: int
) -> dict[str, pd.DataFrame | np.ndarray]:
    """What the event file of a run becomes among the findings, by the names of the files.

    Args:
        log: the event file.
        layers: names of the layers whose `<layer>.weight` has gradients worth a look, in the network's order.
        steps: those with histograms, ascending; some of them are left out where they are too many.
        size: height and width of the inputs.
        images: how many there are at least in a minibatch.

    Returns the tables `GRADIENTS` and `INPUTS`, and `PICTURES`. A network without histograms, as one that diverged
    at once, has no rows; a run without inputs no pictures.
    """
    wanted = set(spaced(steps, max(2, min(MOST_STEPS, ROWS // max(1, len(layers))))))
    order = {f"{GRADIENTS_OF}{layer}.weight": layer for layer in layers}
    found: dict[tuple[int, str], tuple[float, ...]] = {}
    shown: dict[int, np.ndarray] = {}
    for event in _events(log):
        for value in event.summary.value:
            if value.tag in order and event.step in wanted:
                found[event.step, order[value.tag]] = quantiles(value.histo)
            elif value.tag == INPUTS_TAG:
                shown[event.step] = _tiles(value.image.encoded_image_string, size, min(images, TILES))
    rows = [
        (step, layer, *(float(f"{value:.{DIGITS}g}") for value in found[step, layer]))
        for step in sorted(wanted)
        for layer in layers
        if (step, layer) in found
    ]
    gradients = pd.DataFrame(rows, columns=["step", "layer", *ENDS]).astype({"step": np.int64})
    files: dict[str, pd.DataFrame | np.ndarray] = {GRADIENTS.file: GRADIENTS.frame(gradients)}
    if shown:
        files[INPUTS.file] = INPUTS.frame({"step": list(shown)})
        files[PICTURES] = np.stack(list(shown.values()))
    return files


def _events(log: Path) -> Iterator[Event]:
    """All events of a file of TFRecords: length (8 bytes), its checksum (4), content, its checksum (4).

    TensorBoard's own reader sums every byte up in Python, 10 MB in a second; a run that goes to its end has just
    written them itself.
    """
    with open(log, "rb") as stream:
        while head := stream.read(12):
            (length,) = struct.unpack("<Q", head[:8])
            yield Event.FromString(stream.read(length))
            stream.seek(4, io.SEEK_CUR)


def quantiles(histogram: HistogramProto) -> tuple[float, ...]:
    """Least value, `QUANTILES` and largest value of a histogram of `EventFile`; right to the width of a bucket.

    Within a bucket values count as evenly spread.
    """
    below = np.cumsum(histogram.bucket)  # the first bucket is empty: it ends at the least value
    inner = np.interp(np.array(list(QUANTILES.values())) * below[-1], below, histogram.bucket_limit)
    return histogram.min, *np.clip(inner, histogram.min, histogram.max).tolist(), histogram.max


def _tiles(png: bytes, size: tuple[int, int], count: int) -> np.ndarray:
    """The first `count` images, (h, w) = `size`, of a grid: (count, h, w, C) uint8, of `SIDE` pixels at most."""
    with Image.open(io.BytesIO(png)) as picture:
        grid = np.asarray(picture)
    (height, width), columns = size, grid.shape[1] // size[1]
    grid = grid.reshape(grid.shape[0] // height, height, columns, width, -1).swapaxes(1, 2)
    return thumbnails(grid.reshape(-1, height, width, grid.shape[-1])[:count], SIDE)
