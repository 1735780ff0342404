"""Stage `evaluate`: the scores that trained networks give the test set, of every replicate."""

from typing import TYPE_CHECKING, Any

from revisit import paths
from revisit.analyses import replicates
from revisit.analyses.evaluate import scores, usual
from revisit.analyses.evaluate.tables import CONFUSION, PER_CLASS, ROC
from revisit.analyses.findings import Files
from revisit.models import registry

if TYPE_CHECKING:
    from revisit.analyses.evaluate.settings import Settings


def analyse(name: str, settings: "Settings") -> tuple[dict[str, Any], Files]:
    """The summaries of all replicates, see `scores.evaluate`; the tables are of replicate 0.

    Args:
        name: the experiment.
        settings: `top_k`, `bootstrap` and `seed`; of `top_k` None stands for `usual.top_k`.

    Raises:
        ConfigError: a k is larger than the number of classes.
        ArtifactError: what training left is missing or damaged.
    """
    predictions = [scores.load(folder) for folder in registry.replicates(paths.model(name))]
    top_k = usual.top_k(len(predictions[0][2])) if settings["top_k"] is None else settings["top_k"]
    asked = top_k, settings["bootstrap"], settings["seed"]
    found = [scores.evaluate(*predicted, *asked) for predicted in predictions]
    _, per_class, confusion, curves = found[0]
    classes = predictions[0][2]
    roc = {
        "class": [curve for curve, (x, _) in curves.items() for _ in x],
        "false_positive_rate": [value for x, _ in curves.values() for value in x],
        "true_positive_rate": [value for _, y in curves.values() for value in y],
    }
    tables = {PER_CLASS.file: PER_CLASS.frame(per_class), ROC.file: ROC.frame(roc)}
    if confusion is not None:
        cells = {
            "actual": [actual for actual in classes for _ in classes],
            "predicted": classes * len(classes),
            "count": confusion.ravel(),
        }
        tables[CONFUSION.file] = CONFUSION.frame(cells)
    return replicates.summary([summary for summary, *_ in found]), tables
