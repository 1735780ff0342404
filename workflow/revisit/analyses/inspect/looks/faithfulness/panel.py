"""Whether projections show what excites a feature map: their likeness to patches, and hiding what they show."""

from typing import Any

from revisit.analyses.inspect.looks.faithfulness.tables import FAITHFULNESS
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.runs import Run
from revisit.report.study_writer import Section, StudyWriter, row, section

LIKENESS = {"own": "correlation, own patch", "others": "other images"}
FALLS = {"fall": "fall, what it shows hidden", "fall_at_random": "as much at random"}


@panel("faithfulness", order=125)
def faithfulness(writer: StudyWriter) -> Section | None:
    """For each network two figures, a row per layer: correlations, and by how much activations fall."""
    blocks = [_figures(writer, run) for run in writer.looked("faithfulness")]
    text = (
        "Projections of strong activations are compared with the patch that each comes from, and with the patches that "
        "excite the same map in other images. Then the pixels are hidden where a projection is largest, or as many in "
        "the same field at random; hidden is the mean colour."
    )
    return section("Whether projections are faithful", text, blocks) if blocks else None


def _figures(writer: StudyWriter, run: Run) -> dict[str, Any]:
    found = run.look("faithfulness")
    layers, data = found["layers"], writer.data(f"faithfulness-{run.name}", run.read("inspect", FAITHFULNESS))
    of_class = found["true_class"]
    hidden = (
        f"{found['share']:.0%} of the pixels of a field hidden. The probability of the true class, "
        f"{of_class['probability']:.0%}, falls by {of_class['fall'] * 100:.1f} points on average over "
        f"{len(of_class['rows'])} images by the strongest activation of {of_class['layer']}, and by "
        f"{of_class['fall_at_random'] * 100:.1f} at random."
    )
    like = f"Means over {found['maps']} maps of each layer and {found['top']} images of each map."
    drawn = []
    for kind, columns, title, caption in (
        ("likeness", LIKENESS, "Projections and patches", like),
        ("falls", FALLS, "Activations without what a projection shows", hidden),
    ):
        values = {label: [layers[layer][key] for layer in layers] for key, label in columns.items()}
        told = "; ".join(
            f"{layer}: "
            + ", ".join(f"{label} {formatted(layers[layer][key], '.2f')}" for key, label in columns.items())
            for layer in layers
        )
        drawing = figures.measures(list(layers), values, together=True)
        drawn.append(
            writer.figure(
                f"faithfulness-{kind}-{run.name}",
                drawing,
                f"{title}, {run.label}",
                caption,
                f"Dots, a row per layer. {told}. {caption}",
                [f"inspect@{run.name}"],
                data=data,
            )
        )
    return row(*drawn)
