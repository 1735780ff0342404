"""Studies of every kind: sweeps, replicates, diverged runs, multi-label, pairs, reconstruction, fine-tunings."""

import copy
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from revisit import paths
from revisit.report import claims, judgements, page, seeds, study, verdicts
from revisit.report.collect import collect

ROOT = Path(__file__).parents[3]
LOOKED, HIDDEN = "parameters filters strongest deconvnet faithfulness", "invariance hierarchy occlusion"
FIRST = LOOKED.replace("filters", "filters first_layers")
LOGGED = "gradients inputs"
CLASSES = "classes photographs gain"
FEATURES = "probes embedding neighbours"
FASHION = {"conv1": (800, 32), "conv2": (51200, 64), "fc1": (3211264, 1024), "fc2": (10240, 10)}
MANY = [f"features.block{number}.conv" for number in range(1, 17)]
FEW = MANY[:2]  # a small multiple each
DIVERGING = {
    "lenet_optimizers": {("momentum", 1): 300},
    "lenet_rates": {("lr_1e1", 0): 180},
    "siamese_loss2": {("base", 0): 400},
}


@pytest.fixture(scope="module")
def built(tmp_path_factory, stages, classes, made_up, write_training, write_findings, stage_settings):
    """A folder with every study drawn once, and the pages."""
    folder = tmp_path_factory.mktemp("studies")
    names, trained_by = copy.deepcopy(stages["collect"]["studies"]), stages["collect"]["stages"]
    settings = copy.deepcopy(stages["study"])
    settings["fashion"] = stage_settings()["study"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_findings(paths.FINDINGS)
        for regions in (item for item, stage in trained_by.items() if stage == "propose"):
            made_up.write_proposals(paths.FINDINGS / regions)
        for name, chosen in settings.items():
            for number, (x, training) in enumerate(chosen["experiments"].items(), 1):
                if name != "fashion":
                    write_training(paths.FINDINGS / x, training, DIVERGING.get(x))
                dataset = training["dataset"]
                channels = 1 if "mnist" in dataset else 3
                data = made_up.Data(classes[dataset], training["objective"]["name"] == "multilabel", channels)
                about = {"layers": FASHION} if name == "fashion" else {"kernel": 11}
                if name != "fashion":  # whose findings are of an earlier version
                    layers = MANY if number == 1 else FEW
                    made_up.write_events(paths.FINDINGS / x, data, layers, seed=number)
                asked = copy.deepcopy(stages["analyses"].get(x, {}))
                if first := asked.get("inspect", {}).get("first_layers"):
                    first["variants"] = [variant for variant in training["runs"] if variant != training["keep"]]
                made_up.write(paths.FINDINGS / x, data, asked, seed=number, **about)
        collect(names, trained_by, paths.FINDINGS, paths.COLLECTED)
        ledger = claims.load(ROOT / claims.LEDGER)
        for name, chosen in settings.items():
            study.render(chosen, ledger, paths.collected(name), paths.study(name))
        page.render(stages["report"], paths.STUDIES, paths.REPORT)
    return folder


@pytest.fixture
def drawn(built, monkeypatch):
    """A study's description; the folder is the current one."""
    monkeypatch.chdir(built)
    return lambda name: json.loads((paths.study(name) / "study.json").read_text())


def blocks(described, section):
    found = next(part["blocks"] for part in described["sections"] if part["id"] == section)
    return [inner for block in found for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def shown(described, section, kind):
    return [block for block in blocks(described, section) if block["kind"] == kind]


def columns(block):
    return [column["key"] for column in block["columns"]]


def table(name, block):
    return pd.read_csv(paths.study(name) / block["file"])


@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("fashion", f"results curves gap jumps smoothness classes {LOOKED} {HIDDEN} correspondence {FEATURES}"),
        (
            "voc",
            f"results sweeps curves {LOGGED} {CLASSES} {FIRST} evolution {HIDDEN} correspondence {FEATURES}",
        ),
        ("lenet", "results sweeps curves gap gradients classes parameters filters strongest"),
        ("rows", "results sweeps curves gap gradients"),
        ("cifar", "results sweeps curves gap gradients classes probes embedding"),
        ("siamese", "results curves gradients probes embedding"),
        ("transfer", "results sweeps gap gradients probes"),
        ("seedlings", f"results curves gap {LOGGED} classes gain costs"),
        ("autoencoders", "results sweeps losses noise curves gradients code"),
    ],
)
def test_sections_are_those_that_make_sense(drawn, name, sections):
    assert [section["id"] for section in drawn(name)["sections"]] == sections.split()


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        ("voc", {"map", "best_map", "low", "weights", "variant"}, {"accuracy", "runs", "backend", "diverged"}),
        ("lenet", {"accuracy", "runs", "variant", "low", "high"}, {"map", "weights", "backend"}),
        ("siamese", {"diverged", "train_loss", "test_loss"}, {"accuracy", "map", "variant", "low"}),
        ("autoencoders", {"variant", "test_loss"}, {"accuracy", "map", "runs"}),
        ("fashion", {"accuracy_epoch_4", "accuracy_epoch_10", "backend", "low"}, {"accuracy", "variant", "runs"}),
    ],
)
def test_one_row_per_training_in_its_own_metric(drawn, name, there, not_there):
    described = drawn(name)
    (block,) = shown(described, "results", "table")
    assert there <= set(columns(block))
    assert not not_there & set(columns(block))
    assert list(table(name, block)["experiment"]) == list(described["experiments"])


