import numpy as np
import pytest

from revisit.analyses.axes import principal_axes


@pytest.mark.parametrize("shape", [(40, 7), (7, 40), (9, 9)])
@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1e-4), (np.float64, 1e-11)])
def test_keeps_inner_products_in_orthogonal_columns_strongest_first(shape, dtype, error):
    X = np.random.default_rng(0).normal(size=shape).astype(dtype) * np.linspace(1, 5, shape[1]).astype(dtype)
    axes = principal_axes(X)
    rows = X @ axes
    assert axes.dtype == dtype
    assert axes.shape == (shape[1], min(shape))
    np.testing.assert_allclose(axes.T @ axes, np.eye(min(shape)), atol=error)
    np.testing.assert_allclose(rows @ rows.T, X @ X.T, atol=error * 100)
    spread = rows.T @ rows
    np.testing.assert_allclose(spread, np.diag(np.diag(spread)), atol=error * 100)
    assert (np.diff(np.diag(spread)) < 0).all()


def test_deficient_rows_are_held_too():
    X = np.outer(np.arange(5.0), np.ones(30))  # rank 1, more columns than rows, a row of zeros
    axes = principal_axes(X)
    np.testing.assert_allclose(X @ axes @ axes.T, X, atol=1e-12)
