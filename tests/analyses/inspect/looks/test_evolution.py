import dataclasses

import numpy as np
import pytest

from revisit.analyses.inspect import projections
from revisit.analyses.inspect.looks.deconvnet import look as deconvnet
from revisit.analyses.inspect.looks.evolution import look as evolution
from revisit.errors import ConfigError

SETTINGS = {"layers": ["conv2", "conv1"], "maps": 3}


def test_every_snapshot_shows_its_own_strongest_image_of_the_final_maps(view):
    backwards = dataclasses.replace(view, snapshots=dict(reversed(view.snapshots.items())))
    summary, files = evolution.look(backwards, SETTINGS)
    assert (summary["moments"], summary["unit"]) == ([0, 10, 60], "step")
    table = files["evolution.csv"]
    assert table.columns.tolist() == ["layer", "map", "moment", "row", "activation"]
    assert len(table) == 2 * 3 * 3
    for layer, size in (("conv1", 3), ("conv2", 8)):
        maps = summary["layers"][layer]["maps"]
        assert maps == projections.all_peaks(view, [layer])[layer].strongest_maps(3).tolist()
        pictures = files[f"evolution_{layer}.npy"]
        assert pictures.shape == (3, 3, size, size, 1)
        assert table[table["layer"] == layer]["map"].tolist() == np.repeat(maps, 3).tolist()
        changes = []
        for i, number in enumerate(maps):
            rows = table[(table["layer"] == layer) & (table["map"] == number)].reset_index()
            assert rows["moment"].tolist() == [0, 10, 60]
            changes += [a != b for a, b in zip(rows["row"][:-1], rows["row"][1:], strict=True)]
            for j, moment in enumerate(summary["moments"]):
                then = dataclasses.replace(view, network=view.snapshots[moment]())
                # what deconvnet shows of that network, if all maps are asked for
                all_maps = {"conv1": 4, "conv2": 6}[layer]
                alone, shown = deconvnet.look(then, {"layers": [layer], "maps": all_maps, "top": 1})
                at = alone["layers"][layer]["maps"].index(number)
                expected = shown["deconvnet.csv"].iloc[at]
                assert rows["row"][j] == expected["row"]
                assert rows["activation"][j] == pytest.approx(expected["activation"], rel=1e-5)
                difference = pictures[i, j].astype(int) - shown[f"deconvnet_{layer}.npy"][at, 0]
                assert np.abs(difference).max() <= 1
        assert summary["layers"][layer]["changed_image"] == pytest.approx(np.mean(changes))
    shares = [found["changed_image"] for found in summary["layers"].values()]
    assert any(0 < share < 1 for share in shares)


def test_one_snapshot_changes_nothing(view):
    summary, files = evolution.look(dataclasses.replace(view, snapshots={60: view.snapshots[60]}), SETTINGS)
    assert summary["layers"]["conv1"]["changed_image"] is None
    assert files["evolution_conv1.npy"].shape == (3, 1, 3, 3, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": ["flatten"]}, r"evolution\.layers: layer 'flatten' has no feature maps"),
        ({"maps": 7}, r"evolution\.maps: layer 'conv2' has 6 feature maps; use 1 to 6, not 7"),
    ],
)
def test_mistakes_are_told(view, change, message):
    with pytest.raises(ConfigError, match=rf"^analyses\.inspect\.{message}"):
        evolution.look(view, SETTINGS | change)


def test_a_training_without_snapshots_is_told(view):
    with pytest.raises(ConfigError, match=r"^analyses\.inspect\.evolution: .*kept no snapshots"):
        evolution.look(dataclasses.replace(view, snapshots={}), SETTINGS)
