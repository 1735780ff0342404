"""New images through trained networks: as they were evaluated, and what is no image, no network and no prediction."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import boxed
import predict_images
from revisit import config, device, paths
from revisit.analyses import forward, truths
from revisit.analyses.detect import finding
from revisit.data import arrays
from revisit.errors import ArtifactError, ConfigError, DataError
from revisit.models import registry
from revisit.prediction import pictures
from revisit.report.palette import class_colour

SMALL = {"backbone": "small_convnet", "dropout": 0.0}
REGIONS = SMALL | {"detections": 12, "hidden": 64, "bins": 3}
MASKS = REGIONS | {"stride": "8", "anchor": 14.0, "candidates": 200, "proposals": 60, "masks": True, "mask_channels": 8}
NETWORKS = {  # task: network
    "classification": ("small_convnet", {}),
    "multilabel": ("small_convnet", {}),
    "localisation": ("localiser", SMALL | {"hidden": 16}),
    "segmentation": ("fcn", SMALL),
    "detection": ("faster_rcnn", MASKS),
}
CPU = torch.device("cpu")
SHOWN = 4  # images


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree with prepared images, and their first test images as files in `photos`."""
    monkeypatch.chdir(tmp_path)
    data = boxed.write_data(count=SHOWN)
    photos = Path("photos/some")
    photos.mkdir(parents=True)
    for number, image in enumerate(arrays.load(paths.prepared("boxed")).test_images):
        Image.fromarray(np.array(image)).save(photos / f"{number}.png")
    return data


def network(task, data, **changes):
    """A fresh network of a task in results/models/net."""
    folder = boxed.write_network("net", *NETWORKS[task], data)
    about = json.loads((folder / registry.DESCRIPTION).read_text()) | {"objective": task} | changes
    (folder / registry.DESCRIPTION).write_text(json.dumps(about))
    return folder


