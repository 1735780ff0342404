"""Linear probes: fitting one-vs-rest linear SVMs, this project's solver against scikit-learn's.

    python benchmarks/linear_probes.py                            # a quick try
    python benchmarks/linear_probes.py --rows 10000               # the whole measurement: minutes
    python benchmarks/linear_probes.py --rows 10000 --features results/features/fashion_dynamic --layer fc1

All get the same standardised float32 features and the same C. Reference: `OneVsRestClassifier(SVC(kernel="linear"))`,
which minimises the hinge loss, the others its square. The time of this project's solver includes the rotation to
principal axes. Accuracy is that on rows not fitted.
"""

import argparse

import timing

# isort: split
import numpy as np

from revisit.analyses import svm
from revisit.analyses.axes import principal_axes
from revisit.analyses.probe import classifiers as probe

REFERENCE = "OneVsRestClassifier(SVC)"
OURS = "this project"


def ours(rows: np.ndarray, labels: np.ndarray, C: float) -> np.ndarray:
    """Weights (D + 1, K) for rows with a constant column, as the probe analysis fits them."""
    signs = np.where(labels[:, None] == np.arange(labels.max() + 1), 1, -1).astype(rows.dtype)
    axes = principal_axes(rows)
    return axes @ svm.fit(rows @ axes, signs, C)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000, help="to fit on (default 2000)")
    parser.add_argument("--test-rows", type=int, default=2000, help="to score (default 2000)")
    parser.add_argument("--C", type=float, nargs="+", default=[0.001, 0.01], help="(default 0.001 0.01)")
    timing.feature_options(parser)
    options = parser.parse_args()

    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import SVC, LinearSVC

    X, labels = timing.features(options, options.rows, "train")
    test_X, test_labels = timing.features(options, options.test_rows, "test")
    mean, scale = probe.standard(X)
    rows, test_rows = probe.standardised(X, mean, scale), probe.standardised(test_X, mean, scale)
    table, goals = [], []
    for C in options.C:
        models = {
            REFERENCE: OneVsRestClassifier(SVC(kernel="linear", C=C)),
            "LinearSVC": LinearSVC(C=C, random_state=0),
        }
        results = {}
        for name, model in models.items():
            _, seconds = timing.measured(lambda model=model: model.fit(rows[:, :-1], labels))
            results[name] = seconds, (model.predict(test_rows[:, :-1]) == test_labels).mean()
        W, seconds = timing.measured(lambda C=C: ours(rows, labels, C))
        results[OURS] = seconds, ((test_rows @ W).argmax(axis=1) == test_labels).mean()
        for name, (seconds, accuracy) in results.items():
            ratio = results[REFERENCE][0] / seconds
            table.append((name, f"{C:g}", f"{seconds:.2f}", f"{ratio:.1f}", f"{accuracy:.4f}"))
        faster = results[REFERENCE][0] / results[OURS][0]
        goals.append(timing.Goal(f"linear probes, C = {C:g}: times as fast", faster, at_least=50))
        lost = results["LinearSVC"][1] - results[OURS][1]
        goals.append(timing.Goal(f"linear probes, C = {C:g}: accuracy below LinearSVC's", lost, at_most=0.005))
    timing.print_table(
        f"{len(X)} x {X.shape[1]} features, {labels.max() + 1} classes, one thread; reference: {REFERENCE}",
        ("fit", "C", "CPU s", "times as fast", f"accuracy on {len(test_X)}"),
        table,
    )
    timing.print_goals(*goals)


if __name__ == "__main__":
    main()
