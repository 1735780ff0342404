import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from revisit.report import statistics


def test_running_mean_is_the_mean_of_each_window():
    assert statistics.running_mean(np.array([1.0, 3.0, 5.0, 1.0]), 2).tolist() == [2, 4, 3]
    assert statistics.running_mean(np.array([1.0]), 2).size == 0


def test_roughness_of_a_line_is_zero_and_of_a_zigzag_its_step():
    assert statistics.roughness(np.array([5.0, 4.0, 3.0, 2.0])) == 0
    assert statistics.roughness(np.array([0.0, 1.0, 0.0, 1.0, 0.0])) == 1.0
    assert statistics.roughness(np.array([1.0, 2.0])) is None


def test_drops_compare_the_means_of_both_sides():
    fall = statistics.drops(np.array([4.0, 2.0, 1.0, 1.0]), 2)
    assert np.isnan(fall[[0, 1, 3, 4]]).all()
    assert fall[2] == 3 - 1


def test_drops_of_a_curve_shorter_than_two_windows_are_unknown():
    assert np.isnan(statistics.drops(np.ones(3), 2)).all()


def stairs(boundary_fall: float, epochs: int = 5, steps: int = 40) -> np.ndarray:
    rng = np.random.default_rng(0)
    level = -boundary_fall * np.repeat(np.arange(epochs), steps)
    return 2.0 + level + 0.01 * rng.standard_normal(epochs * steps)


def test_stairs_at_epoch_boundaries_are_jumps():
    found = statistics.jumps(stairs(0.2), 40, 4)
    assert (found["boundaries"], found["count"]) == (3, 3)
    assert found["drop_at_boundaries"] == pytest.approx(0.2, abs=0.02)
    assert found["drop_elsewhere"] == pytest.approx(0.0, abs=0.02)


def test_noise_and_a_steady_decline_have_no_jumps():
    decline = 2 * np.exp(-np.arange(200) / 60)
    assert statistics.jumps(stairs(0.0), 40, 4)["count"] == 0
    assert statistics.jumps(stairs(0.0) + decline, 40, 4)["count"] == 0


def test_a_steep_start_hides_no_jump():
    """An epoch whose first tenth falls steeply: the deviation of all its falls would be wider than the jump after."""
    loss = stairs(0.2)
    loss[:4] += 5.0
    falls = statistics.drops(loss, statistics.window(40))[5:36]
    assert (statistics.drops(loss, 5)[40] - falls.mean()) / falls.std() < statistics.THRESHOLD
    assert statistics.jumps(loss, 40, 4)["count"] == 3


def test_the_spread_elsewhere_is_scipys():
    loss = np.random.default_rng(1).standard_normal(80)
    falls = [loss[step - 5 : step].mean() - loss[step : step + 5].mean() for step in (*range(5, 36), *range(45, 76))]
    fall = loss[35:40].mean() - loss[40:45].mean()
    z = (fall - np.median(falls)) / median_abs_deviation(falls, scale="normal")
    assert statistics.z_scores(loss, 40, 2) == [pytest.approx((fall, np.median(falls), z), rel=1e-5)]


def test_jumps_of_a_run_that_is_too_short_are_unknown():
    assert statistics.jumps(np.ones(80), 40, 4)["count"] is None
    assert statistics.jumps(np.ones(8), 2, 4)["mean_z"] is None


def evaluations(test_loss: list[float], train_loss: list[float]) -> dict[str, np.ndarray]:
    count = len(test_loss)
    columns = {"step": np.arange(1, count + 1) * 500.0, "test_loss": test_loss, "train_loss": train_loss}
    columns |= {"test_accuracy": np.full(count, 0.8), "train_accuracy": np.full(count, 0.9)}
    return {key: np.asarray(values) for key, values in columns.items()}


def test_gap_at_the_end_and_after_1000_steps():
    found = statistics.gap(evaluations([2.0, 1.25, 1.5, 2.0], [2.0, 1.0, 1.0, 1.0]))
    assert found["loss"] == 1.0
    assert found["ratio"] == 2.0
    assert found["ratio_at_1000"] == 1.25
    assert found["ratio_after_1000"] == 1.75  # of steps 1500 and 2000; step 1000 itself is not after
    assert found["accuracy"] == pytest.approx(0.1)


def test_gap_of_a_short_or_perfect_run():
    short = statistics.gap(evaluations([2.0, 1.5], [2.0, 1.0]))
    assert (short["ratio_at_1000"], short["ratio_after_1000"]) == (1.5, None)
    assert statistics.gap(evaluations([2.0], [2.0]))["ratio_at_1000"] is None  # its only evaluation is at step 500
    assert statistics.gap(evaluations([1.0], [0.0]))["ratio"] is None


def test_gap_is_in_the_metric_that_there_is():
    columns = evaluations([2.0, 1.0], [2.0, 1.0])
    of_map = {key.replace("accuracy", "map"): values for key, values in columns.items()}
    assert statistics.gap(of_map, "map")["map"] == pytest.approx(0.1)
    losses = {key: values for key, values in columns.items() if not key.endswith("accuracy")}
    assert statistics.gap(losses, None).keys() == {"loss", "ratio", "ratio_at_1000", "ratio_after_1000"}


