import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from revisit import paths
from revisit.errors import ArtifactError, ConfigError
from revisit.report import claims, figures, panel, study
from revisit.report.collect import collect

PARAMETERS = {
    "id": "fashion_fc2",
    "study": "fashion",
    "source": "S0",
    "place": "Q 0.1",
    "statement": "fc2",
    "published": 11264,
    "ours": "fashion_dynamic.inspect.parameters.fc2",
    "rule": {"kind": "exact"},
    "comparable": ["demo"],
    "data": "none",
    "figure": "parameters",
}
DIFFERENCE = PARAMETERS | {
    "id": "fashion_same",
    "published": 0,
    "ours": "fashion_dynamic.statistics.difference.fashion_static.largest",
}


@pytest.fixture
def collected(findings, stage_settings):
    settings = stage_settings()["collect"]
    collect(settings["studies"], settings["stages"], findings, paths.COLLECTED)
    return paths.collected("fashion")


def render(settings, entries=(PARAMETERS, DIFFERENCE)):
    ledger = [claims.Claim.model_validate(entry) for entry in entries]
    study.render(settings, ledger, paths.collected("fashion"), paths.study("fashion"))
    return json.loads((paths.study("fashion") / "study.json").read_text())


def flat(blocks):
    for block in blocks:
        yield from flat(block["blocks"]) if block["kind"] == "row" else [block]


def test_every_section_its_files_and_the_same_bytes_twice(collected, stage_settings):
    described = render(stage_settings()["study"])
    sections = [section["id"] for section in described["sections"]]
    wanted = "results curves gap jumps smoothness classes parameters filters probes embedding neighbours"
    assert sections == wanted.split()
    assert set(sections) <= set(panel.sections())
    folder = paths.study("fashion")
    blocks = [block for section in described["sections"] for block in flat(section["blocks"])]
    assert all((folder / block["file"]).stat().st_size > 0 for block in blocks)
    assert all(block["alt"] and block["title"] and block["made_by"] for block in blocks if block["kind"] == "figure")
    ids = [block["id"] for block in blocks] + sections
    assert len(ids) == len(set(ids))
    rows = json.loads((folder / "claims.json").read_text())
    assert [(row["ours"], row["verdict"]) for row in rows] == [(10250, "not reproduced"), (0.0, "agrees")]
    assert described["provenance"] == {"fashion_mnist": "drawn"}
    statistics = described["experiments"]["fashion_static"]["statistics"]
    assert statistics["overfitting"]["last_step"] == 400

    def content():
        return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    first = content()
    render(stage_settings()["study"])
    assert content() == first
    assert not any(str(collected.absolute()).encode() in data for data in first.values())


def blocks_of(described, name):
    return {block["id"]: block for block in flat(next(s["blocks"] for s in described["sections"] if s["id"] == name))}


def test_both_ways_of_logging_are_tested_for_jumps(collected, stage_settings):
    described = render(stage_settings()["study"])
    found = blocks_of(described, "jumps")
    assert list(found) == ["jumps-test", "jumps-epoch-mean"]
    statistics = described["experiments"]["fashion_dynamic"]["statistics"]
    for name, of_way in (("jumps-test", statistics), ("jumps-epoch-mean", statistics["epoch_mean"])):
        jumps = of_way["jumps"]["epoch_4"]
        told = f"dynamic graph: {jumps['count']} of 3 boundaries, mean z {jumps['mean_z']:.1f}".replace("-", "−")
        assert told in found[name]["caption"]
    assert "dynamic graph: 3 of 3 boundaries" in found["jumps-epoch-mean"]["caption"]  # they come of the logging alone
    assert "dynamic graph: 0 of 3 boundaries" in found["jumps-test"]["caption"]
    files = [(paths.study("fashion") / block["file"]).read_bytes() for block in found.values()]
    assert files[0] != files[1]


def test_the_close_up_shows_the_epoch_mean_and_its_roughness_is_in_the_table(collected, stage_settings):
    found = blocks_of(render(stage_settings()["study"]), "smoothness")
    svg = (paths.study("fashion") / found["smoothness-closeup"]["file"]).read_text()
    assert "dynamic graph, mean since the epoch began" in svg
    assert [column["key"] for column in found["roughness"]["columns"]][1:4] == ["raw", "running_mean", "epoch_mean"]
    rows = pd.read_csv(paths.study("fashion") / found["roughness"]["file"]).set_index("experiment")
    history = pd.read_csv(collected / "fashion_dynamic/history.csv")
    epoch = (history["step"] - 1) // 40
    mean = history["loss"].groupby(epoch).expanding().mean().droplevel(0)
    inside = mean.diff()[epoch == epoch.shift()]
    assert rows.loc["fashion_dynamic", "epoch_mean"] == pytest.approx(inside.std(ddof=0))


