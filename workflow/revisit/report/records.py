"""What `study.json` and `claims.json` hold, and what the pages add: types alone, imported where types are checked."""

from typing import Any, NotRequired, TypedDict

from revisit.report.settings import Assumption, Scale, Training, Weights
from revisit.report.study_writer import Section
from revisit.training.settings import Train


class Placed(Section):
    """A section with its place on the page."""

    id: str
    anchor: NotRequired[str]  # its id on the page, which the page gives it


class Part(TypedDict):
    """A comparison of a rule; None for a number that is not finite."""

    test: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: str


class Value(TypedDict):
    """A number shown beside a verdict, and its interval over the seeds."""

    label: str
    value: float | None
    value_low: float | None
    value_high: float | None


class Explanation(TypedDict):
    """A hypothesis, and whether our runs support it."""

    statement: str
    held: str


class Judged(TypedDict):
    """What a side says of a claim."""

    ours: float | None
    ours_low: float | None
    ours_high: float | None
    seeds: int
    data: str | None  # None: no training decides
    scale: str
    verdict: str
    reason: str
    parts: list[Part]
    values: list[Value]
    hypotheses: list[Explanation]


class Judgement(Judged):
    """A claim as one side judges it."""

    id: str
    study: str
    source: str
    place: str
    items: list[str]
    group: str | None
    statement: str
    published: float | None
    unit: str
    counted: bool  # networks are counted, no training decides
    test: str
    possible: str | None
    figure: str | None
    note: str


class Decided(Judgement):
    """A claim as the side judges it that decides, and both sides."""

    decided_by: str
    run: Judged | None  # None: nothing was run
    reference: Judged | None


class Row(Decided):
    """A row of the ledger, in `claims.json`."""

    made: list[str]  # when and on what the deciding reference results were made


class Provenance(TypedDict):
    """Whose the data and the starting weights of a training are, in `train.json`."""

    data: str
    weights: NotRequired[str | None]


class Experiment(TypedDict):
    """A training of a study."""

    settings: Training
    statistics: dict[str, Any]


class Made(TypedDict):
    """How a reference result was made."""

    scale: str
    commit: str
    date: str
    machine: str
    device: str
    seeds: int
    data: str
    weights: str | None
    seconds: float | None
    versions: dict[str, str]
    thinned: list[str]
    settings: Train


class Kept(TypedDict):
    """The reference results of a study."""

    experiments: dict[str, Made]
    stale: dict[str, dict[str, list[str]]]  # experiment -> stage -> settings that differ from today's
    left: dict[str, str]  # stage -> digest of its findings
    sections: list[Placed]


class Study(TypedDict):
    """A study, `study.json`."""

    study: str
    title: str
    label: NotRequired[str]  # in the navigation; else as `opening.label` says
    question: str
    protocol: str
    assumptions: list[Assumption]
    scales: dict[str, Scale]  # of experiments
    cost: str
    sources: dict[str, str]  # of data sets
    provenance: dict[str, str]  # of data sets that were trained on
    left_out: NotRequired[dict[str, str]]  # what was left out of such data sets, in words
    pretrained: dict[str, Weights]
    experiments: dict[str, Experiment]
    left: dict[str, str]  # stage -> digest of its findings, as in provenance.py
    sections: list[Placed]
    reference: Kept


class Example(TypedDict):
    """A claim that is named after a sentence."""

    id: str
    text: str


class Sentence(TypedDict):
    """What was found, in a sentence."""

    verdict: str | None  # of sentences about claims
    text: str
    examples: list[Example]
    more: int  # claims that are not named


class Counts(TypedDict):
    """How many claims of a study came to what."""

    study: str
    title: str
    claims: int
    judged: int
    counts: dict[str, int]  # by verdict


class Needs(TypedDict):
    """What the claims of a study need that cannot be judged here."""

    study: str
    title: str
    cost: str
    untestable: int
    claims: int
    needs: list[tuple[str, int]]  # what, of how many claims


class Entry(TypedDict):
    """A figure or a table, as the search lists it."""

    study: str
    title: str
    kind: str
    section: str
    side: str  # whose results it shows; empty where the page has those of the run alone
    anchor: str
    words: str  # that find it and are not shown: its caption, its stages


class Listed(TypedDict):
    """A stage of the run."""

    stage: str
    needs: list[str]
    left: str  # digest of its findings, empty where it has none
    shown: list[tuple[str, str]]  # sections that show them: address and title


class Lane(TypedDict):
    """Stages that belong together."""

    study: str  # empty: not to one
    title: str
    stages: list[Listed]


class Settings(TypedDict):
    """Resolved settings of a study's experiments side by side."""

    names: list[str]
    rows: list[tuple[str, list[str], bool]]  # key, value of each experiment, whether they differ


class Page(Study):
    """What the page of a study is made of."""

    claims: list[Row]
    settings: Settings
