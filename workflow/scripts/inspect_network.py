"""Look inside a trained network: parameters, activations, first filters, and what params.yaml asks for beside them."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths


def main(argv: list[str] | None = None) -> None:
    """Write the findings inspect.json and inspect/: tables (CSV) and arrays (npy), one or more of each look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with an inspect analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("inspect", name)

    import pandas as pd

    from revisit import device, progress
    from revisit.analysis import networks
    from revisit.analysis.extract import check_data
    from revisit.analysis.inside import first_layer
    from revisit.analysis.inside.parts import PARTS
    from revisit.analysis.inside.view import View
    from revisit.data import arrays
    from revisit.models import registry

    data = arrays.load(paths.prepared(settings["dataset"]))
    place = device.choose(settings["device"])
    network, info = registry.load(paths.model(name), place)
    check_data(info, data.sha256)
    view = View.of(network, info, data, settings, place, paths.model(name))
    remedy = "use fewer images (analyses.inspect in params.yaml), or set `device: cpu`"
    with device.deterministic(), device.memory_errors(place, remedy):
        table = networks.parameters(network)
        statistics = networks.activation_statistics(network, view.images, view.inputs, place)
        first, found = first_layer.look(view, {})
        summary = {
            "parameters": {row["layer"]: row["parameters"] for row in table},
            "total_parameters": sum(row["parameters"] for row in table),
            "activations": statistics,
            "first_layer": first or None,
        }
        wanted = [part for part in PARTS if settings[part]]
        with progress.bar(len(wanted), f"looking inside {name}", unit="look") as bar:
            for part in wanted:
                summary[part], more = PARTS[part](view, settings[part])
                found |= more
                bar.update(1)
    found["parameters.csv"] = pd.DataFrame(table)
    found["activations.csv"] = pd.DataFrame([{"layer": layer, **s} for layer, s in statistics.items()])
    if (filters := networks.first_filters(network)) is not None:
        found["filters.npy"] = filters
    with files.replacing(paths.findings(name, "inspect")) as folder:
        folder.mkdir()
        for file, content in found.items():
            if file.endswith(".csv"):
                files.write_csv(folder / file, content)
            else:
                files.write_array(folder / file, content)
    files.write_json(paths.findings(name, "inspect.json"), summary)


if __name__ == "__main__":
    _command.run(main)
