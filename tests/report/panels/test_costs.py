"""The panel of what networks cost."""

import pandas as pd

from revisit.analyses.costs.panel import costs

KINDS = ("signal", "gradient")


def flat(blocks):
    return [inner for block in blocks for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def test_a_table_of_all_networks_and_four_figures(writer):
    found = {block["id"]: block for block in flat(costs(writer)["blocks"])}
    figures = [f"costs-{kind}-{moment}" for kind in KINDS for moment in ("start", "end")]
    assert list(found) == ["costs-measures", "costs-table", *figures, *(f"costs-{kind}-start-dense" for kind in KINDS)]
    table = pd.read_csv(writer.folder / found["costs-table"]["file"])
    assert table["experiment"].tolist() == ["caffenet_7x7", "dense", "dense"]
    assert table["network"].tolist() == ["base", "base", "resnet_56"]
    assert table["kept_bytes_per_image"].tolist() == [6662] * 3
    assert table["signal_slope_end"].isna().all()  # one is dead, of the others there is no end
    assert "dense, resnet 56: 65,000 parameters" in found["costs-measures"]["alt"]
    assert found["costs-signal-start"]["caption"].endswith(
        "caffenet_7x7 \N{MINUS SIGN}1.000; dense \N{MINUS SIGN}1.000."
    )
    assert "dense unknown" in found["costs-signal-end"]["caption"]
    for name in figures:
        layers = pd.read_csv(writer.folder / found[name]["data"])
        assert len(layers) == 3 * 13
        assert (writer.folder / found[name]["file"]).read_text().startswith("<?xml")
        assert found[name]["made_by"] == ["costs@caffenet_7x7", "costs@dense"]
    alone = found["costs-signal-start-dense"]
    assert alone["caption"].endswith("base \N{MINUS SIGN}1.000; resnet 56 \N{MINUS SIGN}1.000.")
    assert alone["made_by"] == ["costs@dense"]


def test_nothing_without_findings(writer):
    writer.runs = [run for run in writer.runs if "costs" not in run.metrics]
    assert costs(writer) is None
