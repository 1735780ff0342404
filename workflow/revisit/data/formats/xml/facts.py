"""The format `xml`: images with annotations as PASCAL VOC's beside them."""

from revisit.data import archives
from revisit.data.formats.facts import Facts

FACTS = Facts(
    description="images with boxes in XML files of the same name, as PASCAL VOC's",
    labels="multi",
    check=archives.index,
    limit=1 << 36,
    names_classes=True,
    beside=(".xml",),
    objects=("boxes",),
)
