import copy

import pytest

from revisit.reference.meaning import MISSING, differences


@pytest.fixture
def kept(published):
    return copy.deepcopy(published)


def test_the_same_is_the_same(kept, published):
    assert differences(kept, published) == {}


@pytest.mark.parametrize("key", ["evaluate_every", "seed", "snapshots", "read_at", "backend"])
def test_what_only_measures_does_not_matter(kept, published, key):
    published["train"]["runs"]["base"][key] = 7
    assert differences(kept, published) == {}


def test_seeds_device_and_source_do_not_matter(kept, published):
    published["train"] |= {"replicates": 9, "device": "cuda"}
    published["prepare"]["source"] = "embedded"
    assert differences(kept, published) == {}


def test_nested_settings_differ_by_their_whole_key(kept, published):
    published["train"]["runs"]["slow"]["optimizer"]["lr"] = 1
    published["prepare"]["train"] = 5
    published["embed"]["points"] = 6
    assert differences(kept, published) == {
        "train": ["runs.slow.optimizer.lr"],
        "prepare": ["train"],
        "embed": ["points"],
    }


def test_variants_may_be_more_but_not_fewer(kept, published):
    kept["train"]["runs"]["more"] = kept["train"]["runs"]["base"]
    assert differences(kept, published) == {}
    assert differences(published, kept)["train"][0].startswith("runs.more.")


def test_a_stage_that_was_not_run_is_missing(kept, published):
    del kept["embed"]
    assert differences(kept, published) == {"embed": [MISSING]}


def test_proposals_differ_by_what_finds_them(kept, published):
    search = {"proposals": "regions", "dataset": "dots", "method": "selective_search", "count": 50, "seed": 0}
    kept["propose"], published["propose"] = search, search | {"proposals": "others", "seed": 1}
    assert differences(kept, published) == {}
    published["propose"]["count"] = 60
    assert differences(kept, published) == {"propose": ["count"]}
