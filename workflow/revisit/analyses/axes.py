"""The principal axes of a set of rows."""

import numpy as np


def principal_axes(X: np.ndarray) -> np.ndarray:
    """An orthonormal basis (D, min(N, D)) that holds every row of X (N, D): its principal axes, the strongest first.

    Exact up to rounding, without randomness. Centre X for the principal components of statistics. All distances and
    inner products of the rows are those of `X @ axes`, which is smaller where D > N and whose columns are orthogonal.
    Computes the products in the type of X, the eigenvectors in double precision.
    """
    if X.shape[1] <= X.shape[0]:
        return _eigenvectors(X.T @ X)
    axes, triangle = np.linalg.qr(X.T)  # X @ axes == triangle.T
    return axes @ _eigenvectors(triangle @ triangle.T)


def _eigenvectors(gram: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.linalg.eigh(gram.astype(np.float64)).eigenvectors[:, ::-1], gram.dtype)
