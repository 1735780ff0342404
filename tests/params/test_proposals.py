"""Proposals in `params.yaml`: data sets of their own, which trainings name like any other."""

from pathlib import Path

import pytest

from revisit.analyses.extract.settings import rows
from revisit.errors import ConfigError
from revisit.params.graph import all_findings, findings
from revisit.params.load import load
from revisit.params.resolve import asked, resolve

ROOT = Path(__file__).resolve().parents[2]
USERS = ("voc_simple_cnn", "voc_caffenet")
FINDINGS = ["proposals.json", "proposals"]
OBJECTS = {"datasets.voc2007.objects": "boxes"}
REGIONS = OBJECTS | {"proposals.voc_regions": {"dataset": "voc2007", "count": 300, "demo": {"count": 50}}}
USED = REGIONS | {f"experiments.{name}.dataset": "voc_regions" for name in USERS}


@pytest.fixture
def loaded(edited):
    """`loaded(edits)`: the repository's params.yaml with values replaced; `edits`: place -> value."""
    return lambda edits: load(edited(edits))


def test_the_stage_gets_what_matters_to_its_method(loaded):
    stages = resolve(loaded(REGIONS | {"proposals.voc_windows": {"dataset": "voc2007", "method": "sliding_windows"}}))
    assert stages["propose", "voc_regions"] == {
        "proposals": "voc_regions", "dataset": "voc2007", "method": "selective_search", "count": 50, "seed": 0,
        "scales": [50.0, 120.0], "shortest": 0.12, "side": None,
    }  # fmt: skip
    assert stages["propose", "voc_windows"] == {
        "proposals": "voc_windows", "dataset": "voc2007", "method": "sliding_windows", "count": 100,
    }  # fmt: skip


def test_nothing_is_proposed_without_an_entry_and_no_other_stage_changes_with_one(loaded):
    before, without, after = (resolve(loaded(edits)) for edits in ({}, OBJECTS, REGIONS))
    assert "voc_regions" not in [name for stage, name in before if stage == "propose"]
    assert after.keys() - without.keys() == {("propose", "voc_regions")}
    changed = {stage for stage in without if after[stage] != without[stage]}
    assert changed == {("collect", None), ("report", None)}  # which know what makes a finding, and show all stages
    assert after["collect", None]["studies"] == without["collect", None]["studies"]
    assert "voc_regions" not in before["collect", None]["stages"]


def test_trainings_that_name_proposals_have_the_data_behind_them(loaded):
    plain, used = loaded(OBJECTS), loaded(USED)
    before, after = resolve(plain), resolve(used)
    name = USERS[0]
    assert after["train", name] == before["train", name] | {"dataset": "voc_regions"}
    assert after["evaluate", name] == before["evaluate", name] | (
        {"dataset": "voc_regions"} if "dataset" in before["evaluate", name] else {}
    )
    assert after["prepare", "voc2007"] == before["prepare", "voc2007"]
    assert after["study", "voc"]["sources"]["voc_regions"] == "embedded"
    assert used.label_kind("voc_regions") == used.label_kind("voc2007") == "multi"
    assert used.objects_of("voc_regions") == "boxes"
    assert used.classes_of(name) == plain.classes_of(name) != None  # noqa: E711  (all three)
    assert rows(used, "voc_caffenet") == rows(plain, "voc_caffenet") is not None


def test_the_findings_go_to_the_studies_that_use_them(loaded):
    used, unused = loaded(USED), loaded(REGIONS)
    assert findings(used, "voc")["voc_regions"] == FINDINGS
    assert "voc_regions" not in findings(used, "lenet")
    assert "voc_regions" not in findings(unused, "voc")
    assert all_findings(used)["voc_regions"] == all_findings(unused)["voc_regions"] == FINDINGS  # kept, used or not
    assert resolve(used)["collect", None]["stages"]["voc_regions"] == "propose"


