import pandas as pd

from revisit.analyses.inspect.looks.reuse.panel import reuse


def test_a_figure_for_each_network_and_a_table_of_all(writer):
    figure, table = reuse(writer)["blocks"]
    assert figure["caption"] == "1 of 2 sources are missed; without all of them the loss is 1.50, not 0.80."
    assert "Shaded squares" in figure["alt"]
    svg = (writer.folder / figure["file"]).read_text()
    assert all(f">{text}<" in svg for text in ("Block 1", "layer that reads", "rise of the loss"))
    rows = pd.read_csv(writer.folder / table["file"])
    assert rows[["sources", "used"]].to_numpy().tolist() == [[2, 1]]
    assert rows["loss_of_chain"].tolist() == [1.5]
    names = {path.name for path in (writer.folder / "tables").iterdir()}
    assert {"reuse-caffenet.csv", "reuse-caffenet-hidden.csv"} <= names


def test_networks_that_were_not_looked_at_are_left_out(writer):
    for run in writer.runs:
        run.metrics.get("inspect", {}).pop("reuse", None)
    assert reuse(writer) is None
