"""Tables of findings: the columns that an analysis writes and the report reads, fixed in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Table:
    """A CSV table of findings.

    Attributes:
        file: its name in the folder of its kind.
        columns: name -> type of its values, in order. Text stays text, whatever it looks like.
        optional: those that may be missing.
    """

    file: str
    columns: Mapping[str, type]
    optional: tuple[str, ...] = ()

    @property
    def text(self) -> list[str]:
        """The columns of text."""
        return [name for name, kind in self.columns.items() if kind is str]

    def frame(self, rows: Any) -> "pd.DataFrame":
        """The table with these `rows` (what a DataFrame is made of), written by whoever makes it.

        Raises:
            ValueError: its columns are not those of this table, in this order.
        """
        import pandas as pd

        frame = pd.DataFrame(rows)
        self.check(frame)
        return frame

    def check(self, frame: "pd.DataFrame") -> None:
        """Raise ValueError unless a table has these columns, in this order."""
        wanted = [name for name in self.columns if name in frame or name not in self.optional]
        if list(frame) != wanted:
            raise ValueError(f"{self.file} has the columns {', '.join(map(str, frame))}, expected {', '.join(wanted)}")
