"""What a trained network says of new images: a table, and a contact sheet.

The images are resampled, cropped and normalised as those of the network's data set were.
"""

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

import _command  # first: library path, threads, errors
from revisit import files, paths, progress
from revisit.errors import ConfigError
from revisit.models import registry
from revisit.prediction import answers, pictures

if TYPE_CHECKING:
    from revisit.prediction.predict import Predictor

TABLE, SHEET = "predictions.csv", "sheet.png"
SHOWN = 120  # images on the sheet
LARGEST = 2048  # pixels: what `size` of a data set may be
PLACED = ("localisation", "detection")  # tasks whose guesses have boxes


def main(argv: list[str] | None = None, started: Path = Path()) -> None:
    """Write the folder `predictions/<name>`; paths on the command line are relative to `started`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", help="a trained network: results/models/NAME, or its NAME")
    parser.add_argument("images", metavar="FOLDER", help="a folder of images, or one image")
    parser.add_argument("--output", help="a folder to write (default: predictions/NAME)")
    parser.add_argument("--top", type=_positive, default=5, help="so many classes of an image (default: %(default)s)")
    parser.add_argument("--score", type=_share, default=0.3, help="of detections, at least (default: %(default)s)")
    parser.add_argument("--skip", action="store_true", help="leave out files that are no images")
    parser.add_argument(
        "--size", type=_side, help=f"pixels: height and width at which the data set stores images, at most {LARGEST}"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="what computes")
    arguments = parser.parse_args(argv)
    folder, source = Path(arguments.network), started / arguments.images
    folder = paths.model(folder.name) if len(folder.parts) == 1 else started / folder
    output = started / arguments.output if arguments.output else Path("predictions") / registry.experiment(folder)
    _check(output, source)
    found = pictures.find(source)

    from revisit.prediction import predict  # PyTorch, which takes seconds to start: after the mistakes that need none

    predictor = predict.load(folder, arguments.device, arguments.size)
    with files.replacing(output) as partial:
        partial.mkdir(parents=True)
        told = _write(partial, predictor, source, found, arguments)
    print(f"{told}. Written: {output / TABLE}, {output / SHEET}")


def _write(folder: Path, predictor: "Predictor", source: Path, found: list[Path], arguments: argparse.Namespace) -> str:
    """Write table and sheet into `folder`; returns what to say of them."""
    from revisit.prediction.sheet import Sheet

    sheet, empty = Sheet(SHOWN), 0
    columns = ("image", "rank", "class", "score")
    with (
        open(folder / TABLE, "w", encoding="utf-8", newline="") as stream,
        progress.bar(len(found), f"predicting with {predictor.info['experiment']}", unit="image") as bar,
    ):
        table = csv.DictWriter(
            stream, columns + answers.PLACE * (predictor.info["objective"] in PLACED), lineterminator="\n"
        )
        table.writeheader()
        waiting: list[pictures.Picture] = []

        def answer() -> None:
            nonlocal empty
            said = predictor.answers([picture.stored for picture in waiting], arguments.top, arguments.score)
            for picture, own in zip(waiting, said, strict=True):
                table.writerows(answers.rows(picture.name, picture.pixels.shape[:2], own))
                sheet.add(picture.name, picture.pixels, own)
                empty += not own.guesses
            bar.update(len(waiting))
            waiting.clear()

        for picture in pictures.read(source, found, predictor.shape, arguments.skip):
            waiting.append(picture)
            if len(waiting) == predictor.batch:
                answer()
        if waiting:
            answer()
    sheet.image().save(folder / SHEET)
    left_out = len(found) - sheet.images
    parts = [f"images: {sheet.images}"]
    parts += [f"with nothing that sure: {empty}"] if empty else []
    parts += [f"files left out, which are no images: {left_out}"] if left_out else []
    return ", ".join(parts)


def _check(output: Path, source: Path) -> None:
    """Raise ConfigError where writing the folder `output` would remove or mix up something of the user's."""
    if output.resolve().is_relative_to(source.resolve()):
        raise ConfigError(f"--output {output} lies among the images; choose another folder")
    if output.exists() and (not output.is_dir() or {path.name for path in output.iterdir()} - {TABLE, SHEET}):
        raise ConfigError(f"--output {output} is there and holds other things than predictions; choose another folder")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _side(text: str) -> int:
    number = _positive(text)
    if number > LARGEST:
        raise argparse.ArgumentTypeError(f"{number} is more than {LARGEST}")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{number} does not lie from 0 to 1")
    return number


if __name__ == "__main__":
    here = Path.cwd()  # `run` changes to the root
    _command.run(lambda: main(started=here))
