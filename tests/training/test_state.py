import os

import pytest
import torch

from revisit.training import state

CONTENT = {"network": {"weight": torch.arange(5000.0)}, "history": [{"step": 3, "loss": 0.5}], "events": 12}


def test_a_state_comes_back(tmp_path):
    state.save(tmp_path / "x", "key", CONTENT)
    loaded = state.load(tmp_path / "x", "key")
    assert torch.equal(loaded["network"]["weight"], CONTENT["network"]["weight"])
    assert loaded["history"] == CONTENT["history"]
    assert loaded["events"] == 12


def test_no_state_is_no_news(tmp_path, capsys):
    assert state.load(tmp_path, "key") is None
    assert capsys.readouterr().err == ""


def test_a_state_of_another_key_is_not_used(tmp_path, capsys):
    state.save(tmp_path, "key", CONTENT)
    assert state.load(tmp_path, "other") is None
    assert "belongs to other settings, data or code; training starts anew" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["start", "middle", "end"])
def test_one_changed_byte_is_noticed(tmp_path, capsys, part):
    state.save(tmp_path, "key", CONTENT)
    damaged = bytearray((tmp_path / state.STATE).read_bytes())
    at = {"start": 0, "middle": len(damaged) // 2, "end": len(damaged) - 20}[part]
    damaged[at] ^= 0x55
    (tmp_path / state.STATE).write_bytes(damaged)
    assert state.load(tmp_path, "key") is None
    assert "it is damaged; training starts anew" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04K\x01.", b"no archive at all" * 100])
def test_rubbish_is_not_used(tmp_path, capsys, content):
    (tmp_path / state.STATE).write_bytes(content)
    assert state.load(tmp_path, "key") is None
    assert "it is damaged" in capsys.readouterr().err


def test_a_truncated_state_is_not_used(tmp_path):
    state.save(tmp_path, "key", CONTENT)
    whole = (tmp_path / state.STATE).read_bytes()
    for length in range(0, len(whole), len(whole) // 7):
        (tmp_path / state.STATE).write_bytes(whole[:length])
        assert state.load(tmp_path, "key") is None


class Trap:
    """Runs a command when it is unpickled by something careless."""

    def __reduce__(self):
        return os.mkdir, ("trapped",)


def test_nothing_in_a_state_is_executed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    torch.save({"key": "key", "content": Trap()}, tmp_path / state.STATE)
    assert state.load(tmp_path, "key") is None
    assert not (tmp_path / "trapped").exists()


def test_a_failed_write_leaves_the_old_state(tmp_path, monkeypatch):
    state.save(tmp_path, "key", CONTENT)
    monkeypatch.setattr(torch, "save", lambda value, stream: stream.write(b"half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        state.save(tmp_path, "key", {"events": 13})
    assert state.load(tmp_path, "key")["events"] == 12


def test_write_replaces_a_file(tmp_path):
    path = tmp_path / "snapshots" / "epoch_1.safetensors"
    state.write(path, b"old")
    state.write(path, b"new")
    assert [p for p in path.parent.rglob("*") if p.is_file()] == [path]
    assert path.read_bytes() == b"new"


def test_a_result_lies_beside_the_state(tmp_path):
    state.save(tmp_path, "key", CONTENT)
    state.save(tmp_path, "key", {"events": 5}, state.RESULT)
    assert state.load(tmp_path, "key", state.RESULT) == {"events": 5}
    assert state.load(tmp_path, "key")["events"] == 12


def test_the_key_is_that_of_everything_that_counts():
    cpu = torch.device("cpu")
    parts = {"protocol": {"lr": 0.1, "seed": 0}, "data": {"x.npy": "0"}}
    key = state.key(parts, cpu)
    assert key == state.key({"data": {"x.npy": "0"}, "protocol": {"seed": 0, "lr": 0.1}}, cpu)
    assert key != state.key(parts | {"data": {"x.npy": "1"}}, cpu)
    assert key != state.key(parts | {"code": {"workflow/revisit/device.py": "0"}}, cpu)
