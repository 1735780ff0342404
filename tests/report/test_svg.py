"""Drawings in a page: everything that is seen stays, nothing else does."""

import re
from pathlib import Path

from revisit.report import svg

DRAWN = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">
 <metadata>2026</metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style></defs>
 <defs><path id="mark" d="M 0 0"/><clipPath id="clip"><rect/></clipPath></defs>
 <g id="figure_1"><g id="axes"><g id="curve-0">
  <path d="M 1.23456 2 L 3 4 L 5.04 -6 C 1 2 3 4 5 6 C 6 5 4 3 2 1 z M 7 8 L 9 9 z"
   clip-path="url(#clip)" style="fill: none"/></g>
  <use xlink:href="#mark" style="fill: none"/><path d="M 0 1" style="stroke: #123456"/>
  <text id="t" transform="rotate(-0 4 5)">two  words <tspan>here</tspan> </text>
  <text transform="translate(1.234 2) rotate(-90 3 4)">up</text></g></g>
</svg>"""


def _inlined(folder: Path, prefix: str) -> str:
    Path(folder, "a.svg").write_text(DRAWN)
    return str(svg.inline(folder / "a.svg", prefix, "A curve", ["curve-0"]))


def test_a_drawing_keeps_what_is_seen_and_referred_to(tmp_path):
    text = _inlined(tmp_path, "here")
    own, mark, clip, curve = re.findall(r'id="([^"]+)"', text)
    assert curve == "here-curve-0"  # the page refers to it
    assert f' href="#{mark}"' in text
    assert f"url(#{clip})" in text
    elsewhere = _inlined(tmp_path, "there")
    assert not {own, mark, clip, curve} & set(re.findall(r'id="([^"]+)"', elsewhere))
    assert "two  words <tspan>here</tspan> </text>" in text
    assert not re.search(r"metadata|<g>|>\s+<(?!/text)", text)


def test_a_path_names_a_command_once_where_it_goes_on(tmp_path):
    assert 'd="M1.2 2 3 4 5 -6C1 2 3 4 5 6 6 5 4 3 2 1zM7 8 9 9z"' in _inlined(tmp_path, "here")


def test_turns_by_no_angle_go_and_others_stay(tmp_path):
    assert re.findall(r'transform="([^"]*)"', _inlined(tmp_path, "here")) == ["translate(1.2 2) rotate(-90 3 4)"]


def test_a_style_that_comes_again_is_a_class_of_this_figure_alone(tmp_path):
    text = _inlined(tmp_path, "here")
    own = re.search(r'id="([^"]+)"', text)[1]
    name = re.search(rf"<style>#{own} \.(\w+){{fill:none}}</style>", text)[1]
    assert text.count(f'class="{name}"') == 2
    assert 'style="stroke:#123456"' in text  # once: where it is
    assert "*{" not in text  # a rule of all elements would hold in the whole page
