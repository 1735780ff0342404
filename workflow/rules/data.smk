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
    retries: 0  # on a cluster, too: it runs on the head
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
    wildcard_constraints:
        dataset=one_of(NOW.params.datasets),
    conda:
        "../envs/revisit.yml"
    threads: 1
    resources:
        runtime=minutes("prepare"),
        mem_mb=megabytes("prepare"),
    shell:
        "dvc --wait-for-lock repro -s prepare@{wildcards.dataset} > {log} 2>&1"


rule propose:
    input:
        unpack(
            needs(
                "propose@{dataset}",
                data=searched_data,
            )
        ),
    output:
        data=directory("data/prepared/{dataset}"),
        tables=directory("results/findings/{dataset}/proposals"),
        metrics="results/findings/{dataset}/proposals.json",
    log:
        "logs/propose/{dataset}.log",
    benchmark:
        "benchmarks/results/propose/{dataset}.tsv"
    wildcard_constraints:
        dataset=one_of(NOW.params.proposals),
    conda:
        "../envs/revisit.yml"
    threads: half_the_cores
    resources:
        runtime=minutes("propose"),
        mem_mb=megabytes("propose"),
    shell:
        f"{CORES}={{threads}} dvc --wait-for-lock repro -s propose@{{wildcards.dataset}} > {{log}} 2>&1"
