"""Nearest neighbours of all rows among all others: this project's search against scikit-learn's.

    python benchmarks/neighbours.py                                       # a quick try
    python benchmarks/neighbours.py --rows 4952 --dimensions 9216         # the whole measurement: PASCAL VOC's test set

All find the same float32 rows' neighbours by brute force. Reference: scikit-learn in single precision. Right are
neighbours at the rank at which a comparison in double precision has them.
"""

import argparse

import timing

# isort: split
from revisit.analyses import nearest as neighbours

REFERENCE, OURS = "NearestNeighbors(brute), float32", "this project"


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000, help="(default 2000)")
    parser.add_argument("--neighbours", type=int, default=5, help="of each row (default 5)")
    timing.feature_options(parser)
    options = parser.parse_args()

    from sklearn.neighbors import NearestNeighbors

    X, k = timing.features(options, options.rows)[0], options.neighbours

    def brute(dtype: str) -> tuple:
        return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X.astype(dtype)).kneighbors()[::-1]

    actions = {
        REFERENCE: lambda: brute("float32"),
        "NearestNeighbors(brute), float64": lambda: brute("float64"),
        OURS: lambda: neighbours.nearest(X, k),
    }
    results = {name: timing.measured(action) for name, action in actions.items()}
    (exact, _), _ = results["NearestNeighbors(brute), float64"]
    reference = results[REFERENCE][1]
    timing.print_table(
        f"{k} nearest of {len(X)} x {X.shape[1]} features, one thread; reference: {REFERENCE}",
        ("search", "CPU s", "times as fast", "right"),
        [
            (name, f"{seconds:.2f}", f"{reference / seconds:.2f}", f"{(indices == exact).mean():.4%}")
            for name, ((indices, _), seconds) in results.items()
        ],
    )
    (found, _), seconds = results[OURS]
    timing.print_goals(
        timing.Goal("nearest neighbours: times as fast", reference / seconds, at_least=2),
        timing.Goal("nearest neighbours: share that is right", (found == exact).mean(), at_least=1),
    )


if __name__ == "__main__":
    main()
