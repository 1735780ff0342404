"""t-SNE: this project's maps against scikit-learn's, at the time they take and at the quality they reach.

    python benchmarks/tsne.py                    # a quick try
    python benchmarks/tsne.py --points 10000     # the whole measurement: minutes

All get the same principal components and the same perplexity. Two measures of a map, each computed in one way for all:
the Kullback-Leibler divergence of its similarities from those of the components (openTSNE's: over the 3 x perplexity
nearest neighbours, as in scikit-learn), summed over all pairs without approximation; and the share of the 10 nearest
neighbours among the features that are among the 10 nearest in the map.
"""

import argparse
import warnings

import timing

# isort: split
import numpy as np

from revisit.analyses.embed import tsne as embed

REFERENCE, OURS = "scikit-learn", "this project"
FASTER = {300: 8, 1000: 3}  # times as fast at the quality of so many iterations of the reference
BLOCK = 1000  # rows of distances held at a time


def similarities(X: np.ndarray, perplexity: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P of t-SNE for points X (N, D): rows, columns and values of the entries above 0, which sum to 1."""
    from openTSNE.affinity import PerplexityBasedNN

    P = PerplexityBasedNN(X, perplexity, method="exact", n_jobs=1, random_state=0).P.tocoo()
    above = P.data > 0
    return P.row[above], P.col[above], P.data[above] / P.data.sum()


def divergence(P: tuple[np.ndarray, np.ndarray, np.ndarray], points: np.ndarray) -> float:
    """KL(P || Q) in nats for the map `points` (N, 2), exactly: Q is normalised over all pairs."""
    rows, columns, p = P
    total = -len(points)  # the pairs of a point with itself
    for i in range(0, len(points), BLOCK):
        differences = points[i : i + BLOCK, None] - points
        total += (1 / (1 + np.einsum("ijk,ijk->ij", differences, differences))).sum()
    q = 1 / (1 + ((points[rows] - points[columns]) ** 2).sum(axis=1)) / total
    return float((p * np.log(p / q)).sum())


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=2000, help="(default 2000)")
    parser.add_argument("--perplexity", type=float, default=40, help="(default 40)")
    parser.add_argument("--pca", type=int, default=50, help="principal components (default 50)")
    parser.add_argument("--iterations", type=int, nargs="+", default=[275, 300, 500, 750, 1000], help="of ours")
    parser.add_argument("--reference", type=int, nargs="+", default=[300, 1000], help="iterations of scikit-learn")
    timing.feature_options(parser)
    options = parser.parse_args()

    from sklearn.manifold import TSNE

    warnings.simplefilter("ignore")
    features = timing.features(options, options.points)[0]
    X = embed.principal_components(features, options.pca)

    def sklearn(count: int) -> np.ndarray:
        return TSNE(perplexity=options.perplexity, max_iter=count, n_jobs=1, random_state=0).fit_transform(X)

    def ours(count: int) -> np.ndarray:
        return embed.tsne(X, options.perplexity, [count], seed=0)[count].points

    ours(1)  # what is loaded and compiled on first use does not count
    P, maps = similarities(X, options.perplexity), {}
    for name, tsne, counts in (
        ("scikit-learn", sklearn, options.reference),
        ("this project", ours, options.iterations),
    ):
        for count in counts:
            points, seconds = timing.measured(lambda tsne=tsne, count=count: tsne(count))
            points = points.astype(np.float64)
            kept = embed.neighbourhood_preservation(features, points)
            maps[name, count] = seconds, divergence(P, points), kept
    references = [maps[REFERENCE, count] for count in options.reference]
    timing.print_table(
        f"{len(X)} points, {X.shape[1]} of {features.shape[1]} dimensions, one thread; reference: scikit-learn's TSNE",
        ("map", "iterations", "CPU s", *(f"x {count}" for count in options.reference), "KL", "neighbours kept"),
        [
            (
                *(name, count, f"{seconds:.1f}"),
                *(f"{other[0] / seconds:.2f}" for other in references),
                *(f"{kl:.3f}", f"{kept:.1%}"),
            )
            for (name, count), (seconds, kl, kept) in maps.items()
        ],
    )
    goals = []
    print("\nx: times as fast as scikit-learn with that many iterations.")
    for count, (time, kl, kept) in zip(options.reference, references, strict=True):
        reached = [c for c in options.iterations if maps[OURS, c][1] <= kl]
        print(f"KL {kl:.3f} of scikit-learn after {count} iterations: ", end="")
        faster = time / maps[OURS, reached[0]][0] if reached else 0
        if reached:
            print(f"reached after {reached[0]}, {faster:.1f} times as fast; neighbours kept ", end="")
            print(f"{maps[OURS, reached[0]][2]:.1%} against {kept:.1%}")
        else:
            print("not reached")
        if count in FASTER:
            goals.append(timing.Goal(f"KL of {count} iterations: times as fast", faster, at_least=FASTER[count]))
    if goals:
        timing.print_goals(*goals)


if __name__ == "__main__":
    main()
