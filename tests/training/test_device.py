import contextlib

import pytest
import torch

from revisit import device
from revisit.errors import DeviceError


@pytest.fixture
def without_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def with_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_cpu_without_a_gpu(without_gpu, name):
    assert device.choose(name) == torch.device("cpu")


@pytest.mark.parametrize(("name", "chosen"), [("auto", "cuda"), ("cuda", "cuda"), ("cpu", "cpu")])
def test_gpu_where_there_is_one(with_gpu, name, chosen):
    assert device.choose(name) == torch.device(chosen)


def test_cuda_without_a_gpu_says_what_to_do(without_gpu):
    with pytest.raises(DeviceError, match=r"device: cuda .* `device: auto`"):
        device.choose("cuda")


def test_unknown_device():
    with pytest.raises(DeviceError, match="'gpu' is not known; use auto, cpu or cuda"):
        device.choose("gpu")


def test_deterministic_puts_the_settings_back():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with contextlib.suppress(KeyError), device.deterministic():
            assert torch.are_deterministic_algorithms_enabled()
            assert torch.get_num_threads() == 1
            raise KeyError
        assert not torch.are_deterministic_algorithms_enabled()
        assert torch.get_num_threads() == 2
        assert torch.utils.deterministic.fill_uninitialized_memory
    finally:
        torch.set_num_threads(threads)


def test_denormal_numbers_are_0_inside_and_themselves_outside():
    tiny = torch.tensor(1e-30) * torch.tensor(1e-10)
    assert tiny > 0
    with device.deterministic():
        assert torch.tensor(1e-30) * torch.tensor(1e-10) == 0
        assert torch.tensor(1e-30) * torch.tensor(1e-5) > 0  # an ordinary number
    assert torch.tensor(1e-30) * torch.tensor(1e-10) > 0


def test_memory_errors_become_one_message():
    cpu = torch.device("cpu")
    for failure in (torch.OutOfMemoryError("CUDA out of memory"), MemoryError()):
        with (
            pytest.raises(DeviceError, match="out of memory on cpu: take less"),
            device.memory_errors(cpu, "take less"),
        ):
            raise failure
    with pytest.raises(DeviceError, match="take less"), device.memory_errors(cpu, "take less"):
        torch.empty(2**60, dtype=torch.uint8)  # what the CPU allocator really says


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="shapes"), device.memory_errors(torch.device("cpu"), "take less"):
        raise RuntimeError("shapes do not fit")
