"""The strongest feature map of each layer for some images."""

from revisit.analyses.inspect.looks.strongest.tables import STRONGEST
from revisit.report import figures
from revisit.report.panel import panel
from revisit.report.study_writer import Section, StudyWriter, section

SMALL = 48  # screen pixels of a tile, at most


@panel("strongest", order=110)
def strongest(writer: StudyWriter) -> Section | None:
    """Some test images and the strongest feature map of each layer for them."""
    blocks = []
    for run in writer.looked("strongest"):
        frame = run.read("inspect", STRONGEST)
        data, layers = writer.data(f"strongest-{run.name}", frame), list(run.look("strongest")["layers"])
        images = [figures.enlarged(image, 2 * SMALL) for image in run.array("inspect/strongest_images.npy")]
        shape, tiles = images[0].shape[:2], list(images)
        for layer in layers:
            tiles += [figures.heat(values, shape) for values in run.array(f"inspect/strongest_{layer}.npy")]
        counts = frame.groupby("layer", sort=False)["map"].nunique()
        told = ", ".join(f"{layer} {counts.get(layer, 0)}" for layer in layers)
        title = f"Strongest feature maps, {run.label}"
        caption = (
            f"For each test image the map of each layer with the largest sum; dark is low, bright is high. Different "
            f"maps among {len(images)} images: {told}."
        )
        block = writer.figure(
            f"strongest-{run.name}",
            figures.mosaic(tiles, len(images)),
            title,
            caption,
            f"A row of images, and below it a row of heat maps per layer. {caption}",
            [f"inspect@{run.name}"],
            ".webp",
            data=data,
            rows=["image", *layers],
            columns=[str(number) for number in run.look("strongest")["rows"]],
        )
        blocks.append(block)
    text = "Where the map answers that, of all maps of a layer, answers most to an image. Columns are test images."
    return section("The strongest feature maps", text, blocks) if blocks else None