@pytest.mark.parametrize(("accuracy", "step"), [([0.15, 0.5, 0.45, 0.62], 1000), ([0.15, 0.2, 0.45, 0.49], None)])
def test_a_metric_reaches_half_at_the_first_evaluation_that_has_it(accuracy, step):
    columns = evaluations([1.0] * 4, [1.0] * 4)
    columns["test_accuracy"] = np.array(accuracy)
    found = statistics.reached(columns, "accuracy")
    assert found == {"percent_50": step}
    assert statistics.of_run(history([1.0] * 9), columns, "accuracy", 3, [], {})["reached"] == found
    assert statistics.of_run(history([1.0] * 9), columns, None, 3, [], {})["reached"] == {}


def history(loss, each: int = 1) -> dict[str, np.ndarray]:
    """Rows of so many steps `each`."""
    loss = np.asarray(loss, float)
    return {"step": each * np.arange(1, len(loss) + 1.0), "loss": loss, "accuracy": 1 - loss}


def test_the_mean_since_the_epoch_began_starts_anew():
    found = statistics.epoch_mean(np.array([4.0, 2.0, 6.0, 1.0, 3.0]), 3)
    assert found.tolist() == [4, 3, 4, 1, 2]
    assert statistics.epoch_mean(np.empty(0), 3).size == 0


def test_the_way_of_logging_alone_makes_jumps():
    loss = stairs(0.0) + 2 * np.exp(-np.arange(200) / 60)  # falls steadily
    found = statistics.of_run(history(loss), evaluations([1.0], [1.0]), "accuracy", 40, [4], {})
    assert found["jumps"]["epoch_4"]["count"] == 0
    assert found["epoch_mean"]["jumps"]["epoch_4"]["count"] == 3


def test_roughness_of_the_epoch_mean_leaves_its_new_starts_out():
    found = statistics.of_run(history([0.0, 1.0, 0.0, 9.0, 9.0, 9.0]), evaluations([1.0], [1.0]), None, 3, [], {})
    assert found["roughness"]["epoch_mean"] == pytest.approx(np.std([0.5, -1 / 6, 0.0, 0.0]))
    assert found["roughness"]["raw"] == pytest.approx(np.std([1.0, -1.0, 9.0, 0.0, 0.0]))


def test_a_run_at_first_at_last_and_at_moments():
    columns = evaluations([2.0, 1.0, 1.5, 2.0, 2.0], [1.0] * 5)  # at steps 500 to 2500
    columns["test_accuracy"] = np.array([0.2, 0.4, 0.6, 0.8, 0.8])
    minibatches = history(np.repeat([3.0, 2.0, 1.0], [500, 1000, 1000]))
    read_at = {"step_1000": 1000, "step_1001": 1001}
    found = statistics.of_run(minibatches, columns, "accuracy", 500, [], read_at)
    assert found["early"]["test_accuracy"] == 0.2  # the first fifth ends with step 500
    assert (found["early"]["loss"], found["late"]["loss"]) == (3.0, 1.0)
    assert found["late"]["test_accuracy"] == 0.8  # of steps 2000 and 2500
    assert found["rise"]["test_accuracy"] == pytest.approx(0.8 - 0.5)  # the middle third has steps 1000 and 1500
    assert found["at"] == {"step_1000": 0.4, "step_1001": None}
    assert found["overfitting"]["lowest_step"] == 1000
    assert statistics.of_run(minibatches, columns, None, 500, [], {"step_500": 500})["at"] == {"step_500": 2.0}


def test_means_of_several_steps_have_no_jumps_and_no_roughness():
    found = statistics.of_run(history(stairs(0.2), each=2), evaluations([1.0], [1.0]), "accuracy", 40, [4], {})
    assert found["jumps"]["epoch_4"]["count"] is found["epoch_mean"]["jumps"]["epoch_4"]["count"] is None
    assert set(found["roughness"].values()) == {None}
    assert found["early"]["loss"] == pytest.approx(stairs(0.2)[:40].mean())


def test_a_run_without_evaluations_is_unknown():
    nothing = {key: values[:0] for key, values in evaluations([1.0], [1.0]).items()}
    found = statistics.of_run(history([]), nothing, "accuracy", 10, [], {"step_1": 1})
    assert (found["early"]["test_loss"], found["at"], found["gap"]["ratio"]) == (None, {"step_1": None}, None)


def test_overfitting_begins_at_the_lowest_test_loss():
    found = statistics.overfitting(evaluations([2.0, 1.0, 1.25], [1.0, 0.5, 0.1]))
    assert found == {"lowest_step": 1000, "last_step": 1500, "rise": 0.25}
    assert statistics.overfitting(evaluations([1.0, float("nan")], [1.0, 1.0]))["lowest_step"] is None


def test_differences_are_step_by_step_over_common_steps():
    others = {"b": np.array([1.5, 2.0]), "c": np.array([])}
    found = statistics.differences(np.array([1.0, 2.0, 9.0]), others)
    assert found == {"b": {"mean": 0.25, "largest": 0.5}, "c": {"mean": None, "largest": None}}
    assert statistics.differences(np.array([1.0]), {}) == {}


def test_columns_with_empty_cells_and_with_text(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("step,loss\n1,0.5\n2,\n")
    columns = statistics.read_columns(path)
    assert columns["step"].tolist() == [1, 2]
    assert np.isnan(columns["loss"][1])
    path.write_text("step,loss\n1,many\n")
    with pytest.raises(ValueError, match="no table of numbers"):
        statistics.read_columns(path)
