rule train:
    input:
        unpack(needs("train@{experiment}", data=prepared_data(NOW.params.experiments))),
    output:
        model=directory("results/models/{experiment}"),
        metrics="results/findings/{experiment}/train.json",
        history="results/findings/{experiment}/history.csv",
        evaluations="results/findings/{experiment}/evaluations.csv",
        runs=directory("results/findings/{experiment}/runs"),
    log:
        "logs/train/{experiment}.log",
    benchmark:
        "benchmarks/results/train/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(NOW.params.experiments),
    conda:
        "../envs/revisit.yml"
    threads: cores_for(NOW.params.experiments)
    resources:
        gpu=GPU,
        runtime=minutes("train", cores_for(NOW.params.experiments)),
        mem_mb=megabytes("train", cores_for(NOW.params.experiments)),
    params:
        stage="train@{experiment}",
    shell:
        f"{CORES}={{threads}} dvc --wait-for-lock repro -s {{params.stage}} > {{log}} 2>&1"


use rule train as finetune with:
    input:
        unpack(
            needs(
                "finetune@{experiment}",
                data=prepared_data(NOW.params.finetunings),
                weights=model_of(NOW.params.finetunings, "weights"),
            )
        ),
    output:
        model=directory("results/models/{experiment}"),
        metrics="results/findings/{experiment}/train.json",
        history="results/findings/{experiment}/history.csv",
        evaluations="results/findings/{experiment}/evaluations.csv",
        runs=directory("results/findings/{experiment}/runs"),
    log:
        "logs/finetune/{experiment}.log",
    benchmark:
        "benchmarks/results/finetune/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(NOW.params.finetunings),
    threads: cores_for(NOW.params.finetunings)
    resources:
        gpu=GPU,
        runtime=minutes("finetune", cores_for(NOW.params.finetunings)),
        mem_mb=megabytes("finetune", cores_for(NOW.params.finetunings)),
    params:
        stage="finetune@{experiment}",


rule graft:
    input:
        unpack(
            needs(
                "graft@{experiment}",
                trunk=model_of(NOW.params.grafts, "trunk"),
                head=model_of(NOW.params.grafts, "head"),
            )
        ),
    output:
        model=directory("results/models/{experiment}"),
    log:
        "logs/graft/{experiment}.log",
    benchmark:
        "benchmarks/results/graft/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(NOW.params.grafts),
    conda:
        "../envs/revisit.yml"
    threads: 1
    params:
        stage="graft@{experiment}",
    shell:
        "dvc --wait-for-lock repro -s {params.stage} > {log} 2>&1"


use rule graft as pretrain with:
    input:
        unpack(
            needs("pretrain@{experiment}", data=prepared_data(NOW.params.pretrained))
        ),
    output:
        model=directory("results/models/{experiment}"),
    log:
        "logs/pretrain/{experiment}.log",
    benchmark:
        "benchmarks/results/pretrain/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(NOW.params.pretrained),
    resources:
        gpu=GPU,
        runtime=minutes("pretrain"),
        mem_mb=megabytes("pretrain"),
    params:
        stage="pretrain@{experiment}",
