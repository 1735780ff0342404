"""Look inside a trained network: parameters, first filters, statistics of the activations."""

import argparse

import _command  # first: library path, threads, errors
from revisit import config, files, paths


def main(argv: list[str] | None = None) -> None:
    """Write the findings inspect.json and inspect/: parameters.csv, filters.npy and activations.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="an experiment of params.yaml with an inspect analysis")
    name = parser.parse_args(argv).name
    settings = config.settings("inspect", name)

    import numpy as np  # and PyTorch: not for --help or a mistyped name
    import pandas as pd

    from revisit import device
    from revisit.analysis import forward, networks
    from revisit.analysis.extract import check_data
    from revisit.data import arrays
    from revisit.models import registry

    data = arrays.load(paths.prepared(settings["dataset"]))
    place = device.choose(settings["device"])
    network, info = registry.load(paths.model(name), place)
    check_data(info, data.sha256)
    table = networks.parameters(network)
    images = data.test_images[: settings["images"]]
    remedy = "use fewer images (analyses.inspect in params.yaml), or set `device: cpu`"
    with device.deterministic(), device.memory_errors(place, remedy):
        statistics = networks.activation_statistics(network, images, forward.inputs_of(info, place), place)
    summary = {
        "parameters": {row["layer"]: row["parameters"] for row in table},
        "total_parameters": sum(row["parameters"] for row in table),
        "activations": statistics,
    }
    with files.replacing(paths.findings(name, "inspect")) as folder:
        folder.mkdir()
        files.write_csv(folder / "parameters.csv", pd.DataFrame(table))
        np.save(folder / "filters.npy", networks.first_filters(network))
        files.write_csv(
            folder / "activations.csv", pd.DataFrame([{"layer": layer, **s} for layer, s in statistics.items()])
        )
    files.write_json(paths.findings(name, "inspect.json"), summary)


if __name__ == "__main__":
    _command.run(main)