def predicted(*arguments, name="net"):
    predict_images.main([name, "photos", *arguments])
    folder = Path("predictions/net")
    assert sorted(path.name for path in folder.iterdir()) == ["predictions.csv", "sheet.png"]
    with open(folder / "predictions.csv", newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def pixels_of(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def widen():
    """Make the files twice as wide as the stored images."""
    for path in Path("photos/some").iterdir():
        Image.fromarray(pixels_of(path)).resize((144, 72), Image.Resampling.NEAREST).save(path)


def evaluated(folder):
    """What evaluation makes of the same images: the network's output for the stored pixels."""
    built, info = registry.load(folder, CPU)
    stored = arrays.load(paths.prepared("boxed")).test_images
    inputs = forward.preprocessing_of(info, CPU)(torch.from_numpy(np.array(stored)))
    with device.deterministic(), torch.inference_mode():
        return built(inputs)


@pytest.mark.parametrize("task", ["classification", "multilabel"])
def test_classes_are_those_of_the_evaluation(tree, task):
    output = evaluated(network(task, tree))
    scores = output.softmax(1) if task == "classification" else output.sigmoid()
    rows = predicted()
    assert [row["image"] for row in rows[::3]] == [f"some/{number}.png" for number in range(SHOWN)]
    assert [row["rank"] for row in rows[:3]] == ["1", "2", "3"]
    for number, own in enumerate(scores):
        told = {row["class"]: float(row["score"]) for row in rows[3 * number : 3 * number + 3]}
        assert list(told.values()) == sorted(told.values(), reverse=True)
        assert [told[name] for name in boxed.CLASSES] == pytest.approx(own.tolist(), abs=1e-4)
    assert len(predicted("--top", "1")) == SHOWN


def test_the_size_of_a_file_does_not_count(tree):
    network("classification", tree)
    before = predicted()
    widen()
    assert [row["class"] for row in predicted()] == [row["class"] for row in before]


def test_a_box_is_in_pixels_of_the_file(tree):
    output = evaluated(network("localisation", tree))
    widen()
    rows = predicted()
    assert len(rows) == SHOWN
    margin = (boxed.STORED - boxed.CROP) / 2
    for row, box in zip(rows, output[:, -4:].tolist(), strict=True):
        x0, y0, x1, y1 = (margin + boxed.CROP * side for side in box)
        expected = [2 * x0, y0, 2 * x1, y1]  # the file is twice as wide as the stored image
        assert [float(row[key]) for key in ("x0", "y0", "x1", "y1")] == pytest.approx(expected, abs=2)


def test_detections_are_those_of_the_analysis(tree):
    folder = network("detection", tree)
    built, info = registry.load(folder, CPU)
    data = arrays.load(paths.prepared("boxed"))
    scenes = truths.Scenes.of(data, info["crop"], SHOWN, "test")
    preprocessing = forward.preprocessing_of(info, CPU)
    found = finding.find(built, data.test_images, None, preprocessing, scenes, CPU, "test", masks=False).detections
    least = float(np.median(found.score))
    rows = predicted("--score", str(least))
    kept = found.score >= least
    assert 0 < len(rows) == kept.sum() < len(found)
    assert [boxed.CLASSES[kind] for kind in found.kind[kept]] == [row["class"] for row in rows]
    told = np.array([[float(row[key]) for key in ("x0", "y0", "x1", "y1")] for row in rows])
    assert told == pytest.approx(found.box[kept] + (boxed.STORED - boxed.CROP) / 2, abs=0.1)


def test_regions_are_proposed_for_a_network_that_is_given_them(tree, monkeypatch):
    meta = paths.prepared("boxed") / "meta.json"
    meta.write_text(json.dumps(json.loads(meta.read_text()) | {"proposals": 40}))
    asked = {"method": "sliding_windows", "count": 40}
    monkeypatch.setattr(config, "settings", lambda stage, name: asked if (stage, name) == ("propose", "boxed") else {})
    monkeypatch.setitem(NETWORKS, "detection", ("fast_rcnn", REGIONS | {"stride": "8"}))
    network("detection", tree)
    assert predicted("--score", "0")


def test_shares_of_pixels_and_their_colours(tree):
    kinds = evaluated(network("segmentation", tree)).argmax(1).numpy()
    rows = predicted()
    names = ["background", *boxed.CLASSES]
    for number, own in enumerate(kinds):
        told = {row["class"]: float(row["score"]) for row in rows if row["image"] == f"some/{number}.png"}
        assert told == {names[kind]: pytest.approx((own == kind).mean(), abs=1e-4) for kind in np.unique(own)}
    sheet = pixels_of("predictions/net/sheet.png")
    for kind in np.unique(kinds[kinds > 0]):  # of the legend
        assert (sheet == tuple(bytes.fromhex(class_colour(kind - 1)[1:]))).all(-1).any()


def test_the_same_bytes_come_again_and_a_sheet_counts_what_it_leaves_out(tree, monkeypatch):
    network("detection", tree)
    predicted("--score", "0")
    first = [path.read_bytes() for path in sorted(Path("predictions/net").iterdir())]
    predicted("--score", "0")
    assert [path.read_bytes() for path in sorted(Path("predictions/net").iterdir())] == first
    whole = pixels_of("predictions/net/sheet.png")
    monkeypatch.setattr(predict_images, "SHOWN", 2)
    predicted("--score", "0")
    part = pixels_of("predictions/net/sheet.png")
    assert part.shape[1] < whole.shape[1]
    assert part.shape[0] > whole.shape[0]  # a line more


def grey_network(tree):
    """One that takes grey images of 28 x 28 pixels alone."""
    with torch.random.fork_rng(devices=[]):
        built = registry.build("lenet", (28, 28, 1), 3, {})
    from safetensors.torch import save_file

    folder = network("classification", tree, model="lenet", network={}, shape=[28, 28, 1], crop=None)
    about = json.loads((folder / registry.DESCRIPTION).read_text()) | {"mean": [0.5], "std": [0.5]}
    (folder / registry.DESCRIPTION).write_text(json.dumps(about))
    save_file(built.state_dict(), folder / registry.WEIGHTS)


def test_grey_images_of_another_network(tree):
    grey_network(tree)
    meta = paths.prepared("boxed") / "meta.json"
    meta.write_text(json.dumps(json.loads(meta.read_text()) | {"shape": [28, 28, 1]}))
    assert len(predicted()) == 3 * SHOWN
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    grey = pictures.stored(pixels, (28, 28, 1))
    assert (grey[..., 0] == np.asarray(Image.fromarray(pixels).convert("L").resize((28, 28), 2))).all()


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda: Path("photos/a.txt").write_text("no"), DataError, r"photos: is no intact image .*: a\.txt; .*--skip"),
        (lambda: [Path(f"photos/{n:02}").touch() for n in range(30)], DataError, r"30 files .* and 10 more; remove"),
        (lambda: Path("photos").rename("elsewhere"), DataError, "photos: there is no such folder or image"),
        (lambda: (Path("photos").rename("elsewhere"), Path("photos").mkdir()), DataError, "photos: an empty folder"),
        (lambda: Path("results/models/net").rename("results/models/other"), ArtifactError, "trained are: other"),
        (lambda: Path("results/models/net/model.safetensors").write_bytes(b"x"), ArtifactError, "make it again"),
        (lambda: Path("data/prepared/boxed/meta.json").unlink(), ArtifactError, "or say the size with --size"),
    ],
)
def test_one_message_and_nothing_half_written(tree, spoil, error, message):
    network("classification", tree)
    spoil()
    with pytest.raises(error, match=message):
        predict_images.main(["net", "photos"])
    assert not [path for path in Path().rglob("*") if path.name in ("predictions.csv", "sheet.png", "net.lock")]


