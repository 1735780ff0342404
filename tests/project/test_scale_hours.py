"""All trainings at laptop scale fit into a night on two cores, by the count of benchmarks/scale_hours.py."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = {"train": 1000, "test": 200, "size": None, "format": "cifar", "classes": ["a"] * 10}
PROTOCOL = {
    "model": "lenet",
    "network": {},
    "objective": {"name": "classification"},
    "batch_size": 50,
    "steps": 100,
    "epochs": None,
    "evaluate_every": 40,
    "crop": 28,
    "flip": False,
    "freeze": None,
}
FOUND = {"model": "localiser", "network": {"backbone": "small_convnet", "hidden": 8}, "crop": None}  # finds objects
SCENES = DATA | {"size": 32, "format": "voc"}
IMAGE = 2 * (28 * 28 * 75 * 32 + 14 * 14 * 800 * 64 + 3136 * 1024 + 1024 * 10)  # LeNet's operations
WEIGHTS = 76 * 32 + 801 * 64 + 3137 * 1024 + 1025 * 10


@pytest.fixture(scope="module")
def counting():
    """benchmarks/scale_hours.py."""
    path, sys.path[:0] = list(sys.path), [str(ROOT / "benchmarks")]
    spec = importlib.util.spec_from_file_location("scale_hours", ROOT / "benchmarks" / "scale_hours.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = path
    sys.modules.pop("timing", None)


@pytest.fixture(scope="module")
def laptop(counting):
    """Trainings and core hours of each study."""
    return counting.by_study(counting.hours("laptop"))


def test_laptop_scale_is_a_night_on_two_cores(counting, laptop):
    allowed = counting.CORES * counting.NIGHT * counting.SHARE
    assert sum(hours for _, hours in laptop.values()) <= allowed == pytest.approx(12.8)
    assert all(hours > 0.1 for _, hours in laptop.values())


def test_the_page_has_this_table(laptop):
    """At laptop scale; what paper scale takes is counted in a minute, by `--write`."""
    lines = (ROOT / "docs/scales.md").read_text(encoding="utf-8").splitlines()
    for study, (trainings, hours) in laptop.items():
        start = f"| {study} | {trainings} | {hours:.1f} | "
        assert sum(line.startswith(start) for line in lines) == 1  # else: python benchmarks/scale_hours.py --write


def test_the_table_is_written_between_its_marks(counting, tmp_path, monkeypatch):
    counted = {"laptop": 0.5, "paper": 1234.0}
    monkeypatch.setattr(counting, "hours", lambda scale: [counting.Hours("fashion", "net", 6, counted[scale])])
    page = tmp_path / "scales.md"
    before, after = "# Scales\n", "\nThe rest.\n"
    page.write_text(before + counting.MARKS[0] + "old\n" + counting.MARKS[1] + after, encoding="utf-8")
    counting.write(page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(before + counting.MARKS[0])
    assert text.endswith(counting.MARKS[1] + after)
    assert "old" not in text
    assert "| fashion | 6 | 0.5 | 1,234 |\n| all | 6 | 0.5 | 1,234 |" in text


def test_a_training_is_its_steps_its_evaluations_and_its_weights(counting):
    images = 3 * 100 * 50 + 3 * (200 + 200)  # forward and twice that backward; after steps 40, 80 and 100
    weights = 100 * WEIGHTS * counting.UPDATE
    assert counting.seconds(PROTOCOL, DATA) == pytest.approx(images * IMAGE / counting.RATE + weights)
    in_epochs = PROTOCOL | {"steps": None, "epochs": 5}
    assert counting.seconds(in_epochs, DATA) == counting.seconds(PROTOCOL, DATA)


def test_nothing_goes_backward_through_frozen_layers(counting):
    frozen = PROTOCOL | {"freeze": {"layers": ["conv1"], "steps": None}}
    thawed = PROTOCOL | {"freeze": {"layers": ["conv1"], "steps": 40}}
    images = 100 * 50 + 3 * 400
    assert counting.seconds(frozen, DATA) == pytest.approx(images * IMAGE / counting.RATE)
    saved = 40 * 2 * 50 * IMAGE / counting.RATE
    assert counting.seconds(thawed, DATA) == pytest.approx(counting.seconds(PROTOCOL, DATA) - saved)


def test_a_fixed_trunk_is_passed_once_for_each_image(counting):
    """Twice where images are mirrored, and in every step and evaluation where they are cropped."""
    fixed = PROTOCOL | FOUND | {"freeze": {"layers": ["features"], "steps": None}}
    whole = counting.network("localiser", (32, 32, 3), 10, tuple(FOUND["network"].items()))
    above = (3 * 100 * 50 + 3 * 400) * whole.image / counting.RATE + 100 * whole.parameters * counting.UPDATE
    for flip, images in ((False, 1000 + 200), (True, 2 * 1000 + 200)):
        below = images * whole.trunk.image / counting.RATE
        assert counting.seconds(fixed | {"flip": flip}, SCENES) == pytest.approx(above + below)
    below = (100 * 50 + 3 * 400) * whole.trunk.image / counting.RATE
    cropped = fixed | {"crop": 32, "flip": True}
    assert counting.seconds(cropped, SCENES | {"size": 40}) == pytest.approx(above + below)


def test_a_trunk_that_learns_costs_what_its_network_does(counting):
    whole = counting.network("localiser", (32, 32, 3), 10, tuple(FOUND["network"].items()))
    images, trunk = 3 * 100 * 50 + 3 * 400, whole.trunk
    weights = 100 * (whole.parameters + trunk.parameters) * counting.UPDATE
    taken = images * (whole.image + trunk.image) / counting.RATE + weights
    assert counting.seconds(PROTOCOL | FOUND, SCENES) == pytest.approx(taken)
    assert trunk.image == 2 * (
        16 * 16 * 27 * 16 + 8 * 8 * (144 * 32 + 288 * 64) + 4 * 4 * 576 * 128 + 2 * 2 * 1152 * 128
    )


def test_a_trunk_has_the_rate_of_its_network(counting, monkeypatch):
    mobile = PROTOCOL | FOUND | {"network": {"backbone": "mobilenet_v2", "hidden": 8}}
    before = counting.seconds(mobile, SCENES)
    images = 3 * 100 * 50 + 3 * 400
    below = images * counting.network("localiser", (32, 32, 3), 10, tuple(mobile["network"].items())).trunk.image
    monkeypatch.setitem(counting.SLOWER, "mobilenet_v2", counting.RATE)
    gained = below / 20e9 - below / counting.RATE
    assert counting.seconds(mobile, SCENES) == pytest.approx(before - gained)


def test_regions_that_are_warped_go_through_the_trunk_each(counting):
    """And no two are alike: what is held fixed is computed in every step."""
    settings = {"backbone": "small_convnet", "hidden": 8, "warp": 32, "bins": 2, "regions": 4}
    found = counting.network("rcnn", (64, 64, 3), 10, tuple(settings.items()))
    alone = counting.network("localiser", (32, 32, 3), 10, tuple(FOUND["network"].items()))
    assert (found.trunk.image, found.trunk.region) == (0, alone.trunk.image)
    fixed = PROTOCOL | {
        "model": "rcnn",
        "network": settings,
        "crop": 64,
        "freeze": {"layers": ["features"], "steps": None},
    }
    above = 3 * (100 * 50 * 4) * found.region + 3 * 400 * 9 * found.region
    below = (100 * 50 * 4 + 3 * 400 * 9) * found.trunk.region
    image = (3 * 100 * 50 + 3 * 400) * found.image
    weights = 100 * found.parameters * counting.UPDATE
    taken = (above + below + image) / counting.RATE + weights
    assert counting.seconds(fixed, SCENES | {"size": 64}, proposals=9) == pytest.approx(taken)


def test_what_a_cluster_is_asked_by_is_this_count(counting):
    """On a few networks; all of them take a minute: python benchmarks/scale_hours.py --count."""
    some = {"lenet", "cifar_convnet", "cifar_resnet"}
    for _, _, training, data, _ in counting.trainings("paper"):
        first = next(iter(training["runs"].values()))
        if first["model"] not in some:
            continue
        some.remove(first["model"])
        kept = counting.work.table()[first["model"]][counting.work.key(first["network"])]
        what = counting.described(first, data)
        assert kept.network == counting.network(*what)
        assert [kept.side, kept.values, kept.region_values] == [what[1][0], *counting.values(*what)]
    assert not some


def test_networks_that_wait_for_something_else_are_as_slow_as_measured(counting):
    recurrent = PROTOCOL | {"model": "recurrent", "batch_size": 128, "steps": 260, "evaluate_every": 260}
    assert counting.seconds(recurrent, DATA | {"test": 192}) == pytest.approx(20 + 1 / 13)


def test_the_readme_s_costs_are_those_of_the_count(counting):
    page, readme = counting.PAGE.read_text(), (ROOT / "README.md").read_text()
    hours = {row[0]: row[1:] for row in re.findall(r"^\| ([a-z]+) \| \d+ \| ([\d.]+) \| ([\d,.]+) \|$", page, re.M)}
    laptop, paper = hours["all"]
    assert f"take {laptop} core hours, about {float(laptop) / counting.CORES:.0f} on {counting.CORES} cores" in readme
    assert f"on CPU cores {paper} core hours" in readme
    cost = (ROOT / "workflow/revisit_engines/pieces/cost.py").read_text()
    times_a_core = float(re.search(r"^RATE = (\S+)", cost, re.M)[1]) / counting.RATE
    on_gpu, detection = (
        round(float(found.replace(",", "")) / times_a_core) for found in (paper, hours["detection"][1])
    )
    price = int(re.search(r"The price\s+assumed is (\d+) dollars", readme)[1])
    assert f"about {on_gpu} on one GPU, {detection} of them" in readme
    assert f"| {price * on_gpu} dollars |" in readme
