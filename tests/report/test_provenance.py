"""What figures were drawn from: digests that anyone can compute again, and drawings without what nobody sees."""

import re
import subprocess
from pathlib import Path

from revisit.report import page, provenance, svg

DRAWN = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">
 <metadata>2026</metadata>
 <defs><path id="mark" d="M 0 0"/><clipPath id="clip"><rect/></clipPath></defs>
 <g id="figure_1"><g id="axes"><g id="curve-0"><path d="M 1.23456 2" clip-path="url(#clip)"/></g>
  <use xlink:href="#mark"/><text id="t">two  words <tspan>here</tspan> </text></g></g>
</svg>"""


def test_the_digest_is_what_the_page_tells_to_compute(tmp_path):
    for name in ("train.json", "history.csv", "evaluations.csv", "runs/b/z.csv", "runs/B.csv", "runs/é.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "runs/.snakemake_timestamp").touch()
    left = [tmp_path / name for name in ("train.json", "runs", "history.csv", "evaluations.csv")]
    told = re.search(r"^find .*$", (page.TEMPLATES / "stages.html.j2").read_text(), re.MULTILINE)[0]
    command = ["bash", "-c", told.replace("</code></pre>", "")]
    computed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()[0]
    assert provenance.digest(tmp_path, left) == computed
    before = provenance.digest(tmp_path, left)
    (tmp_path / "runs/B.csv").rename(tmp_path / "runs/C.csv")
    assert provenance.digest(tmp_path, left) != before


def test_a_drawing_keeps_what_is_seen_and_referred_to(tmp_path):
    Path(tmp_path, "a.svg").write_text(DRAWN)
    text = svg.inline(tmp_path / "a.svg", "here", "A curve", ["curve-0"])
    mark, clip, curve = re.findall(r'id="([^"]+)"', text)
    assert curve == "here-curve-0"  # the page refers to it
    assert f'xlink:href="#{mark}"' in text
    assert f"url(#{clip})" in text
    assert mark.endswith("-mark")
    elsewhere = svg.inline(tmp_path / "a.svg", "there", "A curve", ["curve-0"])
    assert not {mark, clip, curve} & set(re.findall(r'id="([^"]+)"', elsewhere))
    assert "two  words <tspan>here</tspan> </text>" in text
    assert 'd="M 1.2 2"' in text
    assert not re.search(r"metadata|<g>|>\s+<(?!/text)", text)
