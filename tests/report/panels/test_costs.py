"""The panel of what networks cost."""

import pandas as pd

from revisit.analyses.costs.panel import costs


def flat(blocks):
    return [inner for block in blocks for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def test_a_table_of_all_networks_and_four_figures(writer):
    found = {block["id"]: block for block in flat(costs(writer)["blocks"])}
    figures = [f"costs-{kind}-{moment}" for kind in ("signal", "gradient") for moment in ("start", "end")]
    assert list(found) == ["costs-table", *figures]
    table = pd.read_csv(writer.folder / found["costs-table"]["file"])
    assert table["experiment"].tolist() == ["caffenet_7x7", "dense"]
    assert table["kept_bytes_per_image"].tolist() == [6662, 6662]
    assert found["costs-signal-start"]["caption"].endswith(
        "caffenet_7x7 \N{MINUS SIGN}1.000; dense \N{MINUS SIGN}1.000."
    )
    assert "dense unknown" in found["costs-signal-end"]["caption"]
    for name in figures:
        layers = pd.read_csv(writer.folder / found[name]["data"])
        assert len(layers) == 2 * 13
        assert (writer.folder / found[name]["file"]).read_text().startswith("<?xml")
        assert found[name]["made_by"] == ["costs@caffenet_7x7", "costs@dense"]


def test_nothing_without_findings(writer):
    writer.runs = [run for run in writer.runs if "costs" not in run.metrics]
    assert costs(writer) is None