@pytest.mark.usefixtures("undrawn")
def test_an_addition_says_why_and_is_no_other_protocol(collected, stage_settings):
    settings = stage_settings()["study"]
    settings["experiments"]["fashion_static"]["addition"] = "to see the noise of rounding"
    described = render(settings)
    assert "smoothness" in [section["id"] for section in described["sections"]]  # still the dynamic graph's twin
    (table,) = blocks_of(described, "results").values()
    rows = pd.read_csv(paths.study("fashion") / table["file"]).set_index("experiment")["addition"]
    assert rows["fashion_static"] == "to see the noise of rounding"
    assert pd.isna(rows["fashion_dynamic"])


@pytest.mark.usefixtures("undrawn")
def test_sections_without_findings_are_left_out(findings, stage_settings):
    kept = ["train.json", "history.csv", "evaluations.csv", "runs", "inspect.json", "inspect"]
    stages = dict.fromkeys(("fashion_dynamic", "fashion_static"), "train")
    collect({"fashion": dict.fromkeys(stages, kept)}, stages, findings, paths.COLLECTED)
    described = render(stage_settings()["study"])
    sections = [section["id"] for section in described["sections"]]
    assert sections == ["results", "curves", "gap", "jumps", "smoothness", "parameters", "filters"]


def test_a_diverged_run_is_drawn_and_judged(findings, stage_settings):
    for folder in findings.iterdir():
        history = pd.read_csv(folder / "history.csv")
        history.loc[history["step"] > 30, "loss"] = np.nan
        history.to_csv(folder / "history.csv", index=False)
        of_all = pd.read_csv(folder / "runs/history.csv")
        of_all.loc[of_all["step"] > 30, "loss"] = np.nan
        of_all.to_csv(folder / "runs/history.csv", index=False)
        evaluations = pd.read_csv(folder / "evaluations.csv")
        evaluations[["train_loss", "test_loss"]] = np.nan
        evaluations.to_csv(folder / "evaluations.csv", index=False)
        scores = pd.read_csv(folder / "evaluate/per_class.csv")
        scores[["average_precision", "auc"]] = np.nan
        scores.to_csv(folder / "evaluate/per_class.csv", index=False)
        nothing = {"train": ["train_loss", "test_loss"], "evaluate": ["macro_auc", "micro_auc", "hardest_class"]}
        for name, keys in nothing.items():
            path = folder / f"{name}.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | dict.fromkeys(keys)))
    settings = stage_settings()["collect"]
    collect(settings["studies"], settings["stages"], findings, paths.COLLECTED)
    render(stage_settings()["study"])
    rows = json.loads((paths.study("fashion") / "claims.json").read_text())
    assert [row["verdict"] for row in rows] == ["not reproduced", "not testable at this scale"]
    assert rows[1]["reason"] == "a run was too short, or it diverged"


@pytest.mark.usefixtures("undrawn")
def test_a_claim_has_the_scale_of_the_experiments_that_it_compares(collected, stage_settings):
    scales = {"fashion_dynamic": "laptop", "fashion_static": "paper"}
    described = render(stage_settings(scales=scales)["study"], [DIFFERENCE, PARAMETERS])
    assert described["scales"] == scales
    rows = json.loads((paths.study("fashion") / "claims.json").read_text())
    assert [row["scale"] for row in rows] == ["laptop", "laptop"]
    assert render(stage_settings()["study"])["scales"] == dict.fromkeys(scales, "demo")


@pytest.mark.usefixtures("undrawn")
def test_a_figure_that_is_not_there_is_a_mistake_of_the_ledger(collected, stage_settings):
    with pytest.raises(ConfigError, match="claim fashion_fc2: figure nowhere"):
        render(stage_settings()["study"], [PARAMETERS | {"figure": "nowhere"}])
    assert not paths.study("fashion").exists()


@pytest.mark.usefixtures("undrawn")
def test_a_link_to_a_section_that_this_run_does_not_have_is_dropped(collected, stage_settings):
    settings = stage_settings()["study"]
    settings["experiments"]["fashion_static"]["batch_size"] += 1  # no longer the dynamic graph's twin
    described = render(settings, [DIFFERENCE | {"figure": "smoothness"}])
    assert "smoothness" not in [section["id"] for section in described["sections"]]
    assert json.loads((paths.study("fashion") / "claims.json").read_text())[0]["figure"] is None


@pytest.mark.usefixtures("undrawn")
def test_a_claim_finds_what_was_found_of_the_proposals_of_a_training(collected, stage_settings):
    settings = stage_settings()["study"]
    settings["experiments"]["fashion_dynamic"]["dataset"] = "regions"
    metrics = json.loads((collected / "metrics.json").read_text())
    metrics["regions"] = {"proposals": {"recall_50": {"boxes_100": 0.75}}}
    (collected / "metrics.json").write_text(json.dumps(metrics))
    recall = PARAMETERS | {"published": 0.75, "ours": "fashion_dynamic.proposals.recall_50.boxes_100"}
    other = recall | {"id": "fashion_other", "ours": "fashion_static.proposals.recall_50.boxes_100"}
    render(settings, [recall, other])
    rows = json.loads((paths.study("fashion") / "claims.json").read_text())
    assert [row["verdict"] for row in rows] == ["agrees", "not testable at this scale"]
    assert rows[0]["ours"] == 0.75


