"""Files of weights that are damaged, hostile or of another network."""

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from revisit.errors import DataError
from revisit.models.parts import checkpoints

TENSORS = {"conv.weight": torch.arange(6.0).view(2, 3), "conv.bias": torch.ones(2)}


class Payload:
    """Unpickled without care it would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
def test_what_was_saved_is_read(tmp_path, suffix):
    path = tmp_path / f"weights{suffix}"
    save_file(TENSORS, path) if suffix == ".safetensors" else torch.save(TENSORS, path)
    found = checkpoints.read(path)
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)


def test_the_format_of_old_files_is_read(tmp_path):
    torch.save(TENSORS, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert torch.equal(checkpoints.read(tmp_path / "old.pth")["conv.bias"], torch.ones(2))


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_file_is_not_run(tmp_path, zipped):
    touched = tmp_path / "touched"
    torch.save({"a": Payload(touched)}, tmp_path / "evil.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(DataError, match=r"evil\.pth: damaged, or not a file of weights alone"):
        checkpoints.read(tmp_path / "evil.pth")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Payload(touched)))
    with pytest.raises(DataError, match="not a file of weights alone"):
        checkpoints.read(tmp_path / "plain.pt")
    assert not touched.exists()


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\xff" * 64, b"<html>404</html>", b"PK\x03\x04" + b"x" * 50])
def test_garbage_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"garbage{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged, or not a file of weights"):
        checkpoints.read(path)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_files_that_were_cut_off_are_refused(tmp_path, suffix):
    path = tmp_path / f"cut{suffix}"
    save_file(TENSORS, path) if suffix == ".safetensors" else torch.save(TENSORS, path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, max(1, len(whole) // 20)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="damaged"):
            checkpoints.read(path)


def test_an_archive_with_a_path_outside_is_refused(tmp_path):
    path = tmp_path / "weights.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../escaped", b"x")
    with pytest.raises(DataError, match="damaged"):
        checkpoints.read(path)
    assert not (tmp_path.parent / "escaped").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.ones(2)], "no tensors by name"),
        (torch.ones(2), "no tensors by name"),
        ({1: torch.ones(2)}, "no tensors by name"),
        ({"epoch": 3, "state_dict": TENSORS}, r"no plain tensors: epoch, state_dict; save the network's state_dict"),
        ({"a": torch.ones(2, 2).to_sparse()}, "no plain tensors: a"),
        ({"a": torch.empty(2, device="meta")}, "no plain tensors: a"),
        ({"a": torch.ones(2, dtype=torch.complex64)}, "no plain tensors: a"),
    ],
)
def test_other_content_is_refused(tmp_path, content, message):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(DataError, match=message):
        checkpoints.read(tmp_path / "other.pth")


def test_missing_files_and_other_formats_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.pth: the file of weights is missing; put it there"):
        checkpoints.read(tmp_path / "none.pth")
    (tmp_path / "net.h5").write_bytes(b"x")
    with pytest.raises(DataError, match=r"weights are read from \.safetensors, \.pth and \.pt files, not from '\.h5'"):
        checkpoints.read(tmp_path / "net.h5")


def test_weights_that_fit_get_the_networks_order_and_types():
    expected = torch.nn.BatchNorm2d(2).state_dict()
    given = {name: expected[name].double() for name in reversed(expected) if name != "num_batches_tracked"}
    found = checkpoints.fit(given, expected, "w.pth", "net")
    assert list(found) == list(expected)
    assert all(found[name].dtype == expected[name].dtype for name in expected)
    assert found["num_batches_tracked"] == 0  # files before PyTorch 0.4.1 have none


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conv.bias": None}, r"not the weights of net \(conv\.bias missing\); give the weights of torchvision's net"),
        ({"extra": torch.ones(1)}, r"\(extra not in it\)"),
        ({"a": torch.ones(1), "b": torch.ones(1), "c": torch.ones(1)}, r"\(a, b and 1 more not in it\)"),
        ({"conv.weight": torch.ones(3, 2)}, r"\(conv\.weight is \(3, 2\), not \(2, 3\)\)"),
        ({"conv.weight": torch.ones(1).expand(10**6, 10**6)}, r"\(conv\.weight is \(1000000, 1000000\), not"),
        ({"conv.bias": torch.tensor([1.0, float("nan")])}, "conv.bias has values that are not finite"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change, message):
    given = {name: value for name, value in (TENSORS | change).items() if value is not None}
    with pytest.raises(DataError, match=message):
        checkpoints.fit(given, TENSORS, "w.pth", "net")


def test_old_names_of_densenet_are_understood():
    old = {"features.denseblock1.denselayer2.norm.1.weight": torch.ones(1), "features.norm0.weight": torch.ones(1)}
    assert list(checkpoints.renamed(old)) == [
        "features.denseblock1.denselayer2.norm1.weight",
        "features.norm0.weight",
    ]
