"""The format `folder`: a folder of images per class."""

from revisit.data import archives
from revisit.data.formats.facts import Facts

FACTS = Facts(
    description="a folder per class",
    labels="single",
    check=archives.index,
    limit=archives.TOTAL,
    names_classes=True,
)
