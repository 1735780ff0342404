"""Recurrent layers against the papers' formulas, written out step by step, and against PyTorch's layers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from revisit.models.parts.cells import GatedRecurrentUnit, LongShortTermMemory, SimpleCell
from revisit.training import flops

CELLS = {
    "rnn": SimpleCell,
    "lstm": LongShortTermMemory,
    "gru": lambda inputs, units: GatedRecurrentUnit(inputs, units, "before"),
    "gru_after": lambda inputs, units: GatedRecurrentUnit(inputs, units, "after"),
}
THEIRS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru_after": nn.GRU}


def drawn(name, inputs, units, seed=0):
    """A layer all of whose numbers, biases too, are drawn from N(0, 0.5²)."""
    torch.manual_seed(seed)
    cell = CELLS[name](inputs, units)
    for parameter in cell.parameters():
        nn.init.normal_(parameter, std=0.5)
    return cell


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn(x, h, W, U, b):
    """Elman 1990."""
    return np.tanh(W[0] @ x + U[0] @ h + b[0])


def gru(x, h, W, U, b):
    """Cho et al. 2014, equations 5 to 8, with biases."""
    r = sigmoid(W[0] @ x + U[0] @ h + b[0])
    z = sigmoid(W[1] @ x + U[1] @ h + b[1])
    return z * h + (1 - z) * np.tanh(W[2] @ x + U[2] @ (r * h) + b[2])


def gru_after(x, h, W, U, b):
    """PyTorch's documentation of nn.GRU, without its second bias."""
    r = sigmoid(W[0] @ x + U[0] @ h + b[0])
    z = sigmoid(W[1] @ x + U[1] @ h + b[1])
    return (1 - z) * np.tanh(W[2] @ x + b[2] + r * (U[2] @ h)) + z * h


def lstm(x, both, W, U, b):
    """Gers et al. 2000: the new state and memory."""
    h, c = both
    i, f, o = (sigmoid(W[k] @ x + U[k] @ h + b[k]) for k in (0, 1, 3))
    c = f * c + i * np.tanh(W[2] @ x + U[2] @ h + b[2])
    return o * np.tanh(c), c


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([("rnn", rnn, 1), ("lstm", lstm, 4), ("gru", gru, 3), ("gru_after", gru_after, 3)]),
    st.tuples(*[st.integers(1, 5)] * 4),
    st.integers(0, 1000),
)
def test_the_papers_formulas_step_by_step(case, sizes, seed):
    (name, formula, gates), (count, steps, inputs, units) = case, sizes
    cell = drawn(name, inputs, units, seed)
    weight = cell.weight.detach().double().numpy().reshape(gates, units, inputs + units)
    W, U = weight[:, :, :inputs], weight[:, :, inputs:]
    b = cell.bias.detach().double().numpy().reshape(gates, units)
    sequence = torch.randn(count, steps, inputs)
    expected = []
    for rows in sequence.double().numpy():
        state = np.zeros((2, units) if name == "lstm" else units)
        for row in rows:
            state = formula(row, state, W, U, b)
        expected.append(state[0] if name == "lstm" else state)
    found = cell(sequence)
    assert found.shape == (count, units)
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", THEIRS)
def test_states_and_gradients_of_pytorchs_layers_with_one_bias(name):
    ours = drawn(name, 7, 5)
    theirs = THEIRS[name](7, 5, batch_first=True)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(ours.weight[:, :7])
        theirs.weight_hh_l0.copy_(ours.weight[:, 7:])
        theirs.bias_ih_l0.copy_(ours.bias)
        theirs.bias_hh_l0.zero_()
    sequence, direction = torch.randn(3, 9, 7), torch.randn(3, 5)
    found, expected = ours(sequence), theirs(sequence)[0][:, -1]
    torch.testing.assert_close(found, expected)
    (found * direction).sum().backward()
    (expected * direction).sum().backward()
    torch.testing.assert_close(ours.weight.grad, torch.cat([theirs.weight_ih_l0.grad, theirs.weight_hh_l0.grad], 1))
    torch.testing.assert_close(ours.bias.grad, theirs.bias_ih_l0.grad)


def test_where_the_reset_gate_is_makes_a_difference():
    before, after = drawn("gru", 4, 3), drawn("gru_after", 4, 3)
    assert torch.equal(before.weight, after.weight)
    sequence = torch.randn(2, 2, 4)
    assert not torch.allclose(before(sequence), after(sequence), atol=1e-3)
    first = sequence[:, :1]  # the first state is zero: nothing to reset
    torch.testing.assert_close(before(first), after(first))


@pytest.mark.parametrize("name", CELLS)
def test_gradients_in_double_precision(name):
    cell = drawn(name, 3, 2).double()
    assert torch.autograd.gradcheck(cell, torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True))


@pytest.mark.parametrize("name", CELLS)
def test_the_same_bits_every_time(name):
    cell, sequence = drawn(name, 6, 8), torch.randn(5, 7, 6)

    def once():
        cell.zero_grad()
        state = cell(sequence)
        state.sum().backward()
        return state.detach(), cell.weight.grad.clone(), cell.bias.grad.clone()

    assert all(torch.equal(a, b) for a, b in zip(once(), once(), strict=True))


@pytest.mark.parametrize("name", CELLS)
def test_under_bf16_autocast(name):
    cell, sequence = drawn(name, 6, 8), torch.randn(5, 7, 6)
    with torch.autocast("cpu", torch.bfloat16):
        state = cell(sequence)
    torch.testing.assert_close(state.float(), cell(sequence), rtol=0, atol=0.05)
    state.float().sum().backward()
    assert cell.weight.grad.dtype == torch.float32
    assert cell.weight.grad.isfinite().all()


@pytest.mark.parametrize("name", CELLS)
def test_operations_are_counted(name):
    """Per image and step a product with the input and one with the state, for every gate; nothing else counts."""
    cell, gates = drawn(name, 6, 8), {"rnn": 1, "lstm": 4}.get(name, 3)
    _, found = flops.counted(lambda: cell(torch.randn(5, 7, 6)))
    assert found == 2 * 5 * 7 * gates * (6 * 8 + 8 * 8)


@pytest.mark.parametrize("name", CELLS)
def test_a_static_graph_captures_it(name):
    cell, sequence = drawn(name, 6, 8), torch.randn(5, 7, 6)
    captured = torch.compile(cell, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(captured(sequence), cell(sequence))


def test_printing():
    assert repr(SimpleCell(3, 2)) == "SimpleCell(3, 2)"
    assert repr(GatedRecurrentUnit(3, 2, "after")) == "GatedRecurrentUnit(3, 2, reset='after')"
