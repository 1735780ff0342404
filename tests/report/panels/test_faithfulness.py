import pandas as pd

from revisit.analyses.inspect.looks.faithfulness.panel import faithfulness
from revisit.report.panels.hierarchy import hierarchy


def test_correlations_and_falls_by_layer(writer):
    (row,) = faithfulness(writer)["blocks"]
    likeness, falls = row["blocks"]
    assert "conv1: correlation, own patch 0.50, other images 0.20; features.30:" in likeness["alt"]
    assert "Means over 1 maps of each layer and 3 images of each map." in likeness["caption"]
    assert falls["caption"].startswith(
        "20% of the pixels of a field hidden. The probability of the true class, 80%, falls"
    )
    assert "by 20.0 points on average over 2 images by the strongest activation of features.30" in falls["caption"]
    svg = (writer.folder / falls["file"]).read_text()
    for text in ("conv1", "features.30", "as much at random"):
        assert f">{text}<" in svg
    assert len(pd.read_csv(writer.folder / likeness["data"])) == 6


def test_a_row_for_each_layer_of_either_look_and_no_dot_where_one_did_not_look(writer):
    (figure,) = hierarchy(writer)["blocks"]
    table = pd.read_csv(writer.folder / figure["data"])
    assert set(table["layer"]) == {"conv1", "features.30", "fc7"}
    by_layer = table.set_index("layer")
    assert by_layer.loc["fc7"].isna().tolist() == [True, True, False, False, False]
    assert by_layer.loc["features.30"].isna().tolist() == [False, False, True, True, True]
    assert "fc7: moved 0.6, enlarged 0.6, turned 0.6" in figure["alt"]
    svg = (writer.folder / figure["file"]).read_text()
    assert svg.count(">0.600<") == 3


def test_without_either_look_there_is_no_section(writer):
    writer.runs = [run for run in writer.runs if run.name == "dense"]
    assert faithfulness(writer) is None
    assert hierarchy(writer) is None
