"""Look inside a trained network: parameters, activations, first filters, and what params.yaml asks for beside them."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths


def main(argv: list[str] | None = None) -> None:
    """Write the findings inspect.json and inspect/: tables (CSV) and arrays (npy), one or more of each look.

    The tables and arrays are of replicate 0, inspect.json has the summaries of all of them.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with an inspect analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("inspect", name)

    from revisit import device
    from revisit.analysis import replicates
    from revisit.analysis.extract import check_data
    from revisit.analysis.inside import summary
    from revisit.analysis.inside.view import View
    from revisit.data import arrays
    from revisit.models import registry

    data = arrays.load(paths.prepared(settings["dataset"]))
    place = device.choose(settings["device"])
    summaries, found = [], {}
    remedy = "use fewer images (analyses.inspect in params.yaml), or set `device: cpu`"
    for number, trained in enumerate(registry.replicates(paths.model(name))):
        network, info = registry.load(trained, place)
        check_data(info, data.sha256)
        view = View.of(network, info, data, settings, place, trained)
        title = f"looking inside {name}, replicate {number}" if number else f"looking inside {name}"
        with device.deterministic(), device.memory_errors(place, remedy):
            told, written = summary.look(view, settings, title, snapshots=number == 0)
        summaries.append(told)
        found = found or written
    with files.replacing(paths.findings(name, "inspect")) as folder:
        folder.mkdir()
        for file, content in found.items():
            if file.endswith(".csv"):
                files.write_csv(folder / file, content)
            else:
                files.write_array(folder / file, content)
    files.write_json(paths.findings(name, "inspect.json"), replicates.summary(summaries))


if __name__ == "__main__":
    _command.run(main)
