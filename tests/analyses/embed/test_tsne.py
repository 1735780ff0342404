import numpy as np
import pytest
from openTSNE import TSNE, initialization
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from revisit.analyses.embed import tsne as embed
from revisit.errors import ArtifactError, ConfigError


def clouds(count=150, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    return rng.normal(size=(3, 10))[labels] * 4 + rng.normal(size=(count, 10)), labels


@pytest.mark.parametrize("shape", [(60, 9), (9, 60)])
def test_principal_components_are_those_of_scikit_learn(shape):
    X = np.random.default_rng(0).normal(size=shape) + 5
    expected = PCA(4, svd_solver="full").fit_transform(X)
    found = embed.principal_components(X, 4)
    expected *= np.sign((expected * found).sum(axis=0))
    np.testing.assert_allclose(found, expected, atol=1e-10)
    largest = np.abs(found).argmax(axis=0)
    assert (found[largest, range(4)] > 0).all()
    assert embed.principal_components(X, 1000).shape[1] == 9


def test_clouds_stay_apart_and_neighbours_together():
    X, labels = clouds()
    maps = embed.tsne(X, 20.0, [260, 400], 0)
    assert list(maps) == [260, 400]
    points = maps[400].points
    assert trustworthiness(X, points, n_neighbors=10) > 0.9
    centres = np.array([points[labels == k].mean(axis=0) for k in range(3)])
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == labels).mean() > 0.98
    assert 0 < maps[400].kl_divergence < maps[260].kl_divergence


@pytest.mark.parametrize(("many", "count"), [(4000, 260), (4000, 450), (1, 450)])
def test_a_state_is_the_end_of_a_run_of_its_own(many, count, monkeypatch):
    monkeypatch.setattr(embed, "MANY", many)
    X, _ = clouds(60)
    on_the_way, alone = (embed.tsne(X, 10.0, counts, 0)[count] for counts in ([260, 450, 500], [count]))
    np.testing.assert_array_equal(on_the_way.points, alone.points)
    assert on_the_way.kl_divergence == alone.kl_divergence


def test_many_points_on_a_grid_first_end_as_well_as_in_a_tree(monkeypatch):
    X, _ = clouds(200)
    found = {}
    for many in (201, 200):  # 200 points are few, then many
        monkeypatch.setattr(embed, "MANY", many)
        found[many] = embed.tsne(X, 20.0, [260, 500], 0)
    tree, grid = found[201][500], found[200][500]
    assert (tree.points != grid.points).any()
    assert grid.kl_divergence == pytest.approx(tree.kl_divergence, rel=0.05)
    assert trustworthiness(X, grid.points, n_neighbors=10) > 0.9
    repeated = embed.tsne(X, 20.0, [500], 0)[500]
    np.testing.assert_array_equal(repeated.points, grid.points)


def test_iterations_count_from_the_start_as_in_the_package_itself():
    X = embed.principal_components(clouds(60)[0], 10)
    start = initialization.jitter(initialization.rescale(X[:, :2]), random_state=0)
    reference = TSNE(perplexity=10, initialization=start, neighbors="exact", n_iter=10, random_state=0).fit(X)
    found = embed.tsne(X, 10.0, [260], 0)[260]
    np.testing.assert_array_equal(found.points, np.array(reference))
    assert found.kl_divergence == reference.kl_divergence


def test_states_within_the_exaggeration():
    maps = embed.tsne(clouds(60)[0], 10.0, [20, 100], 0)
    assert list(maps) == [20, 100]
    assert (maps[20].points != maps[100].points).any()


def test_kl_divergence_against_all_pairs():
    X, _ = clouds(61)
    found = embed.tsne(X, 20.0, [400], 0)[400]  # 3 x perplexity = all neighbours: nothing is left out
    squared = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    P = np.array([conditional(np.delete(row, i), i, 20.0) for i, row in enumerate(squared)])
    P = (P + P.T) / P.sum() / 2
    Q = 1 / (1 + ((found.points[:, None] - found.points[None]) ** 2).sum(axis=2))
    np.fill_diagonal(Q, 0)
    Q /= Q.sum()
    expected = (P[P > 0] * np.log(P[P > 0] / Q[P > 0])).sum()
    assert found.kl_divergence == pytest.approx(expected, abs=0.002)  # Barnes-Hut approximates


