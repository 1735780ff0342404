# When and where each stage runs. How it is made stands in dvc.yaml, what is run in params.yaml.
from snakemake.utils import min_version

min_version("9.0")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/report.smk"


onstart:
    NOW.submit() if workflow.non_local_exec else NOW.prepare_forks(len(stale()))


onsuccess:
    NOW.end()


onerror:
    NOW.end()


# On a cluster these run on the head: they take seconds, less than a place in the queue.
localrules:
    all,
    configure,
    collect,
    study,
    report,


rule all:
    default_target: True
    input:
        "results/report",
