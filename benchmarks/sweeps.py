"""Sweeps: nine variants in one job, against nine experiments of one variant, one process after the other.

    python benchmarks/sweeps.py              # a quick try: few images, few steps
    python benchmarks/sweeps.py --whole      # the data and steps of demo scale: minutes

Nine LeNets (three optimisers, three learning rates each) and the nine recurrent networks of `rows_cells`, in a copy of
this tree, by `workflow/scripts/train_network.py`. Reference: the same script on each variant as an experiment of its
own. Beside it the same processes, one at a time on each core. Wall seconds from the start of the first process to the
end of the last one, since a sweep uses all cores; so an otherwise idle machine is needed. The last column says whether
every run ended with the same numbers, digit by digit.
"""

import argparse
import csv
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import timing

# isort: split
from tree import Tree, reduced

REFERENCE, SPREAD, OURS = "one process each", "one each, on all cores", "one sweep"
SGD = {"name": "sgd", "initial_accumulator": 0.0}
OPTIMIZERS = {"sgd": SGD, "momentum": SGD | {"momentum": 0.5}, "adagrad": {"name": "adagrad"}}
LENETS = {
    f"{name}_{number}": {"optimizer": optimizer | {"lr": rate}}
    for name, optimizer in OPTIMIZERS.items()
    for number, rate in enumerate((0.1, 0.01, 0.001))
}
SWEEPS = {"LeNet": "lenet_nine", "RNN, LSTM, GRU": "rows_cells"}


def copy_of_the_tree(
    folder: Path, sweeps: list[str], count: int, steps: int | None
) -> tuple[Tree, dict[str, list[str]]]:
    """A copy of the repository with `count` variants of each sweep, and with each of them alone; those by sweep."""
    tree = Tree(folder, stand_ins=False, trainings=None)
    params = tree.params
    experiments = params["experiments"]
    lenet = {key: value for key, value in experiments["lenet_rates"].items() if key not in ("variants", "keep")}
    experiments["lenet_nine"] = lenet | {"variants": LENETS}
    singles: dict[str, list[str]] = {}
    for sweep in sweeps:
        if steps:
            experiments[sweep]["demo"] |= {"steps": steps, "evaluate_every": steps}
        variants = dict(list(experiments[sweep]["variants"].items())[:count])
        experiments[sweep] |= {"variants": variants, "keep": next(iter(variants))}
        for variant, changes in variants.items():
            single = f"{sweep}_{variant}"
            singles.setdefault(sweep, []).append(single)
            experiments[single] = experiments[sweep] | {"variants": {variant: changes}, "keep": variant}
    if steps:
        for dataset in params["datasets"].values():
            dataset["demo"] = dataset.get("demo", {}) | {"train": 500, "test": 100}
    tree.params = reduced(params, [name for sweep, own in singles.items() for name in (sweep, *own)])
    return tree, singles


def rows(tree: Tree, experiment: str) -> dict[str, dict[str, str]]:
    """The numbers of every run of an experiment, by variant."""
    with open(tree.folder / f"results/findings/{experiment}/runs/summary.csv") as file:
        return {row["variant"]: row for row in csv.DictReader(file)}


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whole", action="store_true", help="the data and steps of demo scale, instead of a few")
    parser.add_argument("--variants", type=int, default=9, help="of each sweep (default 9)")
    parser.add_argument("--sweeps", nargs="+", choices=list(SWEEPS.values()), default=list(SWEEPS.values()))
    options = parser.parse_args()

    table, goals = [], []
    with tempfile.TemporaryDirectory() as scratch:
        tree, singles = copy_of_the_tree(
            Path(scratch, "tree"), options.sweeps, options.variants, None if options.whole else 10
        )

        def train(*names: str, at_a_time: int = 1) -> None:
            with ThreadPoolExecutor(at_a_time) as pool:
                list(pool.map(lambda name: tree.run("python", "workflow/scripts/train_network.py", name), names))

        for raw in tree.params["raw"]:
            tree.run("python", "workflow/scripts/fetch_dataset.py", raw)
        for dataset in tree.params["datasets"]:
            tree.run("python", "workflow/scripts/prepare_dataset.py", dataset)
        for title, sweep in SWEEPS.items():
            if sweep not in options.sweeps:
                continue
            own = singles[sweep]
            found = {
                REFERENCE: timing.children(lambda own=own: train(*own)),
                SPREAD: timing.children(lambda own=own: train(*own, at_a_time=os.cpu_count() or 1)),
                OURS: timing.children(lambda sweep=sweep: train(sweep)),
            }
            alone = {variant: row for single in own for variant, row in rows(tree, single).items()}
            same = "yes" if rows(tree, sweep) == alone else "no"
            reference = found[REFERENCE][1]
            for name, (cpu, wall) in found.items():
                table.append((title, name, f"{cpu:.1f}", f"{wall:.1f}", f"{reference / wall:.2f}", same))
            goals.append(timing.Goal(f"{title}: times as fast", reference / found[OURS][1], at_least=1.5))
    timing.print_table(
        f"{options.variants} variants, {os.cpu_count()} cores; reference: {REFERENCE}",
        ("networks", "training", "CPU s", "wall s", "times as fast", "same numbers"),
        table,
    )
    timing.print_goals(*goals)


if __name__ == "__main__":
    main()
