import pytest

from revisit.errors import ConfigError


def test_labels_that_do_not_fit(make):
    with pytest.raises(ConfigError, match="classification needs one label per image, but the images of things have"):
        make("classification", labels="multi")
    with pytest.raises(ConfigError, match="pairs needs one label per image"):
        make("pairs", labels="multi")
    with pytest.raises(ConfigError, match=r"multilabel needs several .* have one label; use classification or pairs"):
        make("multilabel")


def test_any_labels_do_for_reconstruction(make):
    assert make("reconstruction", labels="multi").facts.metric is None


def test_an_unknown_task(make):
    with pytest.raises(
        ConfigError,
        match="'rank' is not known; use one of classification, detection, localisation, multilabel, pairs, reconstr",
    ):
        make("rank")


def test_a_loss_of_another_objective(make):
    with pytest.raises(ConfigError, match="'contrastive_1' is not one of classification; leave it out"):
        make("classification", loss="contrastive_1")
    with pytest.raises(ConfigError, match="not one of reconstruction; use one of mean_squared_error, binary_cross_"):
        make("reconstruction", loss="contrastive_1")


@pytest.mark.parametrize(
    ("name", "fitting", "other", "wanted"),
    [
        ("classification", (5,), (1, 4, 4), "5 logits"),
        ("classification", (5,), (7,), "5 logits"),
        ("pairs", (192,), (1, 4, 4), "one vector of features"),
        ("reconstruction", (1, 4, 4), (5,), r"an image of shape \(1, 4, 4\)"),
    ],
)
def test_what_a_network_must_give(make, name, fitting, other, wanted):
    assert make(name).fits(fitting, (1, 4, 4), 5) is None
    with pytest.raises(AssertionError, match=wanted):
        assert make(name).fits(other, (1, 4, 4), 5) is None
