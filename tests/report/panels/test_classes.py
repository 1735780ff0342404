import pandas as pd
import pytest

from revisit.analyses.evaluate import panel as classes


def flat(blocks):
    return [inner for block in blocks for inner in (block["blocks"] if block["kind"] == "row" else [block])]


def by_id(section):
    return {block["id"]: block for block in flat(section["blocks"])}


def test_images_of_several_classes_have_no_confusion_but_curves_and_intervals(writer):
    found = by_id(classes.classes(writer))
    assert not any(name.startswith("confusion") for name in found)
    assert {"roc-scratch", "roc-tuned", "roc-caffenet"} <= set(found)
    columns = [column["key"] for column in found["classes-tuned"]["columns"]]
    assert columns == [
        "class",
        "support",
        "average_precision",
        "average_precision_low",
        "average_precision_high",
        "average_precision_11_point",
        "average_precision_shifted",
        "lowest_average_precision",
        "auc",
    ]
    assert (found["classes-scratch"]["folded"], found["classes-tuned"]["folded"]) == (False, True)
    rows = pd.read_csv(writer.folder / found["classes-tuned"]["file"], keep_default_na=False)
    assert "NA" in set(rows["class"])  # a name, no missing value
    assert (rows["average_precision_low"] < rows["average_precision"]).all()


@pytest.mark.parametrize(
    ("mistakes", "told"),
    [(2, "Most frequent confusion: 1 taken for NA, 2 of 7."), (0, "No image is taken for another class.")],
)
def test_one_label_per_image_has_a_confusion_matrix(writer, found, tmp_path, mistakes, told):
    run = writer.runs[0]
    run.metrics["train"]["metric"] = "accuracy"
    run.folder = tmp_path / "scratch"
    (run.folder / "evaluate").mkdir(parents=True)
    for name in ("per_class.csv", "roc.csv"):
        (run.folder / "evaluate" / name).write_text((found / "scratch/evaluate" / name).read_text())
    (run.folder / "evaluate/confusion.csv").write_text(
        # classes that look like a number, or like nothing
        f"actual,predicted,count\n1,1,5\n1,NA,{mistakes}\nNA,1,0\nNA,NA,7\n"
    )
    block = by_id(classes.classes(writer))["confusion-scratch"]
    assert block["caption"].endswith(told)
    assert (writer.folder / block["data"]).read_text().splitlines()[2] == f"1,NA,{mistakes}"


def test_trainings_on_the_same_data_share_a_figure(writer):
    found = by_id(classes.classes(writer))
    assert found["roc-of-scenes"]["made_by"] == ["evaluate@scratch", "evaluate@tuned", "evaluate@caffenet"]
    assert "tuned, area 0.980" in found["roc-of-scenes"]["caption"]
    writer.runs = writer.runs[:1]
    writer.folder = writer.folder / "alone"
    writer.__post_init__()
    assert "roc-of-scenes" not in by_id(classes.classes(writer))


def test_a_diverged_network_has_no_areas(writer, tmp_path, found):
    run = writer.runs[1]
    run.folder = tmp_path / "tuned"
    (run.folder / "evaluate").mkdir(parents=True)
    scores = pd.read_csv(found / "tuned/evaluate/per_class.csv", keep_default_na=False)
    scores.assign(auc=None, average_precision=None).to_csv(run.folder / "evaluate/per_class.csv", index=False)
    (run.folder / "evaluate/roc.csv").write_text("class,false_positive_rate,true_positive_rate\nmicro,0,0\nmicro,1,1\n")
    run.metrics["evaluate"] |= dict.fromkeys(("macro_auc", "mean_average_precision", "hardest_class", "easiest_class"))
    blocks = by_id(classes.classes(writer))
    assert blocks["roc-tuned"]["caption"] == "One class against the rest."
    assert "Mean average precision unknown" in blocks["classes-tuned"]["caption"]
    assert "Hardest: unknown; easiest: unknown." in blocks["classes-tuned"]["caption"]
