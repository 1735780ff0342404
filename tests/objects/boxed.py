"""Prepared images with boxes and masks, and trained networks in folders, as the earlier stages leave them."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from revisit import files, paths
from revisit.models import registry

CLASSES = ["ant", "bee", "cat"]
STORED, CROP = 72, 64


def write_data(count: int = 40, proposals: int = 0, masks: bool = True) -> dict[str, str]:
    """Images of coloured rectangles in data/prepared/boxed; the digests of the arrays."""
    folder, rng = paths.prepared("boxed"), np.random.default_rng(0)
    folder.mkdir(parents=True)
    for split in ("train", "test"):
        images = rng.integers(0, 40, (count, STORED, STORED, 3), dtype=np.uint8)
        drawn = np.zeros((count, STORED, STORED), np.uint8)
        labels = np.full((count, 3), -1, np.int8)
        boxes, kinds, offsets = [], [], [0]
        for image, mask, shown in zip(images, drawn, labels, strict=True):
            for number, left in enumerate(range(0, rng.integers(1, 4) * 24, 24)):
                x, y = left + rng.integers(0, 6), rng.integers(0, 40)
                w, h, kind = rng.integers(12, 18), rng.integers(12, 30), rng.integers(0, 3)
                image[y : y + h, x : x + w, kind] += np.uint8(200)
                mask[y : y + h, x : x + w] = number + 1
                mask[y, x : x + w] = 255
                boxes.append([x, y, x + w, y + h])
                kinds.append(kind)
                shown[kind] = 1
            offsets.append(len(boxes))
        arrays = {
            "images": images,
            "labels": labels,
            "boxes": np.array(boxes, np.float32),
            "kinds": np.array(kinds, np.int64),
            "flags": np.stack([np.arange(len(boxes)) % 9 == 8, np.zeros(len(boxes), bool)], 1),
            "views": np.arange(len(boxes)) % 5,
            "offsets": np.array(offsets),
            "sizes": np.full((count, 2), STORED),
        }
        if masks:
            arrays["masks"] = drawn
        if proposals:
            corner = rng.random((count, proposals, 2)) * 48
            arrays["proposals"] = np.concatenate([corner, corner + 8 + rng.random(corner.shape) * 16], -1).astype(
                np.float32
            )
        for name, array in arrays.items():
            np.save(folder / f"{split}_{name}.npy", array)
    sha256 = {file.name: files.sha256(file) for file in sorted(folder.glob("*.npy"))}
    about = {"dataset": "boxed", "classes": CLASSES, "shape": [STORED, STORED, 3], "mean": [0.2] * 3, "std": [0.3] * 3}
    about |= {"labels": "multi", "source": "embedded", "provenance": "drawn", "train": count, "test": count}
    about |= {"objects": "masks" if masks else "boxes", "proposals": proposals, "sha256": sha256}
    files.write_json(folder / "meta.json", about)
    return sha256


def write_network(name: str, model: str, network: dict, data: dict[str, str], seed: int = 0, folder=None) -> Path:
    """A fresh network in results/models/<name>."""
    folder = folder or paths.model(name)
    folder.mkdir(parents=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        built = registry.build(model, (CROP, CROP, 3), len(CLASSES), network)
        with torch.no_grad():  # of its own accord a fresh network is sure of nothing
            for parameter in built.parameters():
                if parameter.abs().max() == 0:
                    parameter.normal_(0, 0.5)
    save_file(built.state_dict(), folder / "model.safetensors")
    about = {"experiment": name, "dataset": "boxed", "model": model, "network": network, "data": data}
    about |= {"shape": [CROP, CROP, 3], "classes": CLASSES, "mean": [0.2] * 3, "std": [0.3] * 3, "crop": CROP}
    files.write_json(folder / "network.json", about)
    return folder
