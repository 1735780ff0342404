rule extract:
    input:
        unpack(
            needs(
                "extract@{experiment}",
                records="results/config",
                model="results/models/{experiment}",
            )
        ),
    output:
        directory("results/features/{experiment}"),
    log:
        "logs/extract/{experiment}.log",
    benchmark:
        "benchmarks/results/extract/{experiment}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    resources:
        gpu=GPU,
    shell:
        "dvc --wait-for-lock repro -s extract@{wildcards.experiment} > {log} 2>&1"


rule evaluate:
    input:
        unpack(
            needs(
                "evaluate@{experiment}",
                records="results/config",
                model="results/models/{experiment}",
            )
        ),
    output:
        tables=directory("results/findings/{experiment}/evaluate"),
        metrics="results/findings/{experiment}/evaluate.json",
    log:
        "logs/evaluate/{experiment}.log",
    benchmark:
        "benchmarks/results/evaluate/{experiment}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s evaluate@{wildcards.experiment} > {log} 2>&1"


rule inspect:
    input:
        unpack(
            needs(
                "inspect@{experiment}",
                records="results/config",
                model="results/models/{experiment}",
            )
        ),
    output:
        tables=directory("results/findings/{experiment}/inspect"),
        metrics="results/findings/{experiment}/inspect.json",
    log:
        "logs/inspect/{experiment}.log",
    benchmark:
        "benchmarks/results/inspect/{experiment}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    resources:
        gpu=GPU,
    shell:
        "dvc --wait-for-lock repro -s inspect@{wildcards.experiment} > {log} 2>&1"


rule probe:
    input:
        unpack(
            needs(
                "probe@{experiment}",
                records="results/config",
                features="results/features/{experiment}",
            )
        ),
    output:
        tables=directory("results/findings/{experiment}/probe"),
        metrics="results/findings/{experiment}/probe.json",
    log:
        "logs/probe/{experiment}.log",
    benchmark:
        "benchmarks/results/probe/{experiment}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s probe@{wildcards.experiment} > {log} 2>&1"


rule embed:
    input:
        unpack(
            needs(
                "embed@{experiment}",
                records="results/config",
                features="results/features/{experiment}",
            )
        ),
    output:
        tables=directory("results/findings/{experiment}/embed"),
        metrics="results/findings/{experiment}/embed.json",
    log:
        "logs/embed/{experiment}.log",
    benchmark:
        "benchmarks/results/embed/{experiment}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s embed@{wildcards.experiment} > {log} 2>&1"


rule neighbours:
    input:
        unpack(
            needs(
                "neighbours@{experiment}",
                records="results/config",
                features="results/features/{experiment}",
            )
        ),
    output:
        tables=directory("results/findings/{experiment}/neighbours"),
        metrics="results/findings/{experiment}/neighbours.json",
    log:
        "logs/neighbours/{experiment}.log",
    benchmark:
        "benchmarks/results/neighbours/{experiment}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s neighbours@{wildcards.experiment} > {log} 2>&1"
