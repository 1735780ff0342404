import json
import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from revisit import files
from revisit.errors import ArtifactError, ConfigError
from revisit.events import tables
from revisit.reference import store, thin
from revisit.reference.keep import keep, machine, versions


@pytest.fixture
def root(tmp_path):
    return tmp_path / "reference"


def test_what_is_kept_is_read_again_with_all_that_made_it(clone, published, root):
    clone.write("benchmarks/results/train/small.tsv", "s\tcpu_time\n12.34\t-\n")
    clone.write("benchmarks/results/embed/small.tsv", "s\tcpu_time\n2.0\t1.5\n")
    os.utime(clone.findings / "train.json", (86400 * 365, 86400 * 365))
    assert keep("small", {"paper": published}, clone.folder, root=root) == root / "small"
    reference = store.read("small", root)
    made = reference.description
    assert made.commit == clone.git("rev-parse", "HEAD")
    assert (made.date, made.device, made.replicates) == ("1971-01-01", "cpu", 2)
    assert (made.seconds, made.cpu_seconds) == ({"train": 12.3, "embed": 2.0}, {"embed": 1.5})
    assert made.data.model_dump() == {
        "dataset": "dots",
        "provenance": "published",
        "weights": None,
        "sha256": {"a.npy": "a" * 64, "b.npy": "b" * 64},
    }
    assert made.settings["train"]["runs"].keys() == {"base", "slow"}
    assert made.first_steps.variant == "base"
    assert made.first_steps.loss == [pytest.approx(2.0 / step) for step in range(1, 21)]
    assert made.machine == machine("cpu")
    assert {"python", "torch", "numpy"} <= made.versions.keys()
    assert made.thinned == []
    assert "embed/points.csv" in made.files
    assert not any(".snakemake" in name for name in made.files)
    assert set(reference.metrics()) == {"train", "embed"}
    assert not (root / files.PARTIAL).exists()


def test_what_is_left_of_events_is_kept_where_it_is_there(clone, published, root):
    left = ("runs/gradients.csv", "runs/inputs.csv", "runs/inputs.npy")
    keep("small", {"paper": published}, clone.folder, root=root)  # a training of an earlier version
    assert not set(left) & store.read("small", root).description.files.keys()
    clone.table(left[0], {"step": [20], "layer": ["fc1"], **{key: [0.5] for key in tables.ENDS}})
    clone.table(left[1], {"step": [20]})
    files.write_array(clone.findings / left[2], np.zeros((1, 6, 64, 64, 3), np.uint8))
    keep("small", {"paper": published}, clone.folder, root=root)
    reference = store.read("small", root)
    assert set(left) <= reference.description.files.keys()
    assert tables.gradients(reference.folder)["layer"].tolist() == ["fc1"]
    assert tables.inputs(reference.folder).steps.tolist() == [20]


def test_proposals_are_kept_with_the_training_that_used_them(clone, published, root):
    published["train"]["dataset"] = "regions"
    published["propose"] = {"proposals": "regions", "dataset": "dots", "method": "sliding_windows", "count": 5}
    clone.record("train/small", published["train"])
    clone.record("propose/regions", published["propose"])
    clone.json("data/prepared/regions/meta.json", {"provenance": "published", "sha256": {"a.npy": "c" * 64}})
    with pytest.raises(ArtifactError, match=r"regions/proposals\.json is missing"):
        keep("small", {"paper": published}, clone.folder, root=root)
    clone.json("results/findings/regions/proposals.json", {"recall_50": {"boxes_5": 0.5}})
    clone.write("results/findings/regions/proposals/recall.csv", "method,boxes,iou,recall\nsliding_windows,5,0.5,0.5\n")
    clone.write("benchmarks/results/propose/regions.tsv", "s\tcpu_time\n3.0\t4.0\n")
    keep("small", {"paper": published}, clone.folder, root=root)
    reference = store.read("small", root)
    made = reference.description
    assert (made.data.dataset, made.data.sha256) == ("regions", {"a.npy": "c" * 64})
    assert made.settings["prepare"]["dataset"] == "dots"
    assert made.seconds["propose"] == 3.0
    assert "proposals/recall.csv" in made.files
    assert reference.metrics()["proposals"] == {"recall_50": {"boxes_5": 0.5}}
    clone.record("propose/regions", published["propose"] | {"count": 4})
    with pytest.raises(ConfigError, match=r"propose was not run as published.*count;"):
        keep("small", {"paper": published}, clone.folder, root=root)


