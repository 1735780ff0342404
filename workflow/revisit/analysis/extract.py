"""Features: what chosen layers of a trained network make of the images."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import nn

from revisit import files, progress
from revisit.analysis import features, forward
from revisit.errors import ArtifactError

if TYPE_CHECKING:
    from revisit.data.arrays import Prepared

THUMBNAIL = 32  # pixels, the longer side at most


def check_data(network: dict, sha256: dict[str, str]) -> None:
    """Raise ArtifactError unless `network` (network.json) was trained on the arrays with these SHA-256 sums."""
    if network["data"] != sha256:
        name, dataset = network["experiment"], network["dataset"]
        raise ArtifactError(
            f"the network of {name} was trained on other data than data/prepared/{dataset} holds now; "
            f"run the pipeline again (dvc repro train@{name})"
        )


def extract(
    network: nn.Module,
    info: dict,
    data: "Prepared",
    layers: list[str],
    rows: dict[str, int | None],
    folder: Path,
    device: torch.device,
) -> None:
    """Write the outputs of `layers` for the first images of both splits into the new folder `folder`.

    `<layer>_<split>.npy` (N, D) float32, flattened; `<split>_labels.npy` (N,) int64; `test_thumbnails.npy`
    (N, h, w, C) uint8; `index.json`. Written batch by batch into memory-mapped files.

    Args:
        network: in evaluation mode, on `device`.
        info: its network.json.
        data: the prepared arrays that it was trained on.
        layers: names of submodules (`named_modules`).
        rows: how many images of "train" and "test", the first ones; None or more than there are: all.
        folder: does not exist yet.
        device: where the network is.

    Raises:
        ConfigError: a layer does not exist, or its output is no feature.
        ArtifactError: the network was trained on other data.
    """
    check_data(info, data.sha256)
    forward.check_layers(network, layers)
    folder.mkdir(parents=True)
    shapes: dict[str, list[int]] = {}
    counts = {}
    inputs = forward.inputs_of(info, device)
    for split in ("train", "test"):
        images = data.images(split)[: rows[split]]
        counts[split] = len(images)
        np.save(folder / f"{split}_labels.npy", np.array(data.labels(split)[: rows[split]], np.int64))
        matrices: dict[str, np.memmap] = {}
        with progress.bar(len(images), f"features of the {split} images", unit="image") as bar:
            for batch, outputs in forward.activations(network, images, inputs, layers, device):
                for layer, output in outputs.items():
                    shapes[layer] = list(output.shape[1:])
                    values = output.flatten(1).to("cpu", torch.float32).numpy()
                    if layer not in matrices:
                        file, shape = folder / f"{layer}_{split}.npy", (len(images), values.shape[1])
                        matrices[layer] = np.lib.format.open_memmap(file, "w+", np.float32, shape)
                    matrices[layer][batch] = values
                bar.update(batch.stop - batch.start)
        for matrix in matrices.values():
            matrix.flush()
    np.save(folder / "test_thumbnails.npy", thumbnails(data.test_images[: counts["test"]]))
    index = {
        "experiment": info["experiment"],
        "layers": {
            layer: {"shape": shapes[layer], "dimensions": int(np.prod(shapes[layer], dtype=np.int64))}
            for layer in layers
        },
        **counts,
        "classes": list(data.classes),
    }
    (folder / features.INDEX).write_bytes(files.json_bytes(index))


def thumbnails(images: np.ndarray, side: int = THUMBNAIL) -> np.ndarray:
    """Images (N, H, W, C) uint8, C = 1 or 3, shrunk to at most `side` pixels; small ones stay as they are."""
    N, H, W, C = images.shape
    if max(H, W) <= side:
        return np.array(images)
    h, w = (max(1, round(n * side / max(H, W))) for n in (H, W))
    small = np.empty((N, h, w, C), np.uint8)
    for i, image in enumerate(images):
        picture = Image.fromarray(np.array(image[..., 0] if C == 1 else image)).resize((w, h), Image.Resampling.BOX)
        small[i] = np.asarray(picture).reshape(h, w, C)
    return small
