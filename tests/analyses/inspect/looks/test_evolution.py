import dataclasses
import itertools

import numpy as np
import pytest
import torch

from revisit.analyses.inspect import maxima, projections
from revisit.analyses.inspect.looks.deconvnet import look as deconvnet
from revisit.analyses.inspect.looks.evolution import jumps
from revisit.analyses.inspect.looks.evolution import look as evolution
from revisit.errors import ConfigError

SETTINGS = {"layers": ["conv2", "conv1"], "maps": 3, "counted": 4}


def test_every_snapshot_shows_its_own_strongest_training_image_of_the_final_maps(view):
    backwards = dataclasses.replace(view, snapshots=dict(reversed(view.snapshots.items())))
    summary, files = evolution.look(backwards, SETTINGS)
    assert (summary["moments"], summary["unit"], summary["images"]) == ([0, 10, 60], "step", 40)
    table = files["evolution.csv"]
    assert table.columns.tolist() == ["layer", "map", "moment", "row", "activation", "likeness"]
    assert len(table) == 2 * 4 * 3
    trained_on = view.training()
    both = []
    for layer, size in (("conv1", 3), ("conv2", 8)):
        found = summary["layers"][layer]
        counted = projections.all_peaks(trained_on, [layer])[layer].strongest_maps(4).tolist()
        assert (found["maps"], found["counted"]) == (counted[:3], 4)
        pictures, patches = (files[f"evolution_{kind}{layer}.npy"] for kind in ("", "patches_"))
        assert pictures.shape == patches.shape == (3, 3, size, size, 1)
        assert table[table["layer"] == layer]["map"].tolist() == np.repeat(counted, 3).tolist()
        changes, alike = [], []
        for i, number in enumerate(counted):
            rows = table[(table["layer"] == layer) & (table["map"] == number)].reset_index()
            assert rows["moment"].tolist() == [0, 10, 60]
            changes += [a != b for a, b in zip(rows["row"][:-1], rows["row"][1:], strict=True)]
            shown = []
            for j, moment in enumerate(summary["moments"]):
                then = dataclasses.replace(trained_on, network=view.snapshots[moment]())
                # what deconvnet shows of that network, if all maps are asked for
                all_maps = {"conv1": 4, "conv2": 6}[layer]
                alone, made = deconvnet.look(then, {"layers": [layer], "maps": all_maps, "top": 1})
                at = alone["layers"][layer]["maps"].index(number)
                expected = made["deconvnet.csv"].iloc[at]
                assert rows["row"][j] == expected["row"]
                assert rows["activation"][j] == pytest.approx(expected["activation"], rel=1e-5)
                shown.append(made[f"deconvnet_{layer}.npy"][at, 0].astype(int))
                if i < 3:
                    assert np.abs(pictures[i, j] - shown[-1]).max() <= 1
                    np.testing.assert_array_equal(patches[i, j], made[f"deconvnet_patches_{layer}.npy"][at, 0])
            assert np.isnan(rows["likeness"][0])
            alike += [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in itertools.pairwise(shown)]
            np.testing.assert_allclose(rows["likeness"][1:], alike[-2:], atol=0.05)
        assert found["changed_image"] == pytest.approx(np.mean(changes))
        assert found["steps"] == 8
        both += changes
    assert summary["changed_image"] == pytest.approx(np.mean(both))
    assert (summary["steps"], summary["jumps"]) == (16, sum(each["jumps"] for each in summary["layers"].values()))
    assert 0 < summary["changed_image"] < 1


def test_one_snapshot_changes_nothing(view):
    summary, files = evolution.look(dataclasses.replace(view, snapshots={60: view.snapshots[60]}), SETTINGS)
    found = summary["layers"]["conv1"]
    assert found["changed_image"] is found["changed_at_jumps"] is found["likeness_kept"] is None
    assert (found["steps"], found["jumps"]) == (0, 0)
    assert files["evolution_conv1.npy"].shape == (3, 1, 3, 3, 1)


def picture(*levels):
    return np.array(levels, np.uint8).reshape(2, 2, 1)


