"""The report as one file for sending: a ZIP archive that is opened anywhere, the same bytes for the same pages."""

import io
import zipfile
from pathlib import Path

from revisit import stages
from revisit.errors import ArtifactError

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that the format knows: a file's own time is no part of the report
INSIDE = "report"  # the folder in the archive
PLAIN_FILE = 0o100644 << 16  # rights as Unix has them


def archive(report: Path) -> bytes:
    """All files of a report in a ZIP archive, sorted, without hidden ones.

    Raises ArtifactError where there is no report.
    """
    if not (report / "index.html").is_file():
        raise ArtifactError(f"{report}/index.html is missing; there is no report to send: run {stages.run('report')}")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as written:
        for path in sorted(path for path in report.rglob("*") if path.is_file() and not path.name.startswith(".")):
            about = zipfile.ZipInfo(f"{INSIDE}/{path.relative_to(report).as_posix()}", EARLIEST)
            about.external_attr, about.create_system = PLAIN_FILE, 3
            written.writestr(about, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return stream.getvalue()
