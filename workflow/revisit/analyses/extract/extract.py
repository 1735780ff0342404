"""Features: what chosen layers of a trained network make of the images."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from revisit import files, progress
from revisit.analyses import features, forward
from revisit.analyses.thumbnails import write_thumbnails
from revisit.analyses.trained import check_data
from revisit.models.parts.layers import find

if TYPE_CHECKING:
    from revisit.data.arrays import Prepared


def extract(
    network: nn.Module,
    info: dict,
    data: "Prepared",
    layers: dict[str, str],
    rows: dict[str, int | None],
    folder: Path,
    device: torch.device,
    pictures: bool = True,
) -> None:
    """Write the outputs of `layers` for the first images of both splits into the new folder `folder`.

    `<name>_<split>.npy` (N, D) float32, flattened; `<split>_labels.npy` as they were prepared, (N,) int64 or (N, K)
    int8; `test_thumbnails.npy` (N, h, w, C) uint8; `index.json`. Written batch by batch into memory-mapped files.

    Args:
        network: in evaluation mode, on `device`.
        info: its network.json.
        data: the prepared arrays that it was trained on.
        layers: the names of the features, of letters, digits, "_" and ".", and the submodules (`named_modules`)
            that they are the outputs of.
        rows: how many images of "train" and "test", the first ones; None or more than there are: all.
        folder: does not exist yet.
        device: where the network is.
        pictures: whether to write the thumbnails, too, which are the same for every replicate of a training.

    Raises:
        ConfigError: a layer does not exist, or its output is no feature.
        ArtifactError: the network was trained on other data.
    """
    check_data(info, data.sha256)
    submodules = list(dict.fromkeys(layers.values()))  # each once: two names may stand for one
    find(network, submodules, forward.KEY)
    folder.mkdir(parents=True)
    shapes: dict[str, list[int]] = {}
    counts = {}
    preprocessing = forward.preprocessing_of(info, device)
    for split in ("train", "test"):
        images = data.images(split)[: rows[split]]
        counts[split] = len(images)
        files.write_array(folder / f"{split}_labels.npy", data.labels(split)[: rows[split]])
        matrices: dict[str, np.memmap] = {}
        with progress.bar(len(images), f"features of the {split} images", unit="image") as bar:
            for batch, outputs in forward.activations(network, images, preprocessing, submodules, device):
                values = {
                    submodule: output.flatten(1).to("cpu", torch.float32) for submodule, output in outputs.items()
                }
                for name, submodule in layers.items():
                    shapes[name] = list(outputs[submodule].shape[1:])
                    if name not in matrices:
                        file, shape = folder / f"{name}_{split}.npy", (len(images), values[submodule].shape[1])
                        matrices[name] = files.new_array(file, np.float32, shape)
                    matrices[name][batch] = values[submodule].numpy()
                bar.update(batch.stop - batch.start)
        for matrix in matrices.values():
            matrix.flush()
    if pictures:
        write_thumbnails(folder / "test_thumbnails.npy", data.test_images[: counts["test"]])
    index = {
        "experiment": info["experiment"],
        "labels": "multi" if data.multi_label else "single",
        "layers": {
            name: {
                "submodule": submodule,
                "shape": shapes[name],
                "dimensions": int(np.prod(shapes[name], dtype=np.int64)),
            }
            for name, submodule in layers.items()
        },
        **counts,
        "classes": list(data.classes),
    }
    (folder / features.INDEX).write_bytes(files.json_bytes(index))