def test_a_row_is_the_mean_of_the_kept_variant_with_its_interval(drawn):
    block = shown(drawn("lenet"), "results", "table")[0]
    found = json.loads(Path("results/findings/lenet_optimizers/train.json").read_text())["variants"]["adagrad"]
    row = table("lenet", block).set_index("experiment").loc["lenet_optimizers"]
    assert (row["variant"], row["runs"]) == ("adagrad", found["runs"])
    wanted = [found["test_accuracy"], found["test_accuracy_low"], found["test_accuracy_high"]]
    assert row[["accuracy", "low", "high"]].tolist() == pytest.approx(wanted)


def test_a_sweep_has_a_curve_and_a_row_for_each_variant(drawn):
    described = drawn("cifar")
    variants = list(described["experiments"]["cifar_regularised_64"]["settings"]["runs"])
    sweep = [shown(described, "sweeps", kind) for kind in ("figure", "table")]
    figure, block = (next(b for b in kind if b["made_by"] == ["train@cifar_regularised_64"]) for kind in sweep)
    assert figure["wide"]
    svg = (paths.study("cifar") / figure["file"]).read_text()
    rows = table("cifar", block).set_index("variant")
    assert list(rows.index) == variants
    for variant in variants:
        label = f"{variant.replace('_', ' ')}  {rows.loc[variant, 'test_accuracy']:.1%}"
        assert svg.count(f">{label}<") == 1
    assert rows.loc["batch64_dropout_05", "settings"] == "dropout 0.5"


def of_runs(name):
    """The minibatches of all runs of a training, by variant and replicate."""
    return pd.read_csv(f"results/findings/{name}/runs/history.csv").set_index(["variant", "replicate"])


def test_minibatches_are_the_means_of_the_runs_that_did_not_diverge(drawn, stages):
    runs = {run.name: run for run in study.read(stages["study"]["lenet"], paths.collected("lenet"))}
    rows, run = of_runs("lenet_optimizers"), runs["lenet_optimizers"]
    for variant, replicates in (("adagrad", [0, 1]), ("momentum", [0])):  # the other run with momentum diverged
        wanted = np.mean([rows.loc[(variant, number), "accuracy"] for number in replicates], axis=0)
        assert run.minibatches(variant)["accuracy"] == pytest.approx(wanted)
    ended = runs["lenet_rates"].minibatches("lr_1e1")
    assert (ended["step"][-1], np.isfinite(ended["loss"]).all()) == (180, True)


