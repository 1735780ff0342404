"""What the stages of data get of `params.yaml`: types alone, imported where types are checked."""

from typing import Literal, NotRequired, TypedDict


class File(TypedDict):
    """A file as published."""

    checksum: str | None  # SHA-256, or `md5:` and an MD5; None: not checked


class Drawn(TypedDict):
    """What is drawn here."""

    drawing: str
    train: int
    test: int
    size: NotRequired[int]  # of the formats whose images have no size of their own
    splits: NotRequired[dict[str, str]]  # of the formats with image sets: train, test -> the image set


class _Raw(TypedDict):
    raw: str
    format: str
    classes: list[str] | None


class FetchDrawn(_Raw):
    """Stage `fetch` where files are drawn."""

    source: Literal["embedded"]
    embedded: Drawn
    seed: int


class FetchMirror(_Raw):
    """Stage `fetch` from a mirror."""

    source: Literal["mirror"]
    mirror: str  # folder or address
    files: dict[str, File]
    listing: NotRequired[str | None]  # digest of what the folder held when the engine looked


class FetchWeb(_Raw):
    """Stage `fetch` from the publishers."""

    source: Literal["web"]
    web: list[str]  # addresses, tried in this order
    files: dict[str, File]


Fetch = FetchDrawn | FetchMirror | FetchWeb


class Prepare(TypedDict):
    """Stage `prepare`."""

    dataset: str
    raw: str
    size: int | None  # pixels; None: as it is
    train: int | None  # images; None: all
    test: int | None
    test_share: float
    test_from_train: bool
    splits: dict[str, str]  # train, test -> the image set
    format: str
    classes: list[str] | None
    seed: int
    source: Literal["embedded", "mirror", "web"]
    objects: NotRequired[Literal["boxes", "masks"]]
    binary: NotRequired[bool]  # pixels become 0 or 255


class SlidingWindows(TypedDict):
    """Stage `propose` with sliding windows."""

    proposals: str
    dataset: str
    method: Literal["sliding_windows"]
    count: int


class SelectiveSearch(TypedDict):
    """Stage `propose` with selective search."""

    proposals: str
    dataset: str
    method: Literal["selective_search"]
    count: int
    seed: int
    scales: list[float]
    shortest: float
    side: int | None  # pixels; None: images as they are stored


Propose = SelectiveSearch | SlidingWindows
