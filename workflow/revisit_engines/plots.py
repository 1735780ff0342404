"""`dvc plots` without a network: DVC's page would load Vega from a content delivery network."""

from pathlib import Path

from revisit import files

TEMPLATE = Path(".dvc/plots.html")  # named in .dvc/config
VEGA_LITE = "v5.20"  # the major version that DVC's plot templates are written for

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{refresh_tag}
<title>Plots</title>
<script>%s</script>
<style>table { border-spacing: 15px; }</style>
</head>
<body>
{plot_divs}
</body>
</html>
"""


def ensure_template() -> None:
    """Write the page around the plots, with Vega inside it, unless it is there."""
    if not TEMPLATE.exists():
        import vl_convert  # a second and 80 MB of memory: only when there is something to write

        with files.replacing(TEMPLATE) as partial:
            bundle = vl_convert.javascript_bundle(vl_version=VEGA_LITE)  # type: ignore[call-arg]  # it has a default
            partial.write_text(PAGE % bundle, encoding="utf-8")