def test_minibatches_of_a_sweep_stand_below_its_curves_smoothed_a_little(drawn):
    described = drawn("lenet")
    found = {block["id"]: block for block in shown(described, "sweeps", "figure")}
    assert [name for name in found if name.endswith("lenet_optimizers-loss")] == ["minibatches-lenet_optimizers-loss"]
    figure = found["minibatches-lenet_optimizers-accuracy"]
    assert figure["caption"].endswith("by a running mean over 7 steps, and the mean over the runs of a variant.")
    rows = of_runs("lenet_optimizers")["accuracy"]
    mean = pd.Series(np.mean([rows.loc["adagrad", number] for number in (0, 1)], axis=0))
    # 694 windows are drawn as 100 points at most, the means of seven each: the last has one.
    assert f"adagrad {mean.rolling(7).mean().iloc[-1]:.1%}" in figure["alt"]
    svg = (paths.study("lenet") / figure["file"]).read_text()
    assert re.findall(r"font-weight: 700;[^>]*>([^<]*)<", svg) == ["adagrad"]  # the one that is kept
    assert all(svg.count(f">{name}<") == 1 for name in ("gradient descent", "momentum", "adagrad zero"))
    assert [curve["name"] for curve in figure["readout"]["curves"]] == [
        "gradient descent",
        "adagrad",
        "momentum",
        "adagrad zero",
    ]


def test_minibatches_without_a_metric_have_their_loss_alone(drawn):
    names = [block["id"] for block in shown(drawn("voc"), "sweeps", "figure")]
    assert [name for name in names if name.startswith("minibatches")] == [
        "minibatches-voc_first_layers-loss",
        "minibatches-voc_vgg16_finetuned-loss",
        "minibatches-voc_mixup-loss",
    ]


def test_additions_say_why(drawn):
    block = shown(drawn("voc"), "results", "table")[0]
    rows = table("voc", block).set_index("experiment")["addition"]
    assert rows["voc_simple_cnn"].startswith("the hand-out's first network")
    assert rows[["voc_caffenet", "voc_mixup"]].isna().all()
    assert "addition" in columns(block)
    assert "An addition is run although no claim asks for it" in block["caption"]
    lenet = shown(drawn("lenet"), "results", "table")[0]
    assert "addition" not in columns(lenet)
    assert "addition" not in lenet["caption"]


def test_what_freezes_says_so(drawn):
    rows = table("transfer", shown(drawn("transfer"), "sweeps", "table")[0]).set_index("variant")
    assert rows.loc["frozen", "settings"] == "freeze layers features"
    assert rows["settings"].isna().to_dict()["refined"]


def test_diverged_variants_are_counted_and_marked(drawn):
    described = drawn("lenet")
    optimizers, rates = shown(described, "sweeps", "table")
    assert table("lenet", optimizers).set_index("variant")["diverged"].tolist() == [0, 0, 1, 0]
    assert {"diverged", "test_accuracy_low", "test_accuracy_high"} <= set(columns(optimizers))
    assert "diverged" in columns(rates)
    assert "test_accuracy_low" not in columns(rates)
    names = [f"figures/sweep-{name}.svg" for name in ("lenet_optimizers", "lenet_rates")]
    partly, wholly = [(paths.study("lenet") / name).read_text() for name in names]
    assert re.search(r">momentum  [\d.]+%, 1 of 2 diverged<", partly)
    assert ">lr 1e1  diverged<" in wholly


def test_curves_of_a_diverged_run_end_and_leave_the_others_their_scale(drawn):
    described = drawn("siamese")
    captions = {block["id"]: block["caption"] for block in shown(described, "curves", "figure")}
    assert captions["loss-siamese_loss2"] == "Diverged after step 400."
    assert captions["loss-siamese_random"].startswith("Test loss at the end: 0.")
    assert not any(name.startswith(("accuracy", "map")) for name in captions)
    assert described["experiments"]["siamese_loss2"]["statistics"]["overfitting"]["lowest_step"] is None
    early = described["experiments"]["siamese_loss2"]["statistics"]["variants"]["base"]
    assert (early["late"]["loss"], early["gap"]["ratio"]) == (None, None)


def test_losses_that_cannot_be_compared_share_no_figure(drawn):
    files = [block["file"] for block in shown(drawn("autoencoders"), "sweeps", "figure")]
    stem = "figures/sweep-autoencoder-"
    assert [file for file in files if file.startswith(stem)] == [
        f"{stem}mean_squared_error.svg",
        f"{stem}binary_cross_entropy.svg",
    ]


