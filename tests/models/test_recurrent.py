import pytest
import torch

from revisit.errors import ConfigError
from revisit.models import registry


def test_rows_are_read_from_top_to_bottom_and_left_to_right():
    """Of images (N, C, H, W): H steps of W pixels with all their channels."""
    network = registry.build("recurrent", (2, 3, 2), 4, {"hidden": 5})
    pixels = torch.arange(12.0).reshape(1, 2, 2, 3)  # channel 0: 0..5, channel 1: 6..11
    assert network.rows(pixels).tolist() == [[[0, 6, 1, 7, 2, 8], [3, 9, 4, 10, 5, 11]]]


@pytest.mark.parametrize(
    "settings", [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset": "after"}]
)
def test_the_cell_gives_the_last_state_as_one_tensor(settings):
    network = registry.build("recurrent", (7, 6, 1), 4, settings | {"hidden": 5})
    assert [name for name, _ in network.named_children()] == ["rows", "cell", "logits"]
    seen = []
    network.cell.register_forward_hook(lambda _, __, output: seen.append(output))
    images = torch.randn(3, 1, 7, 6)
    logits = network(images)
    assert seen[0].shape == (3, 5)
    assert torch.equal(logits, network.logits(seen[0]))
    for row in (0, 6):  # the first row and the last matter
        changed = images.clone()
        changed[:, :, row] += 1
        assert not torch.allclose(network(changed), logits)


def test_the_reset_gate_is_where_the_setting_says():
    torch.manual_seed(0)
    before = registry.build("recurrent", (7, 6, 1), 4, {"cell": "gru"})
    after = registry.build("recurrent", (7, 6, 1), 4, {"cell": "gru", "reset": "after"})
    after.load_state_dict(before.state_dict())
    images = torch.randn(3, 1, 7, 6)
    assert not torch.allclose(before(images), after(images))


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_reset_gate_that_is_not_there_is_refused(cell):
    message = rf"network\.reset: 'after' is set, but {cell} has no reset gate; leave it out, or use gru"
    with pytest.raises(ConfigError, match=message):
        registry.build("recurrent", (7, 6, 1), 4, {"cell": cell, "reset": "after"})
    registry.build("recurrent", (7, 6, 1), 4, {"cell": cell, "reset": "before"})


def test_rows_of_every_image_come_in_an_order_of_its_own():
    images = torch.rand(50, 1, 8, 3)
    usual, shuffled = (
        registry.build("recurrent", (8, 3, 1), 4, {"hidden": 5, "order": order}) for order in ("from_top", "shuffled")
    )
    assert shuffled.state_dict().keys() == usual.state_dict().keys()
    rows, mixed = usual.rows(images), shuffled.rows(images)
    orders = []
    for before, after in zip(rows.tolist(), mixed.tolist(), strict=True):
        orders.append(tuple(before.index(row) for row in after))
        assert sorted(orders[-1]) == list(range(8))
    assert len(set(orders)) > 45
    first = torch.tensor(orders)[:, 0].bincount(minlength=8)
    assert first.max() < 20  # of 50, of 6 expected: no row is preferred
    shuffled.eval()
    assert torch.equal(shuffled.rows(images), mixed)
    assert torch.equal(shuffled.rows(images.flip(0)), mixed.flip(0))
