"""Linear SVMs for all classes at once, one-vs-rest: `fit` by the squared hinge loss, `hinge_scores` by the hinge loss.

`fit` solves the problem in the primal by Newton's method. For each class the unique minimum over `w` of

    f(w) = ½‖w‖² + C Σᵢ max(0, 1 - yᵢ w·xᵢ)²         with yᵢ = +1 in the class, -1 outside it,

the problem of LIBLINEAR's `LinearSVC` (Fan et al. 2008, JMLR 9:1871-1874). A row with yᵢ = 0 does not count for that
class: it is left out of the sum. A constant column in X is the bias: it is
regularised like every other weight, as LIBLINEAR does with `intercept_scaling=1`.

f is convex, once differentiable and piecewise quadratic, so Newton steps with the generalised Hessian
I + 2C Σ_{active} xᵢxᵢᵀ end at the minimum after finitely many of them (Keerthi & DeCoste 2005, JMLR 6:341-361;
Chapelle 2007, Neural Computation 19:1155-1178). A step is found by conjugate gradients, which need nothing but
products with X; those are shared by all the classes, and there lies the speed. Rows given in their principal axes
(`axes.principal_axes`) have nearly diagonal Hessians, which saves most of the conjugate gradient steps.

`hinge_scores` is scikit-learn's `OneVsRestClassifier(SVC(kernel="linear"))`, whose solver is LIBSVM (Chang & Lin 2011,
ACM TIST 2:27). It needs of the rows only their inner products, which are the same for all the classes.
"""

import numpy as np

GAP = 1e-6  # the objective ends at most this share above its minimum
STEPS = 100  # Newton steps; 10 to 20 are usual
INNER = 60  # conjugate gradient steps within one Newton step
HINGE_STEPS = 10_000_000  # of LIBSVM for one class: its own limit, which scikit-learn lifts
_COLUMNS = 1024  # in double precision at a time
SUFFICIENT = 1e-4  # share of the promised decrease that a step must bring (Armijo)


def objective(X: np.ndarray, signs: np.ndarray, W: np.ndarray, C: float) -> np.ndarray:
    """f for every class: X (N, D), signs (N, K) of +1, -1 and 0, W (D, K) -> (K,) float64."""
    return _value(W, _slack(X, signs, W), C)


def fit(X: np.ndarray, signs: np.ndarray, C: float, start: np.ndarray | None = None) -> np.ndarray:
    """The minimisers W (D, K) of f for rows X (N, D), float32 or float64, and signs (N, K) of +1, -1 and 0.

    f is strongly convex with modulus 1, hence f(w) - min f <= ½‖∇f(w)‖²: a class is done when this certifies a
    relative gap of `GAP`, or when rounding allows no further decrease. `start` (D, K) saves steps, such as the
    solution for another C; it does not change the result beyond that gap. Computes in the type of X.
    """
    K = signs.shape[1]
    signs = signs.astype(X.dtype)
    W = np.zeros((X.shape[1], K), X.dtype) if start is None else start.astype(X.dtype)
    slack = _slack(X, signs, W)
    squares = np.einsum("nd,nd->d", X, X)
    todo = np.arange(K)
    for _ in range(STEPS):
        y, w, s = signs[:, todo], W[:, todo], slack[:, todo]
        value = _value(w, s, C)
        gradient = w - 2 * C * (X.T @ (y * np.maximum(s, 0)))
        steepness = np.einsum("dk,dk->k", gradient, gradient, dtype=np.float64)
        open_ = steepness / 2 > GAP * value
        if not open_.any():
            break
        todo, y, w, s = todo[open_], y[:, open_], w[:, open_], s[:, open_]
        direction = _newton_direction(X, s > 0, gradient[:, open_], squares, C)
        change = y * (X @ direction)
        slope = np.einsum("dk,dk->k", gradient[:, open_], direction, dtype=np.float64)
        size = np.ones(len(todo), X.dtype)
        for _ in range(30):  # halve the steps that do not bring the decrease they promise
            short = _value(w + size * direction, s - size * change, C) > value[open_] + SUFFICIENT * size * slope
            if not short.any():
                break
            size[short] /= 2
        size[short] = 0
        W[:, todo] = w + size * direction
        slack[:, todo] = s - size * change
        todo = todo[~short]
        if not len(todo):
            break
    return W


