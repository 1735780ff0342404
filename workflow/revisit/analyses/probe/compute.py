"""Stage `probe`: linear probes on the features of chosen layers, of every replicate."""

from typing import TYPE_CHECKING, Any

from revisit import paths
from revisit.analyses import features, replicates
from revisit.analyses.findings import Files
from revisit.analyses.probe import protocols
from revisit.analyses.probe.tables import PER_CLASS, PROBES

if TYPE_CHECKING:
    from revisit.analyses.probe.settings import Settings


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """The summaries of all replicates, see `protocols.probes`; the tables are of replicate 0.

    Raises:
        ConfigError: a layer was not extracted, or there are too few rows.
        ArtifactError: the features are missing or damaged.
    """
    found = [protocols.probes(source, settings) for source in features.load_all(paths.features(name))]
    _, rows, by_class = found[0]
    tables = {PROBES.file: PROBES.frame(rows)} | ({PER_CLASS.file: PER_CLASS.frame(by_class)} if by_class else {})
    return replicates.summary([summary for summary, *_ in found]), tables
