"""What figures were drawn from: digests that anyone can compute again."""

import re
import subprocess

from revisit.report import page, provenance


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
