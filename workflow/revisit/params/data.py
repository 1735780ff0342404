"""The data of `params.yaml`: `raw` files as published, and the `datasets` that are made of them."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from revisit.data import embedded
from revisit.data.formats import registry
from revisit.params.constants import constant
from revisit.params.fields import EACH_ONCE, Count, Name, Section

CHECKSUM = r"^([0-9a-f]{64}|md5:[0-9a-f]{32})$"
URL = r"^https?://[^\s]+$"
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
MIRROR_PATH = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"
Checksum = Annotated[str, StringConstraints(pattern=CHECKSUM)]
Url = Annotated[str, StringConstraints(pattern=URL)]
FileName = Annotated[str, StringConstraints(pattern=FILE_NAME, max_length=128)]
MirrorPath = Annotated[str, StringConstraints(pattern=MIRROR_PATH)]
SearchScale = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
Source = Literal["embedded", "mirror", "web"]
FORMATS = {name: registry.facts(name) for name in registry.available()}
SCALES: Any = constant("revisit.objects.selective_search", "SCALES")
DRAWINGS = {  # what can be drawn here -> the format in which it is drawn
    name: constant(f"revisit_drawing.{name}", "FORMAT") for name in embedded.available()
}
if TYPE_CHECKING:  # which names there are is known when this runs
    Format = str
    Drawing = str
else:
    Format, Drawing = Literal[tuple(FORMATS)], Literal[tuple(DRAWINGS)]


class Raw(Section):
    """Files as they are published: where they come from, and in which format."""

    source: Source | None = Field(None, description="where these files come from (null: as `source` at the top)")
    format: Format = Field(description="; ".join(f"{name}: {known.description}" for name, known in FORMATS.items()))
    classes: Annotated[list[str], Field(min_length=2, max_length=10_000), EACH_ONCE] | None = Field(
        None,
        description="class names, in the order of the labels (null: the folders' names, sorted; with folder only)",
    )
    embedded: Drawing | None = Field(None, description="what is drawn here when the source is embedded")
    mirror: MirrorPath | None = Field(None, description="their folder inside the mirror, relative")
    web: list[Url] | None = Field(
        None, min_length=1, description="the publisher's address and its mirrors, tried in this order"
    )
    files: dict[FileName, Checksum | None] = Field(
        {},
        description="the files, each with the SHA-256 of its uncompressed content, or md5: and the MD5 of the file "
        "as published (null: not checked)",
    )


class Splits(Section):
    """The image sets of a PASCAL VOC devkit that serve as splits."""

    train: Name = Field("train", description="the image set to train on")
    test: Name = Field("test", description="the image set to test on")


class Dataset(Section):
    """A data set: arrays of images and labels, made of raw files."""

    raw: Name = Field(description="the raw files that it is made of")
    size: int | None = Field(
        None, ge=4, le=2048, description="side of the square that every image is resized to, in pixels (null: as it is)"
    )
    train: Count | None = Field(None, description="training images to use, stratified by class (null: all)")
    test: Count | None = Field(None, description="test images to use, stratified by class (null: all)")
    test_share: float = Field(
        0.2, gt=0, lt=1, description="share of the images that are for testing, where a folder has no split of its own"
    )
    test_from_train: bool = Field(
        False, description="take the test images from those trained on: a leak on purpose, to show what it does"
    )
    binary: bool = Field(
        False, description="pixels are 0 or 255: 255 where they were more than half of it, in each channel"
    )
    splits: Splits = Field(Splits(train="train", test="test"), description="image sets; with voc only")
    objects: Literal["boxes", "masks"] | None = Field(
        None,
        description="what is prepared of the objects in the images besides labels: their boxes, or masks and boxes "
        "(null: nothing; boxes where the format has nothing else)",
    )


class Proposals(Section):
    """Regions of the images of a data set that may hold an object: a data set of its own, which trainings may name."""

    dataset: Name = Field(description="the data set whose images are searched; it has objects")
    method: Literal["selective_search", "sliding_windows"] = Field(
        "selective_search",
        description="selective_search: regions that grow together, by colour, texture, size and fill; sliding_windows: "
        "boxes of several sizes and shapes all over the image",
    )
    count: int = Field(100, ge=1, le=10_000, description="regions of an image, at most")
    seed: int = Field(0, ge=0, lt=2**31, description="of the numbers that order the regions; selective_search only")
    scales: Annotated[list[SearchScale], Field(min_length=1, max_length=8), EACH_ONCE] = Field(
        list(SCALES),
        description="of the first segmentation, each gives regions: larger, fewer; selective_search only",
    )
    shortest: float = Field(
        0.12,
        ge=0,
        lt=1,
        description="regions with a side below this share of the image's shorter side are left out; selective_search "
        "only",
    )
    side: int | None = Field(
        None,
        ge=16,
        le=2048,
        description="side of the square that an image is resized to while it is searched, which takes as much less "
        "time, in pixels (null: as it is stored); selective_search only",
    )
