"""Stage `inspect`: a look inside trained networks, of every replicate."""

from typing import TYPE_CHECKING, Any

from revisit import device, paths
from revisit.analyses import replicates
from revisit.analyses.findings import Files
from revisit.analyses.inspect import summary
from revisit.analyses.inspect.view import View
from revisit.analyses.trained import check_data
from revisit.data import arrays
from revisit.models import registry

if TYPE_CHECKING:
    from revisit.analyses.inspect.settings import Settings

REMEDY = "use fewer images (analyses.inspect in params.yaml), or set `device: cpu`"


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """The summaries of all replicates, see `summary.look`; the tables and arrays are of replicate 0.

    Raises:
        ConfigError: settings that do not suit the network.
        ArtifactError: what training left is missing or damaged, or was trained on other data.
    """
    data = arrays.load(paths.prepared(settings["dataset"]))
    place = device.choose(settings["device"])
    summaries = []
    found: dict[str, Any] = {}
    for number, trained in enumerate(registry.replicates(paths.model(name))):
        network, info = registry.load(trained, place)
        check_data(info, data.sha256)
        view = View.of(network, info, data, settings, place, trained)
        title = f"looking inside {name}, replicate {number}" if number else f"looking inside {name}"
        with device.deterministic(), device.memory_errors(place, REMEDY):
            told, written = summary.look(view, settings, title, snapshots=number == 0)
        summaries.append(told)
        found = found or written
    return replicates.summary(summaries), found
