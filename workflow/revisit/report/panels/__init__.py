"""Panels of the training, and which modules have panels at all: each is loaded by its name."""

from pathlib import Path

from revisit.analyses import loading


def modules() -> list[str]:
    """The modules that have panels: those beside this one, and one of each analysis and of each look that has any."""
    own = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    return [
        *(f"{__name__}.{name}" for name in own),
        *(loading.name(kind, "panel") for kind in loading.available("panel")),
        *(loading.name(look, "panel", loading.LOOKS) for look in loading.available("panel", loading.LOOKS)),
    ]
