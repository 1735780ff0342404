"""The table of stage `photographs`, and what it measures."""

from revisit.analyses.tables import Table

MEASURES = ("clutter", "brightness", "proportions", "views")
CLASSES = Table(
    "classes.csv",
    {
        "class": str,
        "images": int,  # that show it; not those where only difficult objects do
        "objects": int,  # neither difficult nor truncated
        "seen": int,  # of the objects that are not difficult: those whose view is named
        **dict.fromkeys(MEASURES, float),  # NaN where there is nothing to measure
    },
)
