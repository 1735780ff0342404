"""The trainings of a study: settings, metrics and curves, whatever they minimise and however long they are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from pandas.api.typing import DataFrameGroupBy

from revisit import reading
from revisit.analyses.tables import Table
from revisit.errors import ArtifactError
from revisit.events import tables as events
from revisit.nested import flatten
from revisit.report import findings, statistics

if TYPE_CHECKING:
    from revisit.report.settings import Training

Found = TypeVar("Found")
UNDERSTOOD = ("network.", "optimizer.", "objective.")  # sections that a key needs not name
UNTOUCHED = {"graph", "backend", "read_at", "evaluate_every", "snapshots", "experiment", "runs", "keep", "replicates"}
UNTOUCHED |= {"addition", "keep_all"}


@dataclass
class Run:
    """One experiment or finetuning of a study: its settings, metrics, and the folder of its collected findings.

    `label` is what legends call it: its graph where that tells the experiments apart, else its name. Metrics, history
    and evaluations are those of the kept variant's first replicate; `curve` gives every variant.
    """

    name: str
    label: str
    settings: "Training"
    metrics: dict[str, Any]
    folder: Path
    statistics: dict[str, Any] = field(default_factory=dict)
    twins: list["Run"] = field(default_factory=list, repr=False)  # those that differ in nothing but their graph
    _measured: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict, repr=False)

    @cached_property
    def history(self) -> dict[str, np.ndarray]:
        """Columns of history.csv, one row per step."""
        return self._curves("history.csv", "step", "loss")

    @cached_property
    def evaluations(self) -> dict[str, np.ndarray]:
        """Columns of evaluations.csv."""
        measured = ["loss", *filter(None, [self.metric])]
        return self._curves(
            "evaluations.csv", "step", *(f"{on}_{what}" for on in ("train", "test") for what in measured)
        )

    def _curves(self, name: str, *needed: str) -> dict[str, np.ndarray]:
        path = self.path(name)
        try:
            columns = statistics.read_columns(path)
            if missing := ", ".join(key for key in needed if key not in columns):
                raise ValueError(f"there is no column {missing}")
        except ValueError as error:
            raise self.damaged(f"{path}: {error}") from None
        return columns

    @property
    def train(self) -> dict[str, Any]:
        """train.json."""
        return self.metrics["train"]

    @property
    def metric(self) -> str | None:
        """Key of the test metric, one of `revisit.metrics.METRICS`; None where there are only losses."""
        return self.train["metric"]

    @property
    def made_by(self) -> list[str]:
        """The stage that trained it."""
        return [f"{'finetune' if self.settings.get('weights') else 'train'}@{self.name}"]

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one epoch."""
        return int(self.train["steps_per_epoch"])

    @property
    def epochs(self) -> int | None:
        """Length in epochs; None where the protocol counts steps."""
        return self.settings["epochs"]

    @property
    def keep(self) -> str:
        """The variant whose network is kept."""
        return self.settings["keep"]

    @property
    def replicates(self) -> int:
        """How many seeds each variant was trained with."""
        return int(self.settings["replicates"])

    @property
    def is_sweep(self) -> bool:
        """Whether there are variants to compare."""
        return len(self.settings["runs"]) > 1

    @property
    def kept(self) -> dict[str, Any]:
        """Means and intervals of the kept variant's runs."""
        return self.train["variants"][self.keep]

    def read_out(self) -> dict[str, float | None]:
        """The test metric at the moments of `read_at`: `epoch_4` or `step_469` -> value."""
        return self.train.get(f"{self.metric}_at", {})

    @property
    def loss(self) -> tuple[str, str | None]:
        """What its losses may be compared with: those of runs with the same objective and loss."""
        return self.train["objective"], self.settings["objective"]["loss"]

    @property
    def length(self) -> int:
        """Steps of a run that goes to its end."""
        return self.epochs * self.steps_per_epoch if self.epochs else self.settings["steps"] or 0

    @property
    def diverged(self) -> bool:
        """Whether the kept run diverged."""
        return bool(self.train["diverged"])

    def twin_of(self, other: "Run") -> bool:
        """Whether both runs differ in nothing that changes what is learned but their graph."""

        def protocol(run: "Run") -> dict[str, Any]:
            return {key: value for key, value in run.settings.items() if key not in UNTOUCHED}

        graphs = {self.settings["graph"], other.settings["graph"]}
        return graphs == {"static", "dynamic"} and protocol(self) == protocol(other)

    @cached_property
    def _of_runs(self) -> dict[str, pd.DataFrame]:
        """The tables of all runs."""
        names = ("evaluations", "history", "summary")
        tables = {name: self._csv(f"runs/{name}.csv", dtype={"variant": str}) for name in names}
        for name, table in tables.items():
            numbers = table.drop(columns="variant", errors="ignore")
            if text := [key for key in numbers if len(table) and not pd.api.types.is_numeric_dtype(numbers[key])]:
                raise self.damaged(f"{self.folder}/runs/{name}.csv: there are no numbers in {', '.join(text)}")
        return tables

    @cached_property
    def _by_run(self) -> dict[str, dict[tuple[str, int], pd.DataFrame]]:
        """The tables of all runs, cut up: table -> (variant, replicate) -> its rows."""
        cut = {name: self._of_runs[name].groupby(["variant", "replicate"]) for name in ("evaluations", "history")}
        return {name: dict(iter(groups)) for name, groups in cut.items()}

    def curve(self, variant: str) -> dict[str, dict[str, np.ndarray]]:
        """`mean`, `low` and `high` over a variant's runs: column of evaluations.csv -> (evaluations,).

        Runs that diverged are left out; where all did, the curves end with the last value.
        """
        grouped = self._by_step("evaluations", variant, "test_loss")
        tables = {"mean": grouped.mean(), "low": grouped.min(), "high": grouped.max()}
        return {
            name: {key: table[key].to_numpy(float) for key in table} | {"step": table.index.to_numpy(float)}
            for name, table in tables.items()
        }

    def minibatches(self, variant: str) -> dict[str, np.ndarray]:
        """What the minibatches gave, the mean over a variant's runs: column of runs/history.csv -> (rows,).

        A row is a step, or the mean of several up to that of its `step`. Runs that diverged are left out; where all
        did, the curves end with the last value.
        """
        table = self._by_step("history", variant, "loss").mean()
        return {key: table[key].to_numpy(float) for key in table} | {"step": table.index.to_numpy(float)}

    def _by_step(self, table: str, variant: str, loss: str) -> DataFrameGroupBy:
        """The rows of a variant's runs that did not diverge, or of all where all did, with a finite `loss`."""
        rows, summary = self._of_runs[table], self._of_runs["summary"]
        good = summary[(summary["variant"] == variant) & ~summary["diverged"].astype(bool)]["replicate"]
        rows = rows[rows["variant"] == variant]
        if len(good):
            rows = rows[rows["replicate"].isin(good)]
        return rows[np.isfinite(rows[loss])].drop(columns=["variant", "replicate"]).groupby("step")

    def statistics_of(self, replicate: int) -> dict[str, Any]:
        """The statistics of the kept variant's run of one seed, and of every variant's under `variants`.

        See `revisit.report.statistics`. `replicate` is below `replicates`; twins may have fewer.
        """
        there = [run for run in (self, *self.twins) if replicate < run.replicates]
        losses = {run.name: run._columns("history", run.keep, replicate)["loss"] for run in there}
        difference = statistics.differences(losses.pop(self.name), losses)
        of_each = {variant: self._statistics(variant, replicate) for variant in self.settings["runs"]}
        return self._statistics(self.keep, replicate) | {"difference": difference, "variants": of_each}

    def _statistics(self, variant: str, replicate: int) -> dict[str, Any]:
        if (variant, replicate) not in self._measured:
            protocol = self.settings["runs"][variant]
            per_epoch = self._steps_per_epoch(protocol)
            unit, length = ("epoch", per_epoch) if protocol["epochs"] else ("step", 1)
            read_at = {f"{unit}_{count}": count * length for count in protocol["read_at"]}
            history, evaluations = (self._columns(table, variant, replicate) for table in ("history", "evaluations"))
            epochs = protocol["read_at"] if protocol["epochs"] else []
            self._measured[variant, replicate] = statistics.of_run(
                history, evaluations, self.metric, per_epoch, epochs, read_at
            )
        return self._measured[variant, replicate]

    def _steps_per_epoch(self, protocol: Mapping[str, Any]) -> int:
        """Of a variant: the kept one's number of images, in batches of its own."""
        images = self.steps_per_epoch * self.settings["batch_size"]
        return max(1, images // protocol["batch_size"])

    def _columns(self, table: str, variant: str, replicate: int) -> dict[str, np.ndarray]:
        """Columns of one run in a table of all runs."""
        rows = self._by_run[table].get((variant, replicate), self._of_runs[table].iloc[:0])
        return {name: rows[name].to_numpy(float) for name in rows if name not in ("variant", "replicate")}

    def mean_at(self, moment: str) -> float | None:
        """The kept variant's test metric at a moment of `read_at`, mean over the seeds; None where it is unknown."""
        values = [self._statistics(self.keep, number)["at"].get(moment) for number in range(self.replicates)]
        return None if None in values else float(np.mean(values))

    def train_of(self, replicate: int) -> dict[str, Any]:
        """train.json as it were if only the runs of one seed had been made: their own numbers, without intervals."""
        summary = self._of_runs["summary"]
        rows = summary[summary["replicate"] == replicate].set_index("variant")
        if missing := ", ".join(variant for variant in self.train["variants"] if variant not in rows.index):
            raise self.damaged(f"{self.folder}/runs/summary.csv: there is no run of replicate {replicate} of {missing}")
        variants = {}
        for variant, numbers in self.train["variants"].items():
            own = {key: None if pd.isna(value) else _plain(value) for key, value in rows.loc[variant].items()}
            variants[variant] = numbers | own | {"diverged": int(rows.loc[variant, "diverged"])}
        return self.train | variants[self.keep] | {"variants": variants}

    def all_evaluations(self) -> pd.DataFrame:
        """Evaluations of all runs, with variant and replicate."""
        return self._of_runs["evaluations"]

    def changes(self) -> dict[str, str]:
        """What each variant of a sweep sets otherwise than another: variant -> `key value, key value`.

        What a variant switches off (0, false, none) is left out.
        """
        flat = {variant: flatten(protocol) for variant, protocol in self.settings["runs"].items()}
        keys = dict.fromkeys(key for protocol in flat.values() for key in protocol)
        differ = [key for key in keys if len({str(protocol.get(key)) for protocol in flat.values()}) > 1]
        short = [key.removesuffix(".name").removeprefix(f"{key.partition('.')[0]}.") for key in differ]
        names = [
            leaf if key.startswith(UNDERSTOOD) and short.count(leaf) == 1 else key.replace(".", " ")
            for key, leaf in zip(differ, short, strict=True)
        ]
        return {
            variant: ", ".join(
                f"{name} {_setting(protocol[key])}".replace("_", " ")
                for key, name in zip(differ, names, strict=True)
                if protocol.get(key)
            )
            for variant, protocol in flat.items()
        }

    def path(self, name: str) -> Path:
        """A collected finding; ArtifactError when it was not collected."""
        path = reading.stored(self.folder / name)
        if not path.exists():
            if findings.kept(self.folder):
                raise self.damaged(f"{path}: it is missing")
            raise ArtifactError(f"{path} is missing: add {name} to what is collected of {self.name}, run `collect`")
        return path

    def read(self, kind: str, table: Table) -> pd.DataFrame:
        """A collected table of the analysis `kind`. Raises ArtifactError where its columns are others."""
        frame = self.table(f"{kind}/{table.file}", table.text)
        try:
            table.check(frame)
        except ValueError as error:
            raise ArtifactError(f"{self.folder / kind}: {error}: {self._again(f'{kind}@{self.name}')}") from None
        return frame

    def table(self, name: str, text: Sequence[str] = ()) -> pd.DataFrame:
        """A collected CSV table; text stays text (a class named `NA` is no missing value).

        So do numbers in the columns `text` (`3 7`, the classes of an image), where an empty cell is an empty text.
        """
        frame = self._csv(name, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(text, str))
        return frame.fillna(dict.fromkeys(text, ""))

    def _csv(self, name: str, **options: Any) -> pd.DataFrame:
        path = self.path(name)
        try:
            with reading.table(path) as stream:
                return pd.read_csv(stream, **options)
        except (OSError, ValueError, OverflowError) as error:  # pandas' own errors are ValueErrors
            raise self.damaged(f"{path}: {error}") from None

    def gradients(self) -> pd.DataFrame | None:
        """Quantiles of the gradients over the training (`GRADIENTS`); None where findings are of an earlier version."""
        return self._of_events(events.gradients)

    def inputs(self) -> events.Inputs | None:
        """Images as the network got them at moments of the training; None where findings are of an earlier version."""
        return self._of_events(events.inputs)

    def _of_events(self, reader: Callable[[Path], Found]) -> Found:
        try:
            return reader(self.folder)
        except (OSError, ValueError) as error:
            raise self.damaged(f"{self.folder / events.FOLDER}: {error}") from None

    @contextmanager
    def measured(self) -> Iterator[None]:
        """What goes wrong within is told as damage of these findings; what is not finite is none in the statistics."""
        try:
            with np.errstate(all="ignore"):
                yield
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            missing = "there is no " if isinstance(error, KeyError) else ""
            raise self.damaged(f"{self.folder}: not what a training leaves ({missing}{error})") from error

    def damaged(self, what: str) -> ArtifactError:
        """The error that says which findings have to be made again."""
        return ArtifactError(f"{what[:500]}: damaged findings of {self.name}; {self._again(self.made_by[0])}")

    def _again(self, stage: str) -> str:
        return findings.again(self.folder, stage)

    def array(self, name: str) -> np.ndarray:
        """A collected array. Raises ArtifactError when it is missing or damaged."""
        path = self.path(name)
        try:
            return reading.array(path)
        except (OSError, ValueError) as error:
            again = self._again(f"{path.parent.name}@{self.name}")
            raise ArtifactError(f"{path} is damaged ({error}): {again}") from None

    def look(self, part: str) -> dict[str, Any]:
        """What a part of `inspect` found; nothing where it was not asked for."""
        return self.metrics.get("inspect", {}).get(part) or {}


def _plain(value: Any) -> Any:
    """A number of a table as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def _setting(value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
