# What the rules share: the parameters, DVC's judgement of what is stale, and inputs that carry it.
# Jobs run the stage that `params.stage` names. Patterns are taken over with everything that is not said otherwise:
# environment, threads and the command, in which stands no value of a configuration file but a name that the schema
# has checked.
import sys
from functools import cache
from pathlib import Path

if not Path("workflow/rules/common.smk").is_file():
    sys.exit(
        f"error: {Path.cwd()} is no clone of Revisit; run snakemake in the root of one, "
        "not as a module or with --directory: docs/deployment.md says why"
    )
sys.path.insert(0, str(Path("workflow").absolute()))

try:
    from revisit.params.fields import NAME
    from revisit.variables import CORES
    from revisit_engines.asking import Asking, of_rule
    from revisit_engines.judgement import MARKER, judge
except ModuleNotFoundError as error:
    sys.exit(
        f"error: the environment of this snakemake lacks {error.name}; use that of the project, "
        "by `make report` or environment.yml: docs/deployment.md"
    )

NOW = judge(
    workflow.is_main_process, workflow.output_settings.dryrun, workflow.remote_exec
)
GPU = NOW.gpu
# No number where nothing runs, as for --summary; `workflow.cores` would insist on one.
NOW.announce(workflow.resource_settings.cores)


CORES_OF_A_NODE = 8  # at most, for one job
# Minutes and MB that no job asks for more than: those of the partition, where --config says them.
ASKING = Asking(
    NOW.params,
    on_gpu=bool(GPU),
    longest=int(config.get("longest", 1440)),
    largest=int(config.get("largest", 64000)),
)


wildcard_constraints:
    raw=NAME,
    dataset=NAME,
    experiment=NAME,
    study=NAME,


@cache
def stale():
    """The stages that have to run, also those that this Snakemake was told to run again.

    What it was told it knows when it asks for inputs, but not yet while it reads this file.
    """
    told = workflow.dag_settings
    if not told or not workflow.is_main_process:
        return NOW.stale
    if told.forceall:
        return NOW.forcing(None)
    words = {*told.forcerun, *(told.targets if told.forcetargets else ())}
    return NOW.forcing(words) if words else NOW.stale


def needs(stage, **files):
    """The named inputs of `stage`, its record among them: ancient while it is fresh, with the marker when it is stale.

    A file is a pattern, or a function of the wildcards.
    """
    if stage != "configure":  # which makes the records
        files["records"] = "results/config"

    def inputs(wildcards):
        found = {
            key: file(wildcards) if callable(file) else file.format(**wildcards)
            for key, file in files.items()
        }
        if stage.format(**wildcards) in stale():
            return found | {"stale": str(MARKER)}
        return {key: ancient(file) for key, file in found.items()}

    return inputs


def one_of(names):
    """A wildcard constraint: four rules make models, two prepared data; each knows its own."""
    return "|".join(names) or "(?!)"


def raw_files(wildcards):
    return f"data/raw/{NOW.params.datasets[wildcards.dataset].raw}"


def searched_data(wildcards):
    return f"data/prepared/{NOW.params.proposals[wildcards.dataset].dataset}"


def prepared_data(section):
    """The data set of an entry of `section`, as a function of the wildcards."""
    return lambda wildcards: f"data/prepared/{section[wildcards.experiment].dataset}"


def model_of(section, key):
    """The network that an entry of `section` names at `key`, as a function of the wildcards."""
    return (
        lambda wildcards: f"results/models/{getattr(section[wildcards.experiment], key)}"
    )


def half_the_cores(wildcards):
    """At most half of them all: other jobs wait for one, too."""
    if workflow.non_local_exec or workflow.remote_exec:
        return CORES_OF_A_NODE
    return max(1, (workflow.cores or 2) // 2)


def cores_for(section):
    """A core for each run of a sweep, but at most half of them all: other jobs wait for one, too.

    One where there is a GPU, on which the runs go one after the other. Nodes of a cluster have cores of their own.
    """

    def cores(wildcards):
        training = section[wildcards.experiment]
        runs = len(training.protocols()) * training.replicates
        return 1 if GPU else min(runs, half_the_cores(wildcards))

    return cores


def minutes(kind, cores=lambda wildcards: 1):
    """What a job of a stage of this kind asks a cluster for."""
    return of_rule(ASKING, kind, "minutes", cores)


def megabytes(kind, cores=lambda wildcards: 1):
    """Likewise."""
    return of_rule(ASKING, kind, "megabytes", cores)
