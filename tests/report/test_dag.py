"""The picture of the stages and their lists, for graphs that are hard to draw."""

from itertools import combinations

from revisit.report import dag

LONG = "a_name_as_long_as_names_may_be_that_no_box_of_the_picture_holds"


def study(name, *trainings, sections=()):
    shown = [{"anchor": f"{name}-{x}", "title": x, "blocks": [{"kind": "table", "made_by": by}]} for x, by in sections]
    return {
        "study": name,
        "title": f"On {name}",
        "experiments": dict.fromkeys(trainings),
        "sections": shown,
        "left": {},
    }


GRAPH = {
    "fetch@plants": [],
    f"fetch@{LONG}": [],
    "prepare@small": ["fetch@plants"],
    f"prepare@{LONG}": [f"fetch@{LONG}"],
    "propose@regions": ["prepare@small"],
    "pretrain@weights": [f"prepare@{LONG}"],
    "train@one": ["prepare@small"],
    "graft@both": ["train@one", "pretrain@weights"],
    "finetune@two": ["propose@regions", "graft@both"],
    "extract@two": ["finetune@two"],
    "evaluate@one": ["train@one"],
    "evaluate@two": ["finetune@two"],
    "probe@two": ["extract@two"],
    "collect": ["propose@regions", "train@one", "finetune@two", "evaluate@one", "evaluate@two", "probe@two"],
    "study@plants": ["collect"],  # named as its raw files are
    "study@tuned": ["collect"],
    "report": ["study@plants", "study@tuned"],
}
STUDIES = [
    study("plants", "one", sections=[("both", ["train@one", "evaluate@one"]), ("scores", ["evaluate@one"])]),
    study("tuned", "two"),
]


def test_every_stage_is_listed_once_with_its_study():
    lanes = dag.lanes(GRAPH, STUDIES)
    assert sorted(stage["stage"] for lane in lanes for stage in lane["stages"]) == sorted(GRAPH)
    by_study = {lane["study"]: [stage["stage"] for stage in lane["stages"]] for lane in lanes[1:-1]}
    assert by_study["plants"] == ["train@one", "evaluate@one", "study@plants"]
    assert "graft@both" in by_study["tuned"]  # which starts from it
    assert [stage["stage"] for stage in lanes[-1]["stages"]] == ["collect", "report"]
    shown = {stage["stage"]: stage["shown"] for lane in lanes for stage in lane["stages"]}
    assert shown["train@one"] == [("plants.html#plants-both", "both")]


def test_boxes_lead_to_what_shows_them_and_lie_apart():
    drawn = dag.picture(GRAPH, STUDIES)
    hrefs = {box.told: box.href for box in drawn.boxes}
    assert hrefs["evaluate@one"] == "plants.html#plants-scores"  # not where they are beside others
    assert hrefs["probe@two"] == "#stage-probe-two"
    assert hrefs["study@plants"] == "plants.html"
    assert hrefs["fetch@plants, prepare@small, propose@regions"] == "#stage-fetch-plants"
    assert sorted(name for told in hrefs for name in told.split(", ")) == sorted(set(GRAPH) - {"collect", "report"})
    for one, other in combinations([*drawn.boxes, *drawn.bars], 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y, (one, other)
    assert all(box.y + box.height <= drawn.height and box.x + box.width <= drawn.width for box in drawn.boxes)
    assert all(len(box.text) * 6 < box.width for box in drawn.boxes)
    assert drawn == dag.picture(dict(GRAPH), list(STUDIES))


def test_more_data_than_studies_fit():
    drawn = dag.picture({f"fetch@raw_{number}": [] for number in range(30)}, STUDIES)
    assert len({box.y for box in drawn.boxes if box.x == 0}) == 30
    assert max(box.y + box.height for box in drawn.boxes) <= drawn.height


def test_a_graph_without_stages_is_a_picture_of_the_studies():
    drawn = dag.picture({}, STUDIES)
    assert [box.href for box in drawn.boxes] == ["plants.html", "tuned.html"]
    assert [box.text for box in drawn.boxes] == ["Plants", "Tuned"]
    labelled = dag.picture({}, [study("plants") | {"label": "PLANTS-12"}, study("two_tuned")])
    assert [box.text for box in labelled.boxes] == ["PLANTS-12", "Two tuned"]
    assert drawn.bars == []