def test_many_trainings_are_small_multiples(drawn):
    curves = next(section for section in drawn("voc")["sections"] if section["id"] == "curves")["blocks"]
    assert [(block["kind"], block["small"], len(block["blocks"])) for block in curves] == [("row", True, 10)]
    twins = next(section for section in drawn("fashion")["sections"] if section["id"] == "curves")["blocks"]
    assert [(block["small"], len(block["blocks"])) for block in twins] == [(False, 2), (False, 2)]


def test_the_stage_is_the_one_that_trained(drawn):
    assert shown(drawn("transfer"), "sweeps", "figure")[0]["made_by"] == ["finetune@cifar_transfer"]
    assert shown(drawn("cifar"), "sweeps", "figure")[0]["made_by"] == ["train@cifar_convnet"]
    made_by = shown(drawn("seedlings"), "results", "table")[0]["made_by"]
    assert made_by[0] == "train@seedlings_alexnet"
    assert "finetune@seedlings_mobilenet" in made_by


def test_losses_are_compared_between_twins_only(drawn):
    fashion, rest = drawn("fashion")["experiments"], drawn("voc")["experiments"] | drawn("siamese")["experiments"]
    assert fashion["fashion_static"]["statistics"]["difference"].keys() == {"fashion_dynamic"}
    assert all(found["statistics"]["difference"] == {} for found in rest.values())
    assert all(found["statistics"]["jumps"] == {} for found in rest.values())


def test_steps_are_read_where_steps_count(drawn):
    described = drawn("rows")
    variants = described["experiments"]["rows_cells"]["statistics"]["variants"]
    assert set(variants["gru_128"]["at"]) <= {"step_469", "step_700"}
    assert 0 < variants["gru_128"]["early"]["test_accuracy"] < 1
    assert any(">step<" in (paths.study("rows") / block["file"]).read_text() for block in blocks(described, "curves"))


def test_the_pages_of_all_studies_are_sound_and_say_what_stands_in(built, stages, monkeypatch, sound_pages):
    monkeypatch.chdir(built)
    pages = sound_pages(paths.REPORT)
    assert pages.keys() == {"index.html", "search.html", "stages.html", *(f"{name}.html" for name in stages["study"])}
    texts = {name: " ".join("".join(page.text).split()) for name, page in pages.items()}
    stand_in = "a network trained here stands in for ImageNet weights"
    assert sum(text.count(stand_in) for text in texts.values()) >= 3
    told = "cifar10_audit: made here, in the place of the published data set."
    assert [name for name, text in texts.items() if told in text] == ["lenet.html"]
    assert not any("runs.batch128.batch_size" in text for text in texts.values())  # a sweep's settings: in its table
    assert all(f"{name}.html" in links(pages["index.html"]) for name in stages["study"])


def links(page):
    """Where the links of a page lead."""
    return [attributes.get("href") for tag, attributes in page.found if tag == "a"]


def test_hypotheses_are_tested_at_the_scales_of_their_claims_only(drawn, stages):
    ledger = claims.load(ROOT / claims.LEDGER)
    runs = study.read(stages["study"]["lenet"], paths.collected("lenet"))
    metrics, data = seeds.Seeds({run.name: seeds.metrics_of(run) for run in runs}), {run.name: "copy" for run in runs}
    for scale, wanted in (("demo", {"not testable"}), ("paper", {"not testable", "supported", "not supported"})):
        rows = judgements.judge_all(ledger, "lenet", metrics, verdicts.Conditions(scale, data))
        assert {hypothesis["held"] for row in rows for hypothesis in row["hypotheses"]} - {"undecided"} == wanted


def test_every_claim_can_be_judged_where_published_data_and_protocols_are_used(drawn, stages):
    ledger = claims.load(ROOT / claims.LEDGER)
    for name, settings in stages["study"].items():
        runs = study.read(settings, paths.collected(name))
        metrics = seeds.Seeds({run.name: seeds.metrics_of(run) for run in runs})
        conditions = verdicts.Conditions("paper", {run.name: "published" for run in runs})
        rows = judgements.judge_all(ledger, name, metrics, conditions)
        reasons = {row["reason"]: row["id"] for row in rows if row["verdict"] == "not testable at this scale"}
        assert reasons.keys() <= {"a run was too short, or it diverged"}, reasons
        assert {row["figure"] for row in rows} <= {section["id"] for section in drawn(name)["sections"]}