def test_the_published_protocol_names_the_proposals(loaded):
    of = asked(loaded(USED), USERS[0], "paper")
    assert of["propose"] == resolve(loaded(USED | {"scale": "paper"}))["propose", "voc_regions"]
    assert (of["propose"]["count"], of["prepare"]["dataset"]) == (300, "voc2007")
    assert "propose" not in asked(loaded(REGIONS), USERS[0], "paper")


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"proposals.voc_regions.dataset": "voc2008"}, "voc_regions.dataset: unknown data set 'voc2008' (did you mean"),
        (
            {"proposals.voc_regions.dataset": "mnist"},
            "voc_regions.dataset: nothing is known of the objects in mnist; give it `objects`, or name one that has: v",
        ),
        ({"proposals.voc_regions.count": 0}, "proposals.voc_regions.count: 0 is not allowed; it must be greater than"),
        ({"proposals.voc_regions.count": 10_001}, "voc_regions.count: 10001 is not allowed; it must be less than or"),
        ({"proposals.voc_regions.method": "edge_boxes"}, "method: 'edge_boxes' is not allowed; allowed: selective_sea"),
        ({"proposals.voc_regions.scales": []}, "proposals.voc_regions.scales: [] is not allowed; it must have at leas"),
        ({"proposals.voc_regions.scales": [50.0, 50.0]}, "proposals.voc_regions.scales: [50.0, 50.0] is not allowed"),
        ({"proposals.voc_regions.scales": [0.0]}, "proposals.voc_regions.scales.0: 0.0 is not allowed"),
        ({"proposals.voc_regions.shortest": 1.0}, "proposals.voc_regions.shortest: 1.0 is not allowed"),
        ({"proposals.voc_regions.demo": {"dataset": "voc2012"}}, "demo.dataset: is the same at every scale; set it in"),
        ({"proposals.voc_regions.cuont": 5}, "proposals.voc_regions.cuont: unknown key (did you mean count?); allowed"),
        (
            {"proposals.windows": {"dataset": "voc2007", "method": "sliding_windows", "seed": 1}},
            "proposals.windows.seed: belongs to selective_search; sliding_windows has no use for it: leave it out",
        ),
        (
            {"proposals.voc2012": {"dataset": "voc2007"}},
            "proposals.voc2012: one name for several things, in datasets, too; rename the proposals",
        ),
        (
            {"proposals.voc_mixup": {"dataset": "voc2007"}},
            "proposals.voc_mixup: one name for several things, in finetunings, too; rename the proposals",
        ),
        (
            {"experiments.voc_simple_cnn.dataset": "voc_region"},
            "experiments.voc_simple_cnn.dataset: unknown data set 'voc_region' (did you mean voc_regions?)",
        ),
        (
            {"experiments.voc_simple_cnn.dataset": "voc_regions", "experiments.voc_simple_cnn.batch_size": 6000},
            "batch_size: 6000 is more than the 5011 training images of voc_regions",
        ),
        (
            {"experiments.fashion_static.dataset": "voc_regions"},
            "classification does not fit voc_regions, whose images have several labels",
        ),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(loaded, edits, message):
    with pytest.raises(ConfigError) as caught:
        loaded(REGIONS | edits)
    assert message in str(caught.value)


def test_a_missing_section_is_told(tmp_path):
    text = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text("\n".join(x for x in text.splitlines() if not x.startswith("proposals:")))
    with pytest.raises(ConfigError, match="proposals: missing; it has no default"):
        load(tmp_path / "params.yaml")


# Several scales in one tree


def test_proposals_have_the_scale_of_their_users_and_so_have_their_data(loaded):
    published_weights = {f"pretrained.imagenet_{name}.source": "web" for name in ("vgg16", "mobilenet")}
    stages = resolve(loaded(USED | published_weights | {"studies.voc.scale": "paper"}))
    assert stages["propose", "voc_regions"]["count"] == 300
    assert stages["prepare", "voc2007"]["train"] == 5011
    assert stages["prepare", "mnist"] == resolve(loaded({}))["prepare", "mnist"]


def test_proposals_that_scales_share_are_refused_unless_they_are_the_same(loaded):
    edits = USED | {"experiments.voc_caffenet.scale": "paper"}
    with pytest.raises(ConfigError, match=r"1 mistake.*\n +proposals\.voc_regions: used at paper scale by ") as caught:
        loaded(edits)
    assert "such as voc_regions_paper, and name that as `dataset` of voc_caffenet" in str(caught.value)


def test_the_data_behind_proposals_are_shared_with_who_names_them_alone(loaded):
    edits = {"dataset": "voc_regions", "scale": "paper"}
    with pytest.raises(ConfigError, match=r"datasets\.voc2007: used at demo scale by .* and at paper scale by voc_reg"):
        loaded(REGIONS | {f"experiments.{USERS[0]}.{key}": value for key, value in edits.items()})