def test_the_same_results_are_the_same_bytes(clone, published, root):
    contents = []
    for _ in range(2):
        keep("small", {"paper": published}, clone.folder, root=root)
        contents.append({path: path.read_bytes() for path in store.paths_of("small", root)})
    assert contents[0] == contents[1]


def refused(error, words, clone, published, root, **options):
    keep("small", {"paper": published}, clone.folder, root=root)
    before = {path: path.read_bytes() for path in store.paths_of("small", root)}

    def check():
        with pytest.raises(error, match=words):
            keep("small", {"paper": published}, clone.folder, root=root, **options)
        assert {path: path.read_bytes() for path in store.paths_of("small", root)} == before

    return check


def test_another_protocol_is_refused_by_its_keys(clone, published, root):
    check = refused(
        ConfigError, r"small: train was not run as published.*runs\.base\.steps.*scale: paper", clone, published, root
    )
    published["train"]["runs"]["base"]["steps"] = 15000
    check()


def test_fewer_images_are_refused(clone, published, root):
    check = refused(ConfigError, "prepare was not run as published.*train;", clone, published, root)
    published["prepare"]["train"] = 60000
    check()


def test_edited_code_is_refused(clone, published, root):
    check = refused(ConfigError, "edited since the last commit: workflow/code.py; commit it", clone, published, root)
    clone.code.write_text("steps = 1\n")
    check()


def test_results_of_other_code_are_refused(clone, published, root):
    check = refused(ConfigError, "made with other code than workflow/code.py", clone, published, root)
    clone.code.write_text("steps = 1\n")
    clone.git("commit", "-qam", "other")
    check()


def test_a_folder_without_git_is_refused(clone, published, root, tmp_path):
    check = refused(ConfigError, "comes from a clone of git", clone, published, root)
    (clone.folder / ".git").rename(tmp_path / "elsewhere")
    check()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"provenance": {"data": "drawn", "weights": None}}, "its data are stand-ins; take the published ones"),
        ({"provenance": {"data": "published", "weights": "drawn"}}, "its weights are stand-ins"),
        ({"provenance": {"data": "copy", "weights": None}}, "not the data that small was trained on"),
        ({"diverged": True}, "runs of the kept variant base diverged"),
        ({"variants": {"base": {"runs": 2, "diverged": 1}, "slow": {"runs": 2, "diverged": 0}}}, "base diverged"),
        ({"variants": {"base": {"runs": 1, "diverged": 0}, "slow": {"runs": 2, "diverged": 0}}}, "1 of 2 runs of base"),
        ({"variants": {"base": {"runs": 2, "diverged": 0}}}, "0 of 2 runs of slow are there; train small to its end"),
    ],
)
def test_stand_ins_and_unfinished_runs_are_refused(clone, published, root, changes, words):
    check = refused(ArtifactError, words, clone, published, root)
    clone.train(
        {"device": "cpu", "diverged": False, **json.loads((clone.findings / "train.json").read_text()), **changes}
    )
    check()


def test_a_variant_that_is_not_kept_may_diverge(clone, published, root):
    clone.train(
        {
            "device": "cpu",
            "diverged": False,
            "variants": {"base": {"runs": 2, "diverged": 0}, "slow": {"runs": 2, "diverged": 2}},
        }
    )
    keep("small", {"paper": published}, clone.folder, root=root)
    assert store.read("small", root).metrics()["train"]["variants"]["slow"]["diverged"] == 2


def test_a_missing_analysis_is_refused_unless_it_is_named(clone, published, root):
    check = refused(ArtifactError, "embed.json is missing: run the stage that makes it", clone, published, root)
    (clone.findings / "embed.json").unlink()
    check()
    keep("small", {"paper": published}, clone.folder, without=["embed"], root=root)
    assert "embed" not in store.read("small", root).description.settings


