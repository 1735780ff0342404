import json

import numpy as np
import pytest
from PIL import Image

from revisit.analyses import sprites


def write(folder, *what):
    for name, content in sprites.files(*what).items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("channels", [1, 3])
def test_tiles_lie_in_the_order_of_the_rows(tmp_path, channels):
    thumbnails = np.random.default_rng(0).integers(0, 256, (70, 6, 5, channels), dtype=np.uint8)
    rows = np.array([69, *range(33), 3])
    write(tmp_path, thumbnails, rows, ["a", "b"])
    with Image.open(tmp_path / "thumbnails.png") as png:
        image = np.asarray(png).reshape(12, 160, channels)
    for place, row in enumerate(rows):
        y, x = place // 32 * 6, place % 32 * 5
        np.testing.assert_array_equal(image[y : y + 6, x : x + 5], thumbnails[row])
    assert not image[6:, 15:].any()
    assert json.loads((tmp_path / "sprite.json").read_text()) == {
        "columns": 32,
        "tile": [6, 5],
        "rows": rows.tolist(),
        "classes": ["a", "b"],
    }


def test_the_same_bytes_every_time(tmp_path):
    thumbnails = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 1), dtype=np.uint8)
    written = []
    for name in "ab":
        (tmp_path / name).mkdir()
        write(tmp_path / name, thumbnails, np.arange(5), ["x"])
        written.append([(tmp_path / name / file).read_bytes() for file in ("thumbnails.png", "sprite.json")])
    assert written[0] == written[1]
    assert b"tIME" not in written[0][0]


def test_a_large_map_gets_every_so_many_tiles(monkeypatch):
    monkeypatch.setattr(sprites, "MOST", 15)
    assert sprites.thinned(np.arange(15)).tolist() == list(range(15))
    assert sprites.thinned(np.arange(16)).tolist() == list(range(0, 16, 2))
    assert len(sprites.thinned(np.arange(1000))) == 15
