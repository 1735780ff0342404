"""Feeding 224-pixel networks from photographs: this project's input pipeline against torchvision's usual one.

    python benchmarks/input_pipeline.py                    # a quick try
    python benchmarks/input_pipeline.py --images 1000      # the whole measurement: a minute

Both make normalised batches of random 224-pixel crops, half of them mirrored. Reference: what torchvision's training
scripts do in every epoch, which is to decode the JPEG file, `RandomResizedCrop`, flip, `ToTensor` and `Normalize`, in a
`DataLoader` without workers; beside it with this project's geometry (`Resize` to 256 x 256, `RandomCrop`). This project
decodes and resizes once, when the data set is prepared, into an array of 256 x 256 pixels that is memory-mapped; the
last column says after how many epochs that has paid. The photographs are drawn, of 375 x 375 to 375 x 562 pixels and of
the size in bytes that is printed. Levels apart says how far the centre crop of an image is from that of the reference
with the same geometry, in levels of 255. CPU seconds of one thread.
"""

import argparse
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import timing

# isort: split
import numpy as np

if TYPE_CHECKING:
    from revisit.training.batches import BatchLoader

SHORTER, SIZE, CROP, BATCH = 375, 256, 224, 32  # pixels of a photograph's shorter side, of a prepared image, of a crop
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
REFERENCE, SAME, OURS = "RandomResizedCrop", "Resize, RandomCrop", "this project"


def photographs(folder: Path, count: int) -> list[Path]:
    """Files of `count` drawn photographs, below a folder for their class."""
    from revisit_drawing import scenes
    from revisit_drawing.parts import photo

    below = folder / "photographs"
    below.mkdir(parents=True)
    for number, scene in enumerate(scenes.pictures(count, 0, 0, SHORTER)):
        (below / f"{number:05d}.jpg").write_bytes(photo.jpeg(scene.image))
    return sorted(below.iterdir())


def prepare(paths: list[Path], file: Path) -> np.ndarray:
    """The images as the stage `prepare` writes them, (N, 256, 256, 3) uint8, memory-mapped."""
    from revisit.data import images

    array = np.lib.format.open_memmap(file, "w+", np.uint8, (len(paths), SIZE, SIZE, 3))
    for row, path in enumerate(paths):
        array[row] = images.decode(path.read_bytes(), SIZE, str(path))
    array.flush()
    return np.load(file, mmap_mode="r")


def epoch_of_torchvision(folder: Path, *geometry: object) -> None:
    """One pass over the files, as torchvision's training scripts make it."""
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    steps = [*geometry, transforms.RandomHorizontalFlip(), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    for _ in DataLoader(datasets.ImageFolder(str(folder), transforms.Compose(steps)), BATCH, shuffle=True):
        pass


def epoch_of_ours(loader: "BatchLoader", count: int) -> None:
    """One pass over the array, as this project's trainings make it."""
    from revisit.training import batches

    order = batches.order(count, 0, 0)
    for step, start in enumerate(range(0, count, BATCH), 1):
        index = order[start : start + BATCH]
        loader.preprocessing(loader.training(index, loader.augmentation(step, len(index))))


def levels_apart(paths: list[Path], loader: "BatchLoader") -> float:
    """The largest difference between the centre crops of torchvision and of this project, in levels of 255."""
    import torch
    from PIL import Image
    from torchvision import transforms

    steps = [transforms.Resize((SIZE, SIZE)), transforms.CenterCrop(CROP)]
    centre = transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
    theirs = torch.stack([centre(Image.open(path).convert("RGB")) for path in paths[:BATCH]])
    ours = loader.preprocessing(loader.evaluation(torch.arange(len(theirs))))
    return float((ours - theirs).abs().amax((0, 2, 3)).mul(255 * torch.tensor(STD)).max())


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100, help="(default 100)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    import torch
    from torchvision import transforms

    from revisit.data.tensors import Preprocessing
    from revisit.training.batches import BatchLoader, Images

    device = torch.device("cpu")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "files")
        paths = photographs(folder, options.images)
        array, preparing = timing.measured(lambda: prepare(paths, Path(scratch, "images.npy")))
        images = Images(array, np.zeros(len(array), np.int64), device, limit=0)  # stays in its file
        loader = BatchLoader(images, Preprocessing(MEAN, STD, device, CROP), CROP, True, 0)
        geometry = {
            REFERENCE: [transforms.RandomResizedCrop(CROP)],
            SAME: [transforms.Resize((SIZE, SIZE)), transforms.RandomCrop(CROP)],
        }
        epochs = {name: lambda steps=steps: epoch_of_torchvision(folder, *steps) for name, steps in geometry.items()}
        epochs[OURS] = lambda: epoch_of_ours(loader, len(paths))
        seconds = {name: timing.measured(epoch)[1] for name, epoch in epochs.items()}
        apart, weight = levels_apart(paths, loader), np.mean([path.stat().st_size for path in paths])
    reference, ours = seconds[REFERENCE], seconds[OURS]
    equal = {REFERENCE: "other crops", SAME: "0.000", OURS: f"{apart:.3f}"}
    paid = {OURS: f"{preparing / (reference - ours):.1f}"}
    timing.print_table(
        f"{len(paths)} photographs of {weight / 1000:.0f} kB, batches of {BATCH}, one thread; reference: {REFERENCE}",
        ("input pipeline", "images/s", "times as fast", "levels apart", "pays after epochs"),
        [
            (name, f"{len(paths) / taken:.0f}", f"{reference / taken:.1f}", equal[name], paid.get(name, "-"))
            for name, taken in seconds.items()
        ],
    )
    timing.print_goals(
        timing.Goal("224-pixel input pipeline: times as fast", reference / ours, at_least=10),
        timing.Goal("224-pixel input pipeline: levels apart", apart, at_most=0.001),
    )


if __name__ == "__main__":
    main()
