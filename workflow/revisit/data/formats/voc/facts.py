"""The format `voc`: PASCAL VOC's development kit."""

from revisit.data import archives
from revisit.data.formats.facts import Facts

FACTS = Facts(
    description="PASCAL VOC's devkit",
    labels="multi",
    check=archives.index,
    limit=1 << 33,  # published: 2 GiB
    image_sets=True,
    beside=(".xml",),
    objects=("boxes", "masks"),
)
