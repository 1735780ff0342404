"""Whether data and weights are the publisher's, as every artifact made of them records.

`published`: the content is the publisher's: it came from an address that `params.yaml` names as such (`web`), or every
file of a mirror has the published checksum. `copy`: it came from a mirror, and some file has no published checksum, or
other files were taken than the published ones (folders of images, archives packed anew). `drawn`: made here in the
place of the published ones.

A network has two of them, in `network.json`: `data`, of the data set that it was trained on here (null: on none), and
`weights`, the worst of what it started from (null: from fresh weights).
"""

from pathlib import Path
from typing import Any

from revisit import files, reading, stages
from revisit.data import left_out
from revisit.errors import ArtifactError

PUBLISHED, COPY, DRAWN = "published", "copy", "drawn"
VALUES = (PUBLISHED, COPY, DRAWN)  # from best to worst
FILE = "provenance.json"  # beside the files of a data set: no format names one so, and no archive ends in .json
KEY = "provenance"
LEFT_OUT = "left_out"  # how many files of which kind, by folder


def worst(*values: str | None) -> str | None:
    """The worst of `values`, each one of `VALUES` or None, which says nothing; None where no other is among them."""
    return max((value for value in values if value is not None), key=VALUES.index, default=None)


def write(raw: Path, value: str, without: left_out.Counts | None = None) -> None:
    """Record the provenance of the files of a data set, those in the folder `raw`, and what was left out of them."""
    (raw / FILE).write_bytes(files.json_bytes({KEY: value} | ({LEFT_OUT: without} if without else {})))


def read(raw: Path) -> tuple[str, left_out.Counts]:
    """The provenance of the files of a data set and what was left out of them, as `write` recorded it.

    Raises ArtifactError where the record is missing, as beside files that an older version fetched, or damaged.
    """
    path = raw / FILE
    remedy = f"get the files again with {stages.again(f'fetch@{raw.name}')}"
    try:
        record = reading.json_value(path)
        return checked(record[KEY]), left_out.checked(record.get(LEFT_OUT, {}))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing, so nothing says whose these files are: {remedy}") from None
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise ArtifactError(f"{path}: damaged ({type(error).__name__}: {error}): {remedy}") from None


def checked(value: Any) -> str:
    """`value`, if it is one of `VALUES`. Raises ValueError for anything else."""
    if value not in VALUES:
        raise ValueError(f"{KEY} is one of {', '.join(VALUES)}, found {value!r}")
    return value


def of_network(description: dict[str, Any]) -> dict[str, str | None]:
    """`data` and `weights` of a network, as its `network.json` (`description`) says.

    Where that says nothing, or nothing that makes sense, both are `drawn`: a network of which nothing is known, such as
    an older version wrote, may be a stand-in, and must not pass for a better one.
    """
    record = description.get(KEY)
    if isinstance(record, dict) and record.keys() == {"data", "weights"}:
        known = [value for value in record.values() if value is not None]
        if known and all(value in VALUES for value in known):
            return dict(record)
    return {"data": DRAWN, "weights": DRAWN}


def of_start(description: dict[str, Any]) -> str:
    """What a training inherits, as its `weights`, from the network with this `network.json` that it starts from.

    That is the worst of what the network started from and of what it was trained on. Nothing is raised: a description
    that does not say it gives `drawn` (see `of_network`).
    """
    return max((value for value in of_network(description).values() if value), key=VALUES.index)
