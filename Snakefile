# When and where each stage runs. How it is made stands in dvc.yaml, what is run in params.yaml.
from snakemake.utils import min_version

min_version("9.0")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    configure,
    collect,


rule all:
    default_target: True
    input:
        "results/report",
