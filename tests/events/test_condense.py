"""From an event file to findings: quantiles against NumPy's on known gradients, layers, steps, pictures."""

import numpy as np
import pandas as pd
import pytest
import torch

from revisit import files
from revisit.events import condense, tables
from revisit.training import tensorboard

SHARES = list(tables.QUANTILES.values())


def drawn(kind: str) -> np.ndarray:
    rng = np.random.default_rng(3)
    values = {"normal": rng.normal, "heavy": lambda size: rng.standard_t(2, size), "skewed": rng.exponential}[kind]
    return (1e-3 * values(size=20_000)).astype(np.float32)


@pytest.fixture
def condensed(tmp_path):
    """`condensed(write, layers, steps)`: what the events that `write` logs become."""

    def go(write, layers, steps, size=(4, 6), images=10):
        with tensorboard.EventFile(tmp_path / "events") as log:
            write(log)
        return condense.condense(tmp_path / "events" / tensorboard.NAME, layers, steps, size, images)

    return go


@pytest.mark.parametrize("kind", ["normal", "heavy", "skewed"])
def test_quantiles_are_right_to_the_width_of_a_bucket(condensed, kind):
    values = drawn(kind)
    found = condensed(lambda log: log.histogram(5, "gradients/fc.weight", torch.from_numpy(values)), ["fc"], [5])
    (row,) = found["gradients.csv"].to_dict("records")
    assert (row["step"], row["layer"]) == (5, "fc")
    assert [row["low"], row["high"]] == pytest.approx([values.min(), values.max()], rel=1e-3)
    width = (values.max() - values.min()) / tensorboard.BUCKETS
    inner = np.array([row[name] for name in tables.QUANTILES])
    assert np.abs(inner - np.quantile(values, SHARES)).max() <= 1.01 * width  # and four digits


def test_quantiles_of_evenly_spread_values():
    values = torch.linspace(-3, 1, 100_001)
    (histogram,) = histograms(values)
    wanted = [-3.0, -2.8, -2.0, -1.0, 0.0, 0.8, 1.0]
    assert condense.quantiles(histogram) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("value", [0.0, 0.25, -7.5])
def test_quantiles_of_equal_values_are_that_value(value):
    (histogram,) = histograms(torch.full((9,), value))
    assert condense.quantiles(histogram) == (value,) * 7


def histograms(*several: torch.Tensor):
    """As events hold them."""
    kept = []

    class Kept(tensorboard.EventFile):
        def __init__(self) -> None: ...

        def _write(self, step: int, values: list) -> None:
            kept.extend(value.histo for value in values)

    for values in several:
        Kept().histogram(1, "x", values)
    return kept


def test_layers_in_the_networks_order_and_nothing_else(condensed):
    def write(log):
        for step in (2, 4):
            for name in ("conv.weight", "conv.bias", "norm.weight", "fc.weight"):
                if (step, name) != (2, "conv.weight"):  # held fixed at first
                    log.histogram(step, f"gradients/{name}", torch.arange(3.0))
            log.scalars(step, {"train/loss": 1.0})

    rows = condensed(write, ["fc", "conv", "never"], [2, 4])["gradients.csv"]
    assert list(zip(rows["step"], rows["layer"], strict=True)) == [(2, "fc"), (4, "fc"), (4, "conv")]


@pytest.mark.parametrize(("layers", "steps", "kept"), [(16, 300, 40), (121, 50, 7), (450, 3, 2), (3, 7, 7)])
def test_the_table_is_small_at_paper_scale(condensed, tmp_path, layers, steps, kept):
    names, every = [f"features.block{layer}.conv" for layer in range(layers)], range(250, 250 * steps + 1, 250)
    histogram = tensorboard.HistogramProto(
        min=-0.012345678, max=0.023456789, bucket_limit=[-0.012345678, 1e-5, 0.023456789], bucket=[0, 7, 9]
    )  # short: TensorBoard's checksums take their time

    def write(log):
        for step in every:
            for name in names:
                log._write(step, [tensorboard.Summary.Value(tag=f"gradients/{name}.weight", histo=histogram)])

    rows = condensed(write, names, every)["gradients.csv"]
    found = rows["step"].unique()
    assert len(found) == kept
    assert (found[0], found[-1]) == (250, 250 * steps)
    files.write_csv(tmp_path / "gradients.csv", rows)
    assert (tmp_path / "gradients.csv").stat().st_size < 100_000


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("count", "kept"), [(1, 1), (3, 3), (10, 5), (64, 5)])
def test_the_first_images_of_a_minibatch_are_kept(condensed, channels, count, kept):
    images = np.random.default_rng(0).integers(0, 256, (2, count, 4, 6, channels), dtype=np.uint8)

    def write(log):
        for step, batch in zip((1, 30), images, strict=True):
            log.images(step, "inputs", batch)

    found = condensed(write, [], [], images=count)
    assert found["inputs.csv"]["step"].tolist() == [1, 30]
    np.testing.assert_array_equal(found["inputs.npy"], images[:, :kept])


def test_large_inputs_become_small_pictures(condensed):
    image = np.full((1, 100, 200, 3), 9, np.uint8)
    found = condensed(lambda log: log.images(1, "inputs", image), [], [], (100, 200), 1)
    assert found["inputs.npy"].shape == (1, 1, 32, 64, 3)
    assert (found["inputs.npy"] == 9).all()


def test_a_run_without_either_leaves_an_empty_table(condensed):
    found = condensed(lambda log: log.scalars(1, {"loss": 1.0}), ["fc"], [1])
    assert list(found) == ["gradients.csv"]
    assert found["gradients.csv"].empty
    tables.GRADIENTS.check(found["gradients.csv"])


def written(folder, found) -> None:
    for file, content in found.items():
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        write = files.write_csv if isinstance(content, pd.DataFrame) else files.write_array
        write(folder / "runs" / file, content)


def test_what_is_written_is_read(condensed, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (7, 4, 6, 3), dtype=np.uint8)

    def write(log):
        log.images(1, "inputs", images)
        log.histogram(2, "gradients/NA.weight", torch.linspace(-1, 1, 50))  # a name that is no missing value

    found = condensed(write, ["NA"], [2])
    written(tmp_path / "x", found)
    pd.testing.assert_frame_equal(tables.gradients(tmp_path / "x"), found["gradients.csv"])
    steps, tiles = tables.inputs(tmp_path / "x")
    assert steps.tolist() == [1]
    np.testing.assert_array_equal(tiles, found["inputs.npy"])


def test_an_empty_table_is_read(condensed, tmp_path):
    written(tmp_path / "x", condensed(lambda log: log.scalars(1, {"loss": 1.0}), ["fc"], [1]))
    assert tables.gradients(tmp_path / "x").empty
    assert tables.inputs(tmp_path / "x") is None


def test_findings_of_earlier_versions_have_none(tmp_path):
    assert tables.gradients(tmp_path) is None
    assert tables.inputs(tmp_path) is None