def test_large_findings_are_thinned(clone, published, root):
    steps = np.arange(1, 40001)
    runs = [(name, number) for name in ("base", "slow") for number in range(2)]
    frames = {"variant": [], "replicate": [], "step": [], "loss": []}
    for name, number in runs:
        frames["variant"] += [name] * len(steps)
        frames["replicate"] += [number] * len(steps)
        frames["step"] += list(steps)
        frames["loss"] += list(np.linspace(2, 1, len(steps)) + number)
    frames["loss"][-1] = np.nan
    clone.table("runs/history.csv", frames)
    clone.table(
        "history.csv",
        {"step": steps, "epoch": steps / 1000, "learning_rate": 0.1, "loss": np.linspace(2, 1, len(steps))},
    )
    rows = list(range(30000))
    clone.table("embed/points.csv", {"layer": "fc1", "row": rows, "label": "3 7", "x": 1 / 3, "y": 2 / 3})
    sprite = {"columns": 32, "tile": [20, 20], "rows": rows[::10], "classes": ["3 7"]}  # 3,000 tiles, of which a third
    clone.json("results/findings/small/embed/sprite.json", sprite)
    grey = np.kron(np.arange(94 * 32).reshape(94, 32) % 200, np.ones((20, 20)))[..., None]
    noise = np.random.default_rng(0).integers(0, 50, (94 * 20, 32 * 20, 3))
    Image.fromarray((grey + noise).astype(np.uint8)).save(clone.findings / "embed/thumbnails.png")
    keep("small", {"paper": published}, clone.folder, root=root)
    reference = store.read("small", root)
    assert sorted(reference.description.thinned) == [
        "embed/points.csv",
        "embed/thumbnails.png",
        "history.csv",
        "runs/history.csv",
    ]
    assert all(path.stat().st_size <= thin.LARGEST for path in store.paths_of("small", root))
    table = pd.read_csv(reference.folder / "runs/history.csv.gz")
    assert list(table) == ["variant", "replicate", "step", "loss"]
    for (name, number), own in table.groupby(["variant", "replicate"]):
        assert own["step"].is_monotonic_increasing
        assert own["step"].iloc[-1] == 40000
        if (name, number) == ("slow", 1):
            assert np.isnan(own["loss"].iloc[-1])  # not hidden in a mean
        else:
            assert own["loss"].mean() == pytest.approx(1.5 + number, abs=1e-3)
    single = pd.read_csv(reference.folder / "history.csv.gz")
    every = single["step"].iloc[0]
    assert single["loss"].iloc[0] == pytest.approx(np.linspace(2, 1, 40000)[:every].mean())
    assert single["epoch"].iloc[0] == every / 1000
    points = pd.read_csv(reference.folder / "embed/points.csv", dtype={"label": str})
    assert list(points["row"]) == rows[::30]
    assert set(points["label"]) == {"3 7"}
    kept = json.loads((reference.folder / "embed/sprite.json").read_bytes())
    assert kept == sprite | {"rows": rows[::30]}
    with Image.open(reference.folder / "embed/thumbnails.webp") as picture:
        assert picture.size == (32 * 20, 32 * 20)
        means = np.asarray(picture).reshape(32, 20, 32, 20, 3).mean(axis=(1, 3, 4)).ravel()[:1000]
    assert np.abs(means - (np.arange(0, 3000, 3) % 200 + 24.5)).max() < 10  # every third tile
    assert not (reference.folder / "embed/thumbnails.png").exists()
    assert reference.description.first_steps.loss[1] == pytest.approx(np.linspace(2, 1, 40000)[1])  # before thinning


def test_what_stays_too_large_is_refused_by_name(clone, published, root):
    check = refused(ArtifactError, r"embed/maps.npy: 1.2 MB, more than 1: too large", clone, published, root)
    (clone.findings / "embed/maps.npy").write_bytes(bytes(1_200_000))
    check()


def test_versions_are_those_of_the_packages():
    assert versions(lambda package: f"{package} 1")["torch"] == "torch 1"


@pytest.fixture
def shortened(published):
    """The settings of a laptop: fewer steps of the same."""
    asked = json.loads(json.dumps(published))
    asked["train"]["runs"]["base"]["steps"] = 100
    return asked


def test_what_was_run_at_laptop_scale_is_kept_as_that(clone, published, shortened, root):
    clone.record("train/small", shortened["train"])
    keep("small", {"laptop": shortened, "paper": published}, clone.folder, root=root)
    assert store.read("small", root).description.scale == "laptop"


def test_what_is_the_same_at_both_scales_is_kept_as_published(clone, published, root):
    keep("small", {"laptop": published, "paper": published}, clone.folder, root=root)
    assert store.read("small", root).description.scale == "paper"


def test_laptop_scale_does_not_take_the_place_of_paper_scale(clone, published, shortened, root):
    asked = {"laptop": shortened, "paper": published}
    keep("small", asked, clone.folder, root=root)
    clone.record("train/small", shortened["train"])
    with pytest.raises(ConfigError, match="was run at paper scale, and small at laptop scale"):
        keep("small", asked, clone.folder, root=root)
    assert store.read("small", root).description.scale == "paper"


def test_paper_scale_takes_the_place_of_laptop_scale(clone, published, shortened, root):
    asked = {"laptop": shortened, "paper": published}
    clone.record("train/small", shortened["train"])
    keep("small", asked, clone.folder, root=root)
    clone.record("train/small", published["train"])
    keep("small", asked, clone.folder, root=root)
    assert store.read("small", root).description.scale == "paper"
