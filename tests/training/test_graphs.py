import shutil

import pytest
import torch

from revisit.errors import ConfigError, DeviceError
from revisit.training import graphs

CPU = torch.device("cpu")


def square(x: torch.Tensor) -> torch.Tensor:
    return (x * x).sum()


def test_dynamic_is_the_function_itself():
    choice = graphs.choose("dynamic", "inductor", CPU)
    assert choice.backend == "eager"
    assert graphs.capture(square, choice.backend) is square


@pytest.mark.filterwarnings("default::DeprecationWarning")  # PyTorch's own, while it compiles
def test_aot_eager_gives_value_and_gradient():
    choice = graphs.choose("static", "aot_eager", CPU)
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    value = graphs.capture(square, choice.backend)(x)
    value.backward()
    assert value.item() == 14
    assert x.grad.tolist() == [2, 4, 6]
    assert choice.backend == "aot_eager"
    assert "chosen in params.yaml" in choice.note


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_static_means_one_whole_graph():
    def broken(x: torch.Tensor) -> torch.Tensor:
        print("a side effect that cannot be captured")
        torch._dynamo.graph_break()
        return x

    call = graphs.capture(broken, "aot_eager")
    with pytest.raises(ConfigError, match=r"cannot be captured as one static graph .*set `graph: dynamic`"):
        call(torch.ones(2))


def test_auto_without_a_compiler_falls_back_and_says_why(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    graph = graphs.choose("static", "auto", CPU)
    assert graph.backend == "aot_eager"
    assert "no C++ compiler" in graph.note


def test_auto_with_a_compiler_generates_kernels(monkeypatch):
    monkeypatch.setenv("CXX", "/opt/bin/my-c++")
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "/opt/bin/my-c++" else None)
    graph = graphs.choose("static", "auto", CPU)
    assert graph.backend == "inductor"
    assert graph.note.endswith("C++ compiler my-c++ is there")  # its folder differs between machines


def test_inductor_without_a_compiler_is_refused(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(DeviceError, match=r"inductor cannot work on cpu: no C\+\+ compiler .* `backend: aot_eager`"):
        graphs.choose("static", "inductor", CPU)


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_a_sweep_can_capture_the_same_code_many_times():
    class Square:
        def __init__(self, size: int) -> None:
            self.size = size

        def call(self, x: torch.Tensor) -> torch.Tensor:
            return x.square().sum() * self.size

    for size in range(1, 12):  # PyTorch gives up on one piece of code after eight captures
        assert graphs.capture(Square(size).call, "aot_eager")(torch.ones(size)).item() == size**2


def test_recurrent_networks_cannot_be_captured():
    network = torch.nn.LSTM(4, 3)
    call = graphs.capture(lambda rows: network(rows)[0].sum(), "aot_eager")
    with pytest.raises(ConfigError, match="cannot be captured as one static graph"):
        call(torch.zeros(2, 1, 4))
