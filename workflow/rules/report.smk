rule collect:
    input:
        unpack(
            needs(
                "collect",
                findings=lambda wildcards: NOW.findings,
            )
        ),
    output:
        [directory(f"results/collected/{study}") for study in NOW.params.studies],
    log:
        "logs/collect.log",
    benchmark:
        "benchmarks/results/collect.tsv"
    retries: 0  # on a cluster, too: it runs on the head
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s collect > {log} 2>&1"


rule study:
    input:
        unpack(
            needs(
                "study@{study}",
                findings="results/collected/{study}",
            )
        ),
    output:
        report(
            directory("results/studies/{study}"),
            patterns=["figures/{figure}.svg", "figures/{figure}.webp"],
            caption="../report/figure.rst",
            category="{study}",
            labels={"figure": "{figure}"},
        ),
    log:
        "logs/study/{study}.log",
    benchmark:
        "benchmarks/results/study/{study}.tsv"
    retries: 0  # on a cluster, too: it runs on the head
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s study@{wildcards.study} > {log} 2>&1"


rule report:
    input:
        unpack(
            needs(
                "report",
                studies=lambda wildcards: [
                    f"results/studies/{study}" for study in NOW.params.studies
                ],
            )
        ),
    output:
        report(
            directory("results/report"),
            patterns=["{page}.html"],
            caption="../report/report.rst",
            category="report",
            labels={"page": "{page}"},
        ),
    log:
        "logs/report.log",
    benchmark:
        "benchmarks/results/report.tsv"
    retries: 0  # on a cluster, too: it runs on the head
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s report > {log} 2>&1"
