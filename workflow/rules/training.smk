rule train:
    input:
        unpack(
            needs(
                "train@{experiment}",
                record="results/config/train/{experiment}.json",
                data=prepared_data,
            )
        ),
    output:
        model=directory("results/models/{experiment}"),
        metrics="results/findings/{experiment}/train.json",
        history="results/findings/{experiment}/history.csv",
        evaluations="results/findings/{experiment}/evaluations.csv",
    log:
        "logs/train/{experiment}.log",
    benchmark:
        "benchmarks/results/train/{experiment}.tsv"
    conda:
        "../envs/revisit.yml"
    threads: 1
    resources:
        gpu=GPU,
    shell:
        "dvc --wait-for-lock repro -s train@{wildcards.experiment} > {log} 2>&1"
