from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from revisit.analyses.evaluate import gain
from revisit.params.load import load
from revisit.params.resolve import resolve
from revisit.report.runs import Run
from revisit.scales import SCALES

PARAMS = Path(__file__).parents[3] / "params.yaml"


def precisions(folder, name):
    rows = pd.read_csv(folder / name / "evaluate/per_class.csv", keep_default_na=False)
    return dict(zip(rows["class"], rows["average_precision"], strict=True))


def test_each_class_from_scratch_and_fine_tuned_the_largest_gain_first(writer, found):
    ((row,),) = [gain.gain(writer)["blocks"]]
    figure, table = row["blocks"]
    before, after = precisions(found, "scratch"), precisions(found, "tuned")
    rows = pd.read_csv(writer.folder / table["file"], keep_default_na=False)
    gains = {name: after[name] - before[name] for name in before}
    assert list(rows["class"]) == sorted(gains, key=gains.get, reverse=True)
    assert list(rows["gain"]) == pytest.approx(sorted(gains.values(), reverse=True))
    assert list(rows["scratch"]) == pytest.approx([before[name] for name in rows["class"]])
    first = rows.iloc[0]
    assert f"Largest gain: {first['class']}, +{100 * first['gain']:.1f} points." in figure["caption"]
    hardest, easiest = min(after, key=after.get), max(after, key=after.get)
    assert f"fine-tuned {hardest} is hardest, {easiest} easiest" in figure["caption"]
    assert figure["data"] == table["file"]
    assert table["made_by"] == ["evaluate@scratch", "evaluate@tuned"]


@pytest.mark.parametrize("scale", SCALES)
def test_pairs_of_the_repository_share_architecture_and_images(scale, tmp_path):
    document = YAML(typ="safe").load(PARAMS) | {"scale": scale}
    YAML(typ="safe").dump(document, tmp_path / "params.yaml")
    stages = resolve(load(tmp_path / "params.yaml"))
    evaluated = [name for kind, name in stages if kind == "evaluate"]
    trained = {name: settings for (kind, name), settings in stages.items() if kind in ("train", "finetune")}
    runs = [
        Run(name, name, trained[name] | trained[name]["runs"][trained[name]["keep"]], {}, tmp_path)
        for name in evaluated
    ]
    found = {tuned.name: (scratch, tuned) for scratch, tuned in gain.pairs(runs)}
    # at demo scale the VGG-16 that seedlings train from scratch has no batch normalisation
    vgg16 = [] if scale == "demo" else ["seedlings_vgg16_pretrained"]
    assert sorted(found) == ["seedlings_alexnet_pretrained", *vgg16, "voc_vgg16_finetuned"]
    for pair in found.values():
        networks = [{**run.settings["network"], "initialiser": None} for run in pair]
        assert networks[0] == networks[1]
        assert len({(run.settings["model"], run.settings["dataset"], run.settings["crop"]) for run in pair}) == 1


def test_only_the_same_architecture_on_the_same_images_is_compared(writer):
    runs = {run.name: run for run in writer.runs}
    assert gain.pairs(writer.runs) == [(runs["scratch"], runs["tuned"])]
    runs["scratch"].settings["network"] = {"initialiser": "kaiming"}
    assert gain.pairs(writer.runs) == [(runs["scratch"], runs["tuned"])]
    runs["scratch"].settings["network"] = {"batch_norm": True}
    assert gain.pairs(writer.runs) == []
    runs["scratch"].settings["network"] = {}
    runs["scratch"].settings["dataset"] = "others"
    assert gain.pairs(writer.runs) == []
    assert gain.gain(writer) is None
    runs["caffenet"].settings["weights"] = "imagenet"
    assert gain.pairs(writer.runs) == []
    runs["caffenet_7x7"].settings["crop"] = 72
    assert gain.pairs(writer.runs) == [(runs["caffenet_7x7"], runs["caffenet"])]


def test_a_diverged_training_gains_nothing_and_breaks_nothing(writer, tmp_path, found):
    run = next(run for run in writer.runs if run.name == "tuned")
    run.folder = tmp_path / "tuned"
    (run.folder / "evaluate").mkdir(parents=True)
    scores = pd.read_csv(found / "tuned/evaluate/per_class.csv", keep_default_na=False)
    scores.assign(average_precision=None).to_csv(run.folder / "evaluate/per_class.csv", index=False)
    figure, table = gain.gain(writer)["blocks"][0]["blocks"]
    assert figure["caption"] == "Unknown: a training diverged."
    rows = pd.read_csv(writer.folder / table["file"], keep_default_na=False, na_values=[""])
    assert rows["gain"].isna().all()
    assert len(rows) == len(scores)
