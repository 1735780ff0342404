"""Reading what is left of events: whatever is damaged is refused."""

import numpy as np
import pytest

from revisit import files
from revisit.events import tables

HEAD = "step,layer,low,q05,q25,q50,q75,q95,high"
ROW = "5,fc,-1,-0.5,-0.1,0,0.1,0.5,1"


@pytest.fixture
def left(tmp_path):
    """`left(gradients=..., inputs=..., tiles=...)`: writes findings, those that are given; their folder."""

    def go(gradients=None, inputs=None, tiles=None):
        (tmp_path / "runs").mkdir()
        for name, text in (("gradients.csv", gradients), ("inputs.csv", inputs)):
            if text is not None:
                (tmp_path / "runs" / name).write_text(text)
        if tiles is not None:
            files.write_array(tmp_path / "runs/inputs.npy", tiles)
        return tmp_path

    return go


def test_a_sound_table(left):
    assert tables.gradients(left(f"{HEAD}\n{ROW}\n")).iloc[0].tolist() == [5, "fc", -1, -0.5, -0.1, 0, 0.1, 0.5, 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "step,layer\n1,fc\n",
        f"{HEAD}\n{ROW.replace('0.5', 'nan', 1)}\n",
        f"{HEAD}\n{ROW.replace('0.5', 'inf', 1)}\n",
        f"{HEAD}\n{ROW.replace('0.5', 'many', 1)}\n",
        f"{HEAD}\n{ROW.replace('-0.5', '0.5')}\n",
        f"{HEAD}\n{ROW.replace('5', '5.5', 1)}\n",
        f"{HEAD}\n{ROW.replace('5', '-5', 1)}\n",
        f"{HEAD}\n{ROW.replace('5', '9' * 40, 1)}\n",
    ],
    ids=["empty", "columns", "nan", "infinite", "words", "not-ascending", "half-a-step", "negative", "huge"],
)
def test_a_damaged_table_is_refused(left, text):
    with pytest.raises(ValueError):
        tables.gradients(left(text))


@pytest.mark.parametrize(
    "tiles",
    [
        np.zeros((2, 3, 8, 8, 3), np.float32),
        np.zeros((2, 3, 8, 8), np.uint8),
        np.zeros((2, 3, 8, 8, 2), np.uint8),
        np.zeros((2, 0, 8, 8, 3), np.uint8),
        np.zeros((1, 3, 8, 8, 3), np.uint8),
        np.zeros((2, 1, 65, 8, 3), np.uint8),
    ],
    ids=["floats", "no-channels", "two-channels", "no-images", "another-number-of-steps", "large"],
)
def test_damaged_pictures_are_refused(left, tiles):
    with pytest.raises(ValueError, match=r"inputs\.npy"):
        tables.inputs(left(inputs="step\n1\n2\n", tiles=tiles))


def test_pictures_that_are_missing(left):
    with pytest.raises(OSError, match=r"inputs\.npy"):
        tables.inputs(left(inputs="step\n1\n"))