def conditional(squared, i, perplexity):
    """Gaussian similarities with the given perplexity, by bisection; zero for the point itself."""
    low, high = 1e-9, 1e9
    for _ in range(200):
        beta = np.sqrt(low * high)
        p = np.exp(-beta * (squared - squared.min()))
        p /= p.sum()
        entropy = -(p[p > 0] * np.log(p[p > 0])).sum()
        low, high = (beta, high) if entropy > np.log(perplexity) else (low, beta)
    return np.insert(p, i, 0)


def test_too_large_a_perplexity_is_refused_with_numbers(capfd):
    X, _ = clouds(60)
    with pytest.raises(ConfigError, match=r"40 is too large for 60 points, at most 19\.67 is possible.*at least 121"):
        embed.tsne(X, 40.0, [300], 0)
    embed.tsne(clouds(121)[0], 40.0, [10], 0)  # the smallest that is allowed
    assert capfd.readouterr() == ("", "")


def test_a_dead_layer_is_refused():
    with pytest.raises(ArtifactError, match="all 60 points are the same"):
        embed.tsne(np.zeros((60, 5)), 10.0, [300], 0)
    with pytest.raises(ArtifactError, match="the features fc7 of all 60 points are the same"):
        embed.tsne(np.zeros((60, 5)), 10.0, [300], 0, "features fc7")


def test_one_dimension_can_be_mapped():
    X = np.linspace(0, 1, 50)[:, None]
    points = embed.tsne(X, 5.0, [260], 0)[260].points
    assert points.shape == (50, 2)
    assert np.isfinite(points).all()


def test_neighbourhood_preservation_by_hand():
    X = np.arange(30.0)[:, None]
    line = np.column_stack([X, 0 * X])
    assert embed.neighbourhood_preservation(X, line, 4) == 1
    halves = np.concatenate([line[:15], line[15:] + np.array([0, 1000])])  # cuts only what crosses the middle
    assert 0.9 < embed.neighbourhood_preservation(X, halves, 4) < 1
    assert embed.neighbourhood_preservation(X[:4], line[:4]) == 1


def test_rows_are_a_seeded_choice_in_ascending_order():
    rows = embed.choose_rows(100, 30, 0)
    assert len(set(rows)) == 30
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, embed.choose_rows(100, 30, 0))
    assert (rows != embed.choose_rows(100, 30, 1)).any()
    np.testing.assert_array_equal(embed.choose_rows(5, 30, 0), range(5))


def test_neighbours_of_the_same_class_by_hand():
    points = np.array([[0.0, 0], [1, 0], [3, 0], [10, 0]])  # nearest of each: 1, 0, 1, 2
    assert embed.same_class(points, np.array([0, 0, 1, 1]), 1) == 3 / 4
    assert embed.same_class(points, np.array([0, 1, 0, 1]), 1) == 0
    assert embed.same_class(points, np.array([0, 0, 1, 1])) == pytest.approx(1 / 3)  # all others are the neighbours
    several = np.array([[1, 1], [-1, 1], [-1, 1], [0, -1]], np.int8)  # the last shows nothing and does not count
    assert embed.same_class(points, several, 1) == 1
    assert embed.same_class(points, np.zeros((4, 2), np.int8), 1) == 0


def test_classes_that_lie_apart_have_neighbours_of_their_own():
    X, labels = clouds()
    assert embed.same_class(X[:, :2] + 100 * labels[:, None], labels) == 1
    assert embed.same_class(np.random.default_rng(1).normal(size=(150, 2)), labels) == pytest.approx(1 / 3, abs=0.06)
