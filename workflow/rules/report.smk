def all_findings(wildcards):
    settings = resolve(PARAMS)["collect", None]["studies"]
    return [
        str(paths.findings(experiment, name))
        for study in settings.values()
        for experiment, names in study.items()
        for name in names
    ]


rule collect:
    input:
        unpack(
            needs(
                "collect", record="results/config/collect.json", findings=all_findings
            )
        ),
    output:
        [directory(str(paths.collected(study))) for study in PARAMS.studies],
    log:
        "logs/collect.log",
    benchmark:
        "benchmarks/results/collect.tsv"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s collect > {log} 2>&1"


rule study:
    input:
        unpack(
            needs(
                "study@{study}",
                record="results/config/study/{study}.json",
                findings="results/collected/{study}",
                claims="workflow/claims.yaml",
            )
        ),
    output:
        directory("results/studies/{study}"),
    log:
        "logs/study/{study}.log",
    benchmark:
        "benchmarks/results/study/{study}.tsv"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s study@{wildcards.study} > {log} 2>&1"


rule report:
    input:
        unpack(
            needs(
                "report",
                record="results/config/report.json",
                studies=lambda wildcards: [
                    str(paths.study(study)) for study in PARAMS.studies
                ],
            )
        ),
    output:
        directory("results/report"),
    log:
        "logs/report.log",
    benchmark:
        "benchmarks/results/report.tsv"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s report > {log} 2>&1"
