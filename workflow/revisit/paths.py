"""Where every artifact lies, relative to the repository root. The only place that knows."""

from pathlib import Path

CONFIG = Path("results/config")
FINDINGS = Path("results/findings")
COLLECTED = Path("results/collected")
STUDIES = Path("results/studies")
REPORT = Path("results/report")
ASIDE = Path("results/aside")  # findings that no stage asks for, and no cache has
WORKFLOW = Path("workflow")  # the code
ARTIFACTS = (Path("data"), Path("results"))  # what holds all that the pipeline makes
REFERENCE = Path("reference")  # results of the published protocols, in git
WORK = Path(".work")  # resume states: outlive the outputs that DVC removes before it runs a stage


def config(stage: str, name: str | None = None) -> Path:
    """The resolved settings of one stage: `results/config/<stage>[/<name>].json`."""
    return CONFIG / f"{stage}/{name}.json" if name else CONFIG / f"{stage}.json"


def raw(dataset: str) -> Path:
    """The files of a data set as published, or as drawn in the published format."""
    return Path("data/raw") / dataset


def prepared(dataset: str) -> Path:
    """Memory-mappable arrays of a data set."""
    return Path("data/prepared") / dataset


def model(experiment: str) -> Path:
    """What training leaves: weights, test scores, snapshots, TensorBoard events."""
    return Path("results/models") / experiment


def features(experiment: str) -> Path:
    """Activations of chosen layers, with labels and thumbnails."""
    return Path("results/features") / experiment


def findings(experiment: str, name: str) -> Path:
    """A small result of one experiment: a metrics file, a table or a folder of tables."""
    return FINDINGS / experiment / name


def collected(study: str) -> Path:
    """The findings of all experiments of one study."""
    return COLLECTED / study


def study(study: str) -> Path:
    """Tables, figures and verdicts of one study."""
    return STUDIES / study


def resume(experiment: str) -> Path:
    """The state from which a killed training goes on."""
    return WORK / "train" / experiment