def hinge_scores(X: np.ndarray, signs: np.ndarray, test_X: np.ndarray, C: float) -> np.ndarray:
    """Decision values of rows `test_X` (M, D), by one SVM per class fitted on X (N, D): (M, K) float64.

    For each class w·x + b at the minimum of ½‖w‖² + C Σᵢ max(0, 1 - yᵢ (w·xᵢ + b)) over w and b, up to LIBSVM's
    tolerance of 0.001; after `HINGE_STEPS` it stops where it is, and scikit-learn warns. (Rows of great length that no
    plane separates would take hours; this is half a minute.) Rows are used as they are. As in `fit`, signs (N, K) are
    +1 and -1, and a row with 0 does not count for that class. A class without rows of both signs gets 0 for every row:
    there is nothing to tell apart.
    """
    from sklearn.svm import SVC  # slow to import

    gram, test_gram = _products(X, X), _products(test_X, X)
    scores = np.zeros((len(test_X), signs.shape[1]))
    for k, y in enumerate(signs.T):
        if not {1, -1} <= set(y.tolist()):
            continue
        rows = np.flatnonzero(y)
        machine = SVC(kernel="precomputed", C=C, max_iter=HINGE_STEPS).fit(gram[np.ix_(rows, rows)], y[rows])
        support = rows[machine.support_]
        scores[:, k] = test_gram[:, support] @ machine.dual_coef_[0] + machine.intercept_[0]
    return scores


def _products(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """The inner products of the rows of A (M, D) with those of B (N, D): (M, N) float64."""
    products = np.zeros((len(A), len(B)))
    for i in range(0, A.shape[1], _COLUMNS):
        columns = slice(i, i + _COLUMNS)
        products += A[:, columns].astype(np.float64) @ B[:, columns].astype(np.float64).T
    return products


def _slack(X: np.ndarray, signs: np.ndarray, W: np.ndarray) -> np.ndarray:
    """1 - y w·x; 0, which neither costs nor pulls, in rows that do not count: there y is 0."""
    return np.abs(signs) - signs * (X @ W)


def _value(w: np.ndarray, slack: np.ndarray, C: float) -> np.ndarray:
    hinge = np.maximum(slack, 0)
    return np.einsum("dk,dk->k", w, w, dtype=np.float64) / 2 + C * np.einsum("nk,nk->k", hinge, hinge, dtype=np.float64)


def _newton_direction(
    X: np.ndarray, active: np.ndarray, gradient: np.ndarray, squares: np.ndarray, C: float
) -> np.ndarray:
    """Solve H d = -g for each class by conjugate gradients, preconditioned by an estimate of H's diagonal.

    Stops at a tenth of the gradient or less, the smaller the closer the minimum is (a forcing sequence: Dembo &
    Steihaug 1983, Mathematical Programming 26:190-212).
    """
    active = active.astype(X.dtype)
    diagonal = 1 + 2 * C * squares[:, None] * active.mean(axis=0)
    direction, residual = np.zeros_like(gradient), -gradient
    scaled = residual / diagonal
    path, energy = scaled.copy(), np.einsum("dk,dk->k", residual, scaled)
    first = energy
    for _ in range(INNER):
        curved = path + 2 * C * (X.T @ (active * (X @ path)))
        step = energy / np.maximum(np.einsum("dk,dk->k", path, curved), np.finfo(X.dtype).tiny)
        direction += step * path
        residual -= step * curved
        scaled = residual / diagonal
        energy, before = np.einsum("dk,dk->k", residual, scaled), energy
        if (energy <= 0.01 * first).all():
            break
        path = scaled + energy / np.maximum(before, np.finfo(X.dtype).tiny) * path
    return direction
