"""Projections over the training."""

from revisit.analyses.inspect.looks.evolution.tables import EVOLUTION
from revisit.report import figures
from revisit.report.numbers import formatted, moments
from revisit.report.panel import panel
from revisit.report.study_writer import Section, StudyWriter, row, section, slug

LARGE = 128  # screen pixels of a tile, at most


@panel("evolution", order=130)
def evolution(writer: StudyWriter) -> Section | None:
    """The projection of the strongest activation of some maps at each snapshot of the training."""
    blocks = []
    for run in writer.looked("evolution"):
        found = run.look("evolution")
        data = writer.data(f"evolution-{run.name}", run.read("inspect", EVOLUTION))
        pictures = []
        for layer, of_layer in found["layers"].items():
            tiles = run.array(f"inspect/evolution_{layer}.npy")
            grid = figures.mosaic([figures.enlarged(tile, LARGE) for tile in figures.flat(tiles)], tiles.shape[1])
            changed = formatted(of_layer["changed_image"], ".0%")
            caption = f"From one snapshot to the next the strongest image of a map changes in {changed} of the cases."
            block = writer.figure(
                f"evolution-{run.name}-{slug(layer)}",
                grid,
                f"{layer}, {run.label}",
                caption,
                f"A row of projections per feature map of {layer}, a column per snapshot. {caption}",
                [f"inspect@{run.name}"],
                ".webp",
                data=data,
                rows=[f"map {number}" for number in of_layer["maps"]],
                columns=moments(found),
            )
            pictures.append(block)
        blocks.append(row(*pictures))
    text = "The strongest activation of each map over all images, projected to the pixels, at moments of the training."
    return section("How features come about", text, blocks) if blocks else None
