"""What the pages of the report weigh, how fast a browser shows them, and what they cost to render.

    python benchmarks/report_size.py               # results/report: sizes, and times in the machine's chromium
    python benchmarks/report_size.py --render      # CPU seconds of rendering each study and the pages as well

Reference of the sizes: the budget of each page. Of the times in the browser, in milliseconds from the start of the
navigation, the median of some visits: a page of one word. Of rendering, once everything is imported: starting the
script and importing. `make browser` installs what drives the browser; without it or without chromium there are no times
of one.
"""

import argparse
import gzip
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import timing

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

import chromium

# isort: split
from revisit.reference import store
from revisit.report import claims, page, study

ROOT = Path(__file__).resolve().parents[1]
BUDGET, OPENING = 2_000_000, 1_000_000  # bytes of a study's page at demo scale, and of the one that opens the report
PARTS = {
    "drawings": re.compile(rb"<svg\b.*?</svg>", re.DOTALL),
    "pictures": re.compile(rb"data:image/[^\"')]*"),
    "maps": re.compile(rb'<script type="application/json">.*?</script>', re.DOTALL),
    "code": re.compile(rb"<style>.*?</style>|<script>.*?</script>", re.DOTALL),
}
TIMES = {"DOM ready": "domContentLoadedEventEnd", "all loaded": "loadEventEnd"}
NAVIGATION = "() => performance.getEntriesByType('navigation')[0].toJSON()"
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def sizes(path: Path) -> Iterator[int | float]:
    """Of a page: bytes, times its budget; bytes of its parts and of the rest; and as a server would send it."""
    text = path.read_bytes()
    yield len(text)
    yield len(text) / (OPENING if path.name == "index.html" else BUDGET)
    rest = text
    for pattern in PARTS.values():
        yield sum(map(len, pattern.findall(rest)))
        rest = pattern.sub(b"", rest)
    yield len(rest)
    yield len(gzip.compress(text, 6))


def visits(address: Path, count: int) -> dict[str, float]:
    """Median times of `count` visits to a page, in milliseconds; each in a browser window of its own."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[float]] = {name: [] for name in ("first paint", *TIMES)}
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for _ in range(count + 1):
            context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
            window = context.new_page()
            window.goto(address.resolve().as_uri())
            found["first paint"].append(window.wait_for_function(PAINT).json_value())
            times = window.evaluate(NAVIGATION)
            for name, key in TIMES.items():
                found[name].append(times[key])
            context.close()
        browser.close()
    return {name: statistics.median(values[1:]) for name, values in found.items()}  # the first one warms the disk


def rendering(results: Path) -> Iterator[tuple[str, float]]:
    """Stage and CPU seconds: starting each script, then every study and the pages, all in a scratch folder."""
    for script in ("render_study", "render_report"):
        command = [sys.executable, str(ROOT / "workflow/scripts" / f"{script}.py"), "--help"]
        yield (
            f"start {script}",
            timing.measured(lambda c=command: subprocess.run(c, capture_output=True, check=True))[1],
        )
    ledger = claims.load(ROOT / claims.LEDGER)
    config = {path: json.loads(path.read_bytes())["settings"] for path in (results / "config").rglob("*.json")}
    settings = config[results / "config/report.json"]
    with tempfile.TemporaryDirectory() as scratch:
        studies = Path(scratch, "studies")
        for name in settings["studies"]:
            arguments = config[results / f"config/study/{name}.json"], ledger, results / "collected" / name
            yield (
                f"study@{name}",
                timing.measured(lambda a=arguments, n=name: study.render(*a, studies / n, ROOT / store.FOLDER))[1],
            )
        yield "report", timing.measured(lambda: page.render(settings, studies, Path(scratch, "report")))[1]


def main() -> None:
    """Measure and print a table of sizes, one of times in a browser, and one of rendering."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "results/report", help="(default results/report)")
    parser.add_argument("--visits", type=int, default=5, help="(default 5)")
    parser.add_argument("--render", action="store_true", help="also measure rendering, from the findings beside it")
    options = parser.parse_args()
    if not (options.folder / "index.html").is_file():
        parser.exit(2, f"error: there is no {options.folder}/index.html: run `make report`, or name a --folder\n")

    written = {path.stem: path for path in sorted(options.folder.glob("*.html"))}
    columns = ("page", "kB", "times the budget", *(f"{part}, kB" for part in (*PARTS, "text", "gzip")))
    rows = []
    for name, path in written.items():
        whole, share, *parts = sizes(path)
        rows.append((name, f"{whole / 1000:,.0f}", f"{share:.2f}", *(f"{count / 1000:,.0f}" for count in parts)))
    timing.print_table("sizes; reference: the budget", columns, rows)
    large = [name for name, path in written.items() if list(sizes(path))[1] > 1]
    tables = sum(path.stat().st_size for path in (options.folder / "data").iterdir())
    print(f"\ntables in data/: {tables / 1000:,.0f} kB")
    if lacking := chromium.missing():
        print(f"\nno times in a browser: {lacking}")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            Path(scratch, "word.html").write_text("<!doctype html><title>word</title><p>word</p>")
            pages = {"one word": Path(scratch, "word.html"), **written}
            times = {name: visits(path, options.visits) for name, path in pages.items()}
        columns = ("page", *(f"{name}, ms" for name in times["one word"]))
        rows = [(name, *(f"{value:.0f}" for value in found.values())) for name, found in times.items()]
        print()
        timing.print_table(f"in chromium, median of {options.visits}; reference: a page of one word", columns, rows)
    if options.render:
        rows = [(name, f"{seconds:.2f}") for name, seconds in rendering(options.folder.parent)]
        print()
        timing.print_table("rendering; reference: starting the script", ("stage", "CPU s"), rows)
    if large:
        parser.exit(1, f"\nerror: larger than their budget: {', '.join(large)}\n")


if __name__ == "__main__":
    main()
