import pytest
import torch

from revisit.errors import ConfigError
from revisit.training import optimizers


def step(settings: dict, gradients: list[float], start: float = 1.0) -> float:
    weight = torch.nn.Parameter(torch.tensor([start]))
    optimizer = optimizers.build(settings, [weight])
    for gradient in gradients:
        weight.grad = torch.tensor([gradient])
        optimizer.step()
    return weight.item()


def test_sgd_with_momentum():
    # v1 = 2, v2 = 0.5 * 2 + 4 = 5
    moved = step({"name": "sgd", "lr": 0.1, "momentum": 0.5}, [2.0, 4.0])
    assert moved == pytest.approx(1 - 0.1 * 2 - 0.1 * 5)


def test_sgd_without_momentum():
    assert step({"name": "sgd", "lr": 0.1, "momentum": 0.0}, [2.0, 4.0]) == pytest.approx(1 - 0.1 * 6)


def test_adagrad_divides_by_the_root_of_the_summed_squares():
    assert step({"name": "adagrad", "lr": 0.1}, [3.0, 4.0]) == pytest.approx(1 - 0.1 * 3 / 3 - 0.1 * 4 / 5)


def test_adam_first_step_is_the_learning_rate():
    assert step({"name": "adam", "lr": 0.1, "momentum": 0.0}, [123.0]) == pytest.approx(0.9)


@pytest.mark.parametrize("name", ["sgd", "adagrad", "adam"])
def test_fused_where_pytorch_can(name):
    optimizer = optimizers.build({"name": name, "lr": 0.1}, [torch.nn.Parameter(torch.zeros(1))])
    assert optimizer.defaults["fused"]


def test_unknown_optimizer():
    with pytest.raises(ConfigError, match="'lion' is not known; use one of sgd, adagrad, adam"):
        optimizers.build({"name": "lion", "lr": 0.1}, [])


def test_momentum_of_an_optimizer_that_has_none():
    with pytest.raises(ConfigError, match=r"momentum: 0.5 is set, but adam has none"):
        optimizers.build({"name": "adam", "lr": 0.1, "momentum": 0.5}, [])
