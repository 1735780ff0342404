"""Codes of autoencoders: how sparse they are, and how far a few labels get with them."""

import pandas as pd

from revisit.analyses.code.tables import LABELS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.study_writer import Section, StudyWriter, row, section

NAMES = {"code": "code", "untrained": "untrained code", "principal": "principal components", "pixels": "pixels"}
COLUMNS = {
    "experiment": ("experiment", "text"),
    "network": ("network", "text"),
    "dimensions": ("units", "integer"),
    "hoyer": ("Hoyer's sparsity", "decimal"),
    "active": ("active", "percent"),
    "dead": ("dead units", "integer"),
}


@panel("code", order=175)
def code(writer: StudyWriter) -> Section | None:
    """A table of all codes, and for each the accuracy of a linear classifier over the number of labels."""
    runs = writer.having("code")
    if not runs:
        return None
    rows = []
    for run in runs:
        found = run.metrics["code"]
        for network, numbers in (("trained", found), ("untrained", found["untrained"])):
            sparse = {key: numbers[key] for key in ("hoyer", "active", "dead")}
            rows.append({"experiment": run.name, "network": network, "dimensions": found["dimensions"], **sparse})
    caption = (
        "Hoyer's sparsity is 1 where a single unit speaks for an image, and 0 where all do alike. Active: more than a "
        "tenth of the largest magnitude. Of the test images, first seed."
    )
    made_by = [f"code@{run.name}" for run in runs]
    table = writer.table("code-table", pd.DataFrame(rows), "How sparse codes are", COLUMNS, made_by, caption)
    drawn = []
    for run in runs:
        frame = run.read("code", LABELS)
        lines = {
            NAMES[name]: {
                int(one["labels"]): (float(one["accuracy"]), float(one["low"]), float(one["high"]))
                for one in part.to_dict("records")
            }
            for name, part in frame.groupby("features", sort=False)
        }
        title = f"Accuracy by number of labels, {run.label}"
        told = "; ".join(
            f"{name}: " + ", ".join(f"{formatted(points[count][0], '.1%')} with {count:,}" for count in sorted(points))
            for name, points in lines.items()
        )
        data = writer.data(f"code-{run.name}", frame)
        drawing = figures.shares(lines, "test accuracy", "labelled images")
        drawn.append(
            writer.figure(f"code-{run.name}", drawing, title, "", f"{title}. {told}.", [f"code@{run.name}"], data=data)
        )
    text = (
        "A linear SVM on a few labelled training images, drawn several times, scored on all test images; vertical "
        "lines are intervals of the mean over the draws by Student's t. Beside the code stand what the same network "
        "gives before its training, as many principal components of the pixels, and the pixels themselves."
    )
    blocks = [row(*drawn[start : start + 2]) for start in range(0, len(drawn), 2)]
    return section("What a code is good for", text, [*blocks, table])