def test_missing_findings_name_what_to_run(collected, stage_settings):
    (collected / "fashion_dynamic/evaluate/roc.csv").unlink()
    with pytest.raises(ArtifactError, match=r"roc\.csv"):
        render(stage_settings()["study"])
    (collected / "metrics.json").write_text("{}")
    with pytest.raises(ArtifactError, match="no experiment fashion_dynamic"):
        render(stage_settings()["study"])
    (collected / "metrics.json").unlink()
    with pytest.raises(ArtifactError, match="dvc repro collect"):
        render(stage_settings()["study"])


DAMAGE = [
    ("history.csv", "", "there is no column step, loss"),
    ("history.csv", "1,0.1,0.01,2.3,0.1\n", "there is no column step, loss"),
    ("evaluations.csv", "", "there is no column step, train_loss, train_accuracy, test_loss, test_accuracy"),
    ("evaluations.csv", "step,loss\n1,many\n", "no table of numbers"),
    ("runs/history.csv", "", "No columns to parse"),
    ("runs/evaluations.csv", "base,0,1\n", "not what a training leaves .*there is no 'variant'"),
    (
        "runs/summary.csv",
        "variant,replicate,diverged,test_accuracy\nbase,0,False,many\n",
        "no numbers in test_accuracy",
    ),
    ("runs/summary.csv", "variant,replicate,diverged\nbase,1,False\n", "no run of replicate 0 of base"),
]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("name", "text", "words"), DAMAGE)
@pytest.mark.parametrize("reference", [False, True])
def test_damaged_tables_of_a_training_are_told_with_their_remedy(
    collected, stage_settings, keep, reference, name, text, words
):
    settings, folder = stage_settings()["study"], collected / "fashion_dynamic"
    if reference:
        findings = paths.FINDINGS / "fashion_dynamic"
        (findings / name).write_text(text)  # and sealed so
        keep(paths.FINDINGS, settings, "fashion_dynamic")
        remedy, folder = "restore them with `git checkout reference/fashion_dynamic`", paths.REFERENCE
    else:
        (folder / name).write_text(text)
        remedy = "run `dvc repro --force train@fashion_dynamic`"
    with pytest.raises(ArtifactError, match=f"^{folder}.*{words}.*: damaged findings of fashion_dynamic; {remedy}$"):
        render(settings)
    assert not paths.study("fashion").exists()


def test_filter_grid_is_grey_about_zero_with_transparent_gaps():
    weights = np.zeros((9, 1, 2, 2), np.float32)
    weights[0, 0, 0, 0], weights[8, 0, 1, 1] = 1, -1
    image = figures.filter_grid(weights, cell=3, gap=2)
    assert image.shape == (2 * 6 + 2, 8 * 6 + 7 * 2, 4)
    assert image[0, 0].tolist() == [255, 255, 255, 255]
    assert image[0, 4].tolist() == [128, 128, 128, 255]
    assert image[13, 5].tolist() == [0, 0, 0, 255]
    assert image[0, 6, 3] == 0


def test_colour_filters_keep_their_colour(tmp_path):
    weights = np.zeros((2, 3, 1, 1), np.float32)
    weights[0, 0], weights[1, 2] = 0.5, -2
    figures.save(figures.filter_grid(weights, cell=1, gap=1), tmp_path / "f.webp")
    with Image.open(tmp_path / "f.webp") as image:
        assert image.getpixel((0, 0)) == (255, 128, 128, 255)
        assert image.getpixel((2, 0)) == (128, 128, 0, 255)


def test_thinned_curves_keep_their_mean_and_length():
    x, y = figures.thin(np.arange(10.0), np.arange(10.0) * 2, most=4)
    assert x.tolist() == [1, 4, 7, 9]
    assert y.tolist() == [2, 8, 14, 18]


def test_a_band_spans_the_noise_that_thinning_would_hide():
    x, low, high = figures.band(np.arange(6.0), np.array([0.0, 5.0, 1.0, 2.0, 2.0, 9.0]), most=2)
    assert (x.tolist(), low.tolist(), high.tolist()) == ([1, 4], [0, 2], [5, 9])


def test_labels_keep_their_order_and_their_distance_and_stay_inside():
    ends = np.array([0.0, 0.5, 0.5, 0.5, 1.0])
    assert figures.spread(ends, 0.1) == pytest.approx([0.0, 0.4, 0.5, 0.6, 1.0])
    crowded = figures.spread(np.full(4, 0.95), 0.1)
    assert crowded == pytest.approx([0.7, 0.8, 0.9, 1.0])
    assert figures.spread(np.array([0.3]), 0.1) == pytest.approx([0.3])
