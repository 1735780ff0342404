"""Projections of strong activations back to the pixels, beside what the network saw there."""

from revisit.analyses.inspect.looks.deconvnet.tables import DECONVNET
from revisit.report import figures
from revisit.report.numbers import formatted
from revisit.report.panel import panel
from revisit.report.study_writer import Section, StudyWriter, row, section, slug

SMALL = 48  # screen pixels of a tile, at most


@panel("deconvnet", order=120)
def deconvnet(writer: StudyWriter) -> Section | None:
    """Projections of strong activations back to the pixels, beside what the network saw there."""
    blocks = []
    for run in writer.looked("deconvnet"):
        data = writer.data(f"deconvnet-{run.name}", run.read("inspect", DECONVNET))
        for layer, found in run.look("deconvnet")["layers"].items():
            maps = [f"map {number}" for number in found["maps"]]
            told = f"the strongest activations of {len(maps)} feature maps of {layer}, strongest first"
            distinct, top = found["mean_distinct_classes"], int(run.array(f"inspect/deconvnet_{layer}.npy").shape[1])
            shown = formatted(None if distinct is None else distinct * top, ".1f")
            seen = (
                f"What the network saw there, fields of {found['receptive_field']} pixels: the {top} images of a map "
                f"show {shown} different classes on average."
            )
            for name, title, caption in (
                ("deconvnet", "Projections", f"Projections of {told}; mid-grey is zero."),
                ("deconvnet_patches", "Patches", seen),
            ):
                tiles = run.array(f"inspect/{name}_{layer}.npy")
                grid = figures.mosaic([figures.enlarged(tile, SMALL) for tile in figures.flat(tiles)], tiles.shape[1])
                block = writer.figure(
                    f"{name.replace('_', '-')}-{run.name}-{slug(layer)}",
                    grid,
                    f"{title}, {layer}, {run.label}",
                    caption,
                    f"A row of small pictures per feature map, {told}. {caption}",
                    [f"inspect@{run.name}"],
                    ".webp",
                    data=data,
                    rows=maps,
                )
                blocks.append(block)
    text = (
        "The deconvnet of Zeiler and Fergus: an activation goes back down through the max-pooling switches, the "
        "rectification and the transposed filters. Beside it, the patch of the image that caused it."
    )
    pairs = [row(*blocks[number : number + 2]) for number in range(0, len(blocks), 2)]
    return section("What excites a feature map", text, pairs) if blocks else None
