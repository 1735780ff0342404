rule configure:
    input:
        unpack(
            needs(
                "configure",
                params="params.yaml",
                code="workflow",
                reference="reference",
            )
        ),
    output:
        directory("results/config"),
    log:
        "logs/configure.log",
    benchmark:
        "benchmarks/results/configure.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s configure > {log} 2>&1"


rule fetch:
    input:
        unpack(needs("fetch@{raw}")),
    output:
        directory("data/raw/{raw}"),
    log:
        "logs/fetch/{raw}.log",
    benchmark:
        "benchmarks/results/fetch/{raw}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s fetch@{wildcards.raw} > {log} 2>&1"


rule prepare:
    input:
        unpack(
            needs(
                "prepare@{dataset}",
                raw=raw_files,
            )
        ),
    output:
        directory("data/prepared/{dataset}"),
    log:
        "logs/prepare/{dataset}.log",
    benchmark:
        "benchmarks/results/prepare/{dataset}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    shell:
        "dvc --wait-for-lock repro -s prepare@{wildcards.dataset} > {log} 2>&1"
