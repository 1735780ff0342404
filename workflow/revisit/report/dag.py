"""The stages of the run: as a list with what each needs and left, and as a picture of groups with links.

A run has some 150 stages, too many to be read as a graph. The picture has a lane for each study, with a box for all of
its stages of a kind, and one for each set of raw files with what is prepared of it: what made what, at a glance. The
list below it says it stage by stage, and is its text alternative. Same graph, same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from revisit.report import opening
from revisit.report.search import blocks

if TYPE_CHECKING:
    from revisit.report.records import Lane, Listed, Page

Graph = Mapping[str, Sequence[str]]
Group = tuple[str, str]  # kind and study; of what is shared: "data" or "pretrain", and the stage that it begins with
NETWORKS = ("train", "graft", "finetune")
SHARED = ("fetch", "prepare", "propose", "pretrain")  # stages whose results several studies use
# Where the columns are, and how wide: in units of a picture WIDTH wide.
DATA, WEIGHTS, NETWORK, FEATURES, ANALYSES, COLLECT, STUDY, REPORT = 0, 190, 355, 500, 614, 893, 935, 1090
WIDE, NARROW, CHIP, BAR, WIDTH = 150, 110, 84, 22, 1112
HEIGHT, GAP, HEAD, ACROSS = 23, 6, 22, 3  # of a box, between two, above a lane; analyses side by side


class Box(NamedTuple):
    """A group of stages in the picture; a link."""

    x: float
    y: float
    width: float
    height: float
    text: str
    told: str  # all of it in words
    href: str


class Drawing(NamedTuple):
    """The picture: its size, what lies in it, and the lines below, as SVG paths."""

    width: int
    height: float
    boxes: list[Box]
    bars: list[Box]  # stages that all lanes go through: upright
    heads: list[tuple[float, str]]  # where a lane begins, and the study's title
    lines: list[str]


def anchor(stage: str) -> str:
    """The id of a stage in the list."""
    return f"stage-{stage.replace('@', '-')}"


def log(stage: str) -> str:
    """Where Snakemake keeps what a stage said when it last ran it."""
    return f"logs/{stage.replace('@', '/')}.log"


def lanes(graph: Graph, studies: Sequence["Page"]) -> list["Lane"]:
    """All stages: those whose results are shared, those of each study, and those of all studies."""
    of = _studies_of(graph, studies)
    shown = _shown(studies)
    left = {stage: digest for study in studies for stage, digest in study["left"].items()}

    def listed(stages: Iterable[str]) -> list["Listed"]:
        return [
            {"stage": stage, "needs": list(graph[stage]), "left": left.get(stage, ""), "shown": shown.get(stage, [])}
            for stage in stages
        ]

    found: list[Lane] = [{"study": "", "title": "Data and weights", "stages": listed(s for s in graph if _shared(s))}]
    for study in studies:
        own = [stage for stage in graph if of.get(stage) == study["study"]]
        found.append({"study": study["study"], "title": study["title"], "stages": listed(own)})
    rest = [stage for stage in graph if stage not in of and not _shared(stage)]
    return [*found, {"study": "", "title": "All studies", "stages": listed(rest)}]


def _shared(stage: str) -> bool:
    return stage.partition("@")[0] in SHARED


def _studies_of(graph: Graph, studies: Sequence["Page"]) -> dict[str, str]:
    """The study of each stage that has one: that of its training; a graft is its who starts from it."""
    trained = {name: study["study"] for study in studies for name in study["experiments"]}
    of = {f"study@{study['study']}": study["study"] for study in studies}
    for stage in graph:
        if not _shared(stage) and (study := trained.get(stage.partition("@")[2])) and not stage.startswith("study@"):
            of[stage] = study
    for stage, needs in graph.items():
        for need in needs:
            if need.startswith("graft@") and stage in of:
                of.setdefault(need, of[stage])
    return of


def _shown(studies: Sequence["Page"]) -> dict[str, list[tuple[str, str]]]:
    """Stage -> the sections that show what it left: address and title."""
    found: dict[str, dict[str, str]] = {}
    for study in studies:
        for section in study["sections"]:
            for block in blocks(section):
                for stage in block["made_by"]:
                    address = f"{study['study']}.html#{section['anchor']}"
                    found.setdefault(stage, {})[address] = section["title"]
    return {stage: list(sections.items()) for stage, sections in found.items()}


def picture(graph: Graph, studies: Sequence["Page"]) -> Drawing:
    """The picture of the stages; `studies` are its lanes, from above."""
    of = _studies_of(graph, studies)
    groups: dict[Group, list[str]] = {}
    for stage in graph:
        if group := _group(stage, graph, of):
            groups.setdefault(group, []).append(stage)
    boxes: dict[Group, Box] = {}
    heads, middles, top = [], {}, 0.0
    for study in studies:
        name, first = study["study"], top + HEAD
        own = {kind: stages for (kind, whose), stages in groups.items() if whose == name and kind not in SHARED}
        networks = [kind for kind in NETWORKS if kind in own]
        analyses = [kind for kind in own if kind not in (*NETWORKS, "extract")]
        depth = max(len(networks), -(-len(analyses) // ACROSS), 1)
        for number, kind in enumerate(networks):
            place = (NETWORK, first + number * (HEIGHT + GAP), NARROW)
            boxes[kind, name] = _box(*place, kind, own[kind], _address(own[kind], [study]))
        if "extract" in own:
            boxes["extract", name] = _box(FEATURES, first, CHIP, "extract", own["extract"], "")
        for number, kind in enumerate(analyses):
            line, column = divmod(number, ACROSS)
            place = (ANALYSES + column * (CHIP + GAP), first + line * (HEIGHT + GAP), CHIP)
            boxes[kind, name] = _box(*place, kind, own[kind], _address(own[kind], [study]))
        boxes["study", name] = _box(STUDY, first, NARROW + 20, opening.label(study), [f"study@{name}"], f"{name}.html")
        heads.append((top, study["title"]))
        middles[name] = first + HEIGHT / 2
        top = first + depth * (HEIGHT + GAP) + GAP
    used = _used(groups, graph, of)
    most = max(sum(key[0] == kind for key in groups) for kind in ("data", "pretrain"))
    top = max(top, HEAD + most * (HEIGHT + GAP) + GAP)
    for kind, x, width in (("data", DATA, WIDE), ("pretrain", WEIGHTS, NARROW + 20)):
        shared = {key: stages for key, stages in groups.items() if key[0] == kind}
        wanted = {key: _mean([middles[name] for name in used[key]], top / 2) for key in shared}
        for key, y in _stacked(wanted, top).items():
            boxes[key] = _box(x, y, width, key[1].partition("@")[2], shared[key], "")
    ends = (COLLECT, "collect", f"#{anchor('collect')}"), (REPORT, "report", "index.html")
    bars = [Box(x, HEAD, BAR, top - HEAD - GAP, stage, stage, href) for x, stage, href in ends if stage in graph]
    lines = [*_between(groups, graph, of, boxes), *_ends(boxes)]
    return Drawing(WIDTH, top, list(boxes.values()), bars, heads, lines)


def _group(stage: str, graph: Graph, of: Mapping[str, str]) -> Group | None:
    kind = stage.partition("@")[0]
    if kind in ("fetch", "prepare", "propose"):
        return "data", _first(stage, graph)
    if kind == "pretrain":
        return kind, stage
    return (kind, of[stage]) if stage in of and kind != "study" else None


def _first(stage: str, graph: Graph) -> str:
    """What fetches the files behind a data set or proposals."""
    while graph[stage]:
        stage = graph[stage][0]
    return stage


def _address(stages: Sequence[str], studies: Sequence["Page"]) -> str:
    """The section with the most figures and tables of some stages of one kind and of no other; empty without any."""
    kind, found = stages[0].partition("@")[0], Counter[str]()
    for study in studies:
        for section in study["sections"]:
            for block in blocks(section):
                alone = {stage.partition("@")[0] for stage in block["made_by"]} == {kind}
                if alone and not set(stages).isdisjoint(block["made_by"]):
                    found[f"{study['study']}.html#{section['anchor']}"] += 1
    return max(found, key=lambda address: found[address], default="")


def _used(groups: Mapping[Group, list[str]], graph: Graph, of: Mapping[str, str]) -> dict[Group, list[str]]:
    """The studies that use what is shared, in their order, each as often as it does; weights use data for others."""
    direct: dict[Group, list[str]] = {group: [] for group in groups}
    for stage, needs in graph.items():
        for need in needs:
            if stage in of and _shared(need) and (group := _group(need, graph, of)):
                direct[group].append(of[stage])
    for group, stages in groups.items():
        if group[0] == "pretrain":
            for need in graph[stages[0]]:
                if (data := _group(need, graph, of)) and not direct[data]:
                    direct[data] += direct[group]
    return direct


def _between(
    groups: Mapping[Group, list[str]], graph: Graph, of: Mapping[str, str], boxes: Mapping[Group, Box]
) -> list[str]:
    """The lines from group to group, each once."""
    found: dict[tuple[Group, Group], None] = {}
    for group, stages in groups.items():
        for need in (need for stage in stages for need in graph[stage]):
            source = _group(need, graph, of)
            if source and source != group and group in boxes:
                found[source, group] = None
    return [_line(boxes[source], boxes[group]) for source, group in found]


def _ends(boxes: Mapping[Group, Box]) -> list[str]:
    """From the last box of each lane to `collect`, from there to its study, and to the report."""
    lines = []
    for (kind, name), box in boxes.items():
        if kind == "study":
            own = [other for (_, whose), other in boxes.items() if whose == name and other.x < COLLECT]
            last = max((other for other in own if other.y == box.y), key=lambda other: other.x, default=box)
            y = box.y + HEIGHT / 2
            for start, end in ((last.x + last.width, COLLECT), (COLLECT + BAR, STUDY), (box.x + box.width, REPORT)):
                lines.append(f"M{start:g} {y:g}H{end:g}" if start < end else "")
    return [line for line in lines if line]


def _line(source: Box, target: Box) -> str:
    """From the right of one box to the left of another; within a column around its left."""
    start, end = source.y + source.height / 2, target.y + target.height / 2
    if source.x >= target.x:
        return f"M{source.x:g} {start:g}C{source.x - 30:g} {start:g} {target.x - 30:g} {end:g} {target.x:g} {end:g}"
    right = source.x + source.width
    bend = min((target.x - right) / 2, 60)
    return f"M{right:g} {start:g}C{right + bend:g} {start:g} {target.x - bend:g} {end:g} {target.x:g} {end:g}"


def _stacked(wanted: Mapping[Group, float], height: float) -> dict[Group, float]:
    """Where boxes of a column begin: as near to where they are wanted as they fit."""
    step = HEIGHT + GAP
    placed: dict[Group, float] = {}
    order = sorted(wanted, key=lambda group: wanted[group])
    y = float(HEAD - step)
    for number, group in enumerate(order):
        last = height - (len(order) - number) * step
        y = max(y + step, min(wanted[group] - HEIGHT / 2, max(last, HEAD)))
        placed[group] = round(y, 1)
    return placed


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _box(x: float, y: float, width: float, name: str, stages: Sequence[str], href: str) -> Box:
    count = f" {len(stages)}" if len(stages) > 1 else ""
    most = int((width - 8) / 6.2) - len(count)  # letters that fit
    short = name if len(name) <= most else name[: most - 1] + "…"
    return Box(x, y, width, HEIGHT, short + count, ", ".join(stages), href or f"#{anchor(stages[0])}")