UP, DOWN, SIDE, FLAT = (
    picture(100, 100, 200, 200),
    picture(200, 200, 100, 100),
    picture(1, 2, 1, 2),
    picture(7, 7, 7, 7),
)


def test_likeness_by_hand():
    louder = picture(0, 0, 255, 255)
    corner = picture(0, 0, 0, 4)  # less its mean: -1, -1, -1, 3; with -1, -1, 1, 1: 4 / (sqrt(12) * 2)
    pictures = np.stack([np.stack(each) for each in ([UP, louder, DOWN, SIDE], [UP, corner, FLAT, UP])])
    nan = np.nan
    np.testing.assert_allclose(jumps.likeness(pictures), [[1, -1, 0], [1 / np.sqrt(3), nan, nan]], atol=1e-12)
    assert jumps.likeness(pictures[:, :1]).shape == (2, 0)


def test_jumps_by_hand():
    alike = np.array([[0.9, 0.5, 0.4], [np.nan, -0.2, 0.1], [0.7, 0.8, 0.6]])
    changed = np.array([[False, True, True], [True, True, False], [False, False, False]])
    assert jumps.told(alike, changed) == {
        "steps": 8,
        "jumps": 3,  # 0.5 is none
        "jumps_changed": 2,
        "jumps_kept": 1,
        "changed_at_jumps": pytest.approx(2 / 3),
        "changed_elsewhere": pytest.approx(1 / 5),
        "likeness_changed": pytest.approx((0.5 + 0.4 - 0.2) / 3),
        "likeness_kept": pytest.approx((0.9 + 0.1 + 0.7 + 0.8 + 0.6) / 5),
    }
    calm = jumps.told(np.array([0.9, 0.8]), np.array([True, False]))
    assert (calm["jumps"], calm["changed_at_jumps"], calm["changed_elsewhere"]) == (0, None, 0.5)


@pytest.mark.parametrize("batch", [1, 5, 256])
def test_the_running_maximum_is_that_of_all_peaks(view, monkeypatch, batch):
    monkeypatch.setattr("revisit.analyses.forward.BATCH", batch)
    trained_on = view.training()
    for layer, peaks in projections.all_peaks(trained_on, ["conv1", "relu2"]).items():
        expected = peaks.places(np.arange(peaks.values.shape[1]), peaks.values.argmax(axis=0))
        found = maxima.strongest(trained_on, ["relu2", "conv1"])[layer]
        for name, ours, theirs in zip(found._fields, found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, err_msg=f"{layer} {name}")


@pytest.mark.parametrize("batch", [1, 3])  # batches of one size: others may round otherwise
def test_of_equal_images_the_first_counts(view, monkeypatch, batch):
    monkeypatch.setattr("revisit.analyses.forward.BATCH", batch)
    same = dataclasses.replace(view, images=view.images[[4, 4, 4]])
    assert maxima.strongest(same, ["conv1"])["conv1"].row.tolist() == [0] * 4


def test_nothing_behind_the_last_layer_is_computed(view, monkeypatch):
    def never(_self, _inputs):
        raise AssertionError("this layer was not asked for")

    monkeypatch.setattr(torch.nn.Linear, "forward", never)
    assert len(maxima.strongest(view, ["conv1", "relu2"])["relu2"].row) == 6
    with pytest.raises(AssertionError):
        view.network(view.batch(np.arange(1)))  # hooks are gone, and all layers run again


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": ["flatten"]}, r"evolution\.layers: layer 'flatten' has no feature maps"),
        ({"counted": 7}, r"evolution\.counted: layer 'conv2' has 6 feature maps; use 1 to 6, not 7"),
    ],
)
def test_mistakes_are_told(view, change, message):
    with pytest.raises(ConfigError, match=rf"^analyses\.inspect\.{message}"):
        evolution.look(view, SETTINGS | change)


def test_a_training_without_snapshots_is_told(view):
    with pytest.raises(ConfigError, match=r"^analyses\.inspect\.evolution: .*kept no snapshots"):
        evolution.look(dataclasses.replace(view, snapshots={}), SETTINGS)
