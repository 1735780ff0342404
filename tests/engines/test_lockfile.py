"""`dvc.lock` edited by a C library: what DVC reads there is what it wrote, as without it."""

from collections import OrderedDict

import pytest
from dvc import dvcfile
from dvc.utils import strictyaml
from dvc.utils.serialize import YAMLFileCorruptedError, load_yaml, modify_yaml, parse_yaml

from revisit_engines import lockfile

ODD = (
    *("12345678901234567890123456789012", "1e101234567890123456789012345678", "12345678e01234567890123456789012"),
    *(
        "0o17",
        "0x1f",
        "1_000",
        "12:30:45",
        "yes",
        "null",
        "~",
        "2001-01-01",
        "a: b",
        "- x",
        "ä",
        "x" * 200,
        "word " * 40,
    ),
    *("#c", "'q'", '"', "1.5e3", "=", "<<", "", " a", "two\nlines", "\U0001f600", "*a", "&b", "!t", "%x", "@x", ".inf"),
)
STAGES = {"train@x": {"cmd": "exec python " + "long " * 30, "deps": [{"path": text, "md5": text} for text in ODD]}}
NEW = OrderedDict(cmd="b", outs=[OrderedDict(path="results/b", size=3, isexec=True, nfiles=None)])


@pytest.fixture
def edited(monkeypatch):
    """`modify_yaml` as DVC has it after `read_by_libyaml`."""
    monkeypatch.setattr(dvcfile, "modify_yaml", modify_yaml)  # put back afterwards
    monkeypatch.setattr(strictyaml, "parse_yaml", parse_yaml)
    lockfile.read_by_libyaml()
    assert dvcfile.modify_yaml is not modify_yaml
    return dvcfile.modify_yaml


def test_the_lock_says_what_dvc_would_have_written(edited, tmp_path):
    read = []
    for number, modify in enumerate((edited, modify_yaml)):
        (tmp_path / str(number)).mkdir()
        lock = tmp_path / str(number) / "dvc.lock"
        with modify(lock) as data:
            data |= {"schema": "2.0", "stages": STAGES}
        with modify(lock) as data:
            data["stages"]["b"] = NEW
        read.append(load_yaml(lock))
    assert read[0] == read[1] == {"schema": "2.0", "stages": STAGES | {"b": NEW}}
    assert list(read[0]["stages"]) == ["train@x", "b"]
    for number in (0, 1):
        lock = tmp_path / str(number) / "dvc.lock"
        assert strictyaml.parse_yaml(lock.read_text(), lock) == read[0]


def test_a_value_that_stands_twice_is_written_twice(edited, tmp_path):
    lock = tmp_path / "dvc.lock"
    with edited(lock) as data:
        data["stages"] = {"a": {"deps": [NEW]}, "b": {"deps": [NEW]}}
    assert "&" not in lock.read_text()


@pytest.mark.parametrize("damaged", ["stages: {a", "a: b: c", "a: 1\n  b: 2\n", "\t- x"])
def test_of_a_damaged_lock_dvc_says_what_it_always_does(edited, tmp_path, damaged):
    lock = tmp_path / "dvc.lock"
    lock.write_text(damaged)
    with pytest.raises(YAMLFileCorruptedError):
        strictyaml.parse_yaml(damaged, lock)
    with pytest.raises(YAMLFileCorruptedError), edited(lock):
        pytest.fail("a damaged lock was read")
    assert lock.read_text() == damaged


def test_comments_of_other_files_stay(edited, tmp_path):
    file = tmp_path / "dvc.yaml"
    file.write_text("stages:  # all\n  a:\n    cmd: one\n")
    with edited(file) as data:
        data["stages"]["a"]["cmd"] = "two"
    assert file.read_text() == "stages:  # all\n  a:\n    cmd: two\n"
