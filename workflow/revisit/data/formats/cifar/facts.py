"""The format `cifar`: CIFAR-10's archives."""

from revisit.data import archives
from revisit.data.formats.facts import Facts

FACTS = Facts(
    description="CIFAR-10's archives",
    labels="single",
    check=archives.index,
    limit=1 << 30,  # published: 0.2 GiB
    one_size=True,
)