@pytest.mark.parametrize("task", ["reconstruction", "pairs", None])
def test_a_task_without_prediction(tree, task):
    network("classification", tree, objective=task)
    with pytest.raises(ConfigError, match=f"its task is {task}, for which there is no prediction"):
        predict_images.main(["net", "photos"])


def test_what_is_no_image_can_be_left_out(tree, capsys):
    network("classification", tree)
    Path("photos/notes.txt").write_text("no image")
    Path("photos/.hidden").write_text("not looked at")
    assert len(predicted("--skip")) == 3 * SHOWN
    assert (
        "images: 4, files left out, which are no images: 1. Written: predictions/net/predictions.csv"
        in capsys.readouterr().out
    )
    for path in Path("photos/some").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="give images"):
        predict_images.main(["net", "photos", "--skip"])


def test_a_size_stands_in_for_the_data_set(tree):
    network("classification", tree)
    before = predicted()
    (paths.prepared("boxed") / "meta.json").unlink()
    assert predicted("--size", str(boxed.STORED)) == before
    with pytest.raises(ConfigError, match="crop: 64 is more than"):
        predict_images.main(["net", "photos", "--size", "32"])


@pytest.mark.parametrize("size", ["0", "100000", "big"])
def test_a_size_that_no_data_set_can_have(tree, size, capsys):
    with pytest.raises(SystemExit, match="2"):
        predict_images.main(["net", "photos", "--size", size])
    assert "--size" in capsys.readouterr().err


def test_a_size_that_the_network_cannot_take(tree):
    grey_network(tree)
    predict_images.main(["net", "photos", "--size", "28"])
    with pytest.raises(
        ConfigError, match=r"net was trained on images of 28x28 .* cannot take those of 20x20; .*--size"
    ):
        predict_images.main(["net", "photos", "--size", "20"])


@pytest.mark.parametrize("key", ["crop", "mean", "dataset", "data"])
def test_a_description_that_lacks_something(tree, key):
    path = network("classification", tree) / registry.DESCRIPTION
    path.write_text(json.dumps({name: value for name, value in json.loads(path.read_text()).items() if name != key}))
    with pytest.raises(ArtifactError, match=rf"network\.json: damaged \(it does not say: {key}\); make it again"):
        predict_images.main(["net", "photos"])


@pytest.mark.parametrize("output", ["photos/out", "photos", "kept"])
def test_nothing_of_the_users_is_replaced(tree, output):
    network("classification", tree)
    Path("kept").mkdir()
    Path("kept/mine.txt").write_text("mine")
    before = sorted(Path().rglob("*"))
    with pytest.raises(ConfigError, match=f"--output {output} .* another folder"):
        predict_images.main(["net", "photos", "--output", output])
    assert sorted(Path().rglob("*")) == before


def test_any_name_of_a_file_and_paths_from_elsewhere(tree, tmp_path):
    network("classification", tree)
    odd = Path('photos/some/a, "b"\nc.png')
    Path("photos/some/0.png").rename(odd)
    raw = os.fsencode("photos/some/") + b"\xff.png"
    os.rename("photos/some/1.png", raw)
    folder = tmp_path / "photos"
    predict_images.main([str(paths.model("net").absolute()), "some", "--output", "../out"], started=folder)
    with open("out/predictions.csv", newline="", encoding="utf-8") as stream:
        names = list(dict.fromkeys(row["image"] for row in csv.DictReader(stream)))
    assert names == ["2.png", "3.png", 'a, "b"\nc.png', "\\xff.png"]
