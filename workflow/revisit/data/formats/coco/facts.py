"""The format `coco`: images with boxes in a JSON file as COCO's."""

from revisit.data import archives
from revisit.data.formats.facts import Facts

FACTS = Facts(
    description="images with boxes in JSON files as COCO's",
    labels="multi",
    check=archives.index,
    limit=1 << 36,
    names_classes=True,
    beside=(".json",),
    objects=("boxes",),
)
