rule evaluate:
    input:
        unpack(needs("evaluate@{experiment}", model="results/models/{experiment}")),
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
    params:
        stage="evaluate@{experiment}",
    shell:
        "dvc --wait-for-lock repro -s {params.stage} > {log} 2>&1"


use rule evaluate as probe with:
    input:
        unpack(needs("probe@{experiment}", features="results/features/{experiment}")),
    output:
        tables=directory("results/findings/{experiment}/probe"),
        metrics="results/findings/{experiment}/probe.json",
    log:
        "logs/probe/{experiment}.log",
    benchmark:
        "benchmarks/results/probe/{experiment}.tsv"
    params:
        stage="probe@{experiment}",


use rule evaluate as embed with:
    input:
        unpack(needs("embed@{experiment}", features="results/features/{experiment}")),
    output:
        tables=directory("results/findings/{experiment}/embed"),
        metrics="results/findings/{experiment}/embed.json",
    log:
        "logs/embed/{experiment}.log",
    benchmark:
        "benchmarks/results/embed/{experiment}.tsv"
    params:
        stage="embed@{experiment}",


use rule evaluate as neighbours with:
    input:
        unpack(
            needs("neighbours@{experiment}", features="results/features/{experiment}")
        ),
    output:
        tables=directory("results/findings/{experiment}/neighbours"),
        metrics="results/findings/{experiment}/neighbours.json",
    log:
        "logs/neighbours/{experiment}.log",
    benchmark:
        "benchmarks/results/neighbours/{experiment}.tsv"
    params:
        stage="neighbours@{experiment}",


use rule evaluate as inspect with:
    input:
        unpack(needs("inspect@{experiment}", model="results/models/{experiment}")),
    output:
        tables=directory("results/findings/{experiment}/inspect"),
        metrics="results/findings/{experiment}/inspect.json",
    log:
        "logs/inspect/{experiment}.log",
    benchmark:
        "benchmarks/results/inspect/{experiment}.tsv"
    resources:
        gpu=GPU,
        runtime=minutes("inspect"),
        mem_mb=megabytes("inspect"),
    params:
        stage="inspect@{experiment}",


use rule evaluate as detect with:
    input:
        unpack(needs("detect@{experiment}", model="results/models/{experiment}")),
    output:
        tables=directory("results/findings/{experiment}/detect"),
        metrics="results/findings/{experiment}/detect.json",
    log:
        "logs/detect/{experiment}.log",
    benchmark:
        "benchmarks/results/detect/{experiment}.tsv"
    resources:
        gpu=GPU,
        runtime=minutes("detect"),
        mem_mb=megabytes("detect"),
    params:
        stage="detect@{experiment}",


use rule evaluate as segment with:
    input:
        unpack(needs("segment@{experiment}", model="results/models/{experiment}")),
    output:
        tables=directory("results/findings/{experiment}/segment"),
        metrics="results/findings/{experiment}/segment.json",
    log:
        "logs/segment/{experiment}.log",
    benchmark:
        "benchmarks/results/segment/{experiment}.tsv"
    resources:
        gpu=GPU,
        runtime=minutes("segment"),
        mem_mb=megabytes("segment"),
    params:
        stage="segment@{experiment}",


use rule evaluate as costs with:
    input:
        unpack(needs("costs@{experiment}", model="results/models/{experiment}")),
    output:
        tables=directory("results/findings/{experiment}/costs"),
        metrics="results/findings/{experiment}/costs.json",
    log:
        "logs/costs/{experiment}.log",
    benchmark:
        "benchmarks/results/costs/{experiment}.tsv"
    resources:
        runtime=minutes("costs"),
        mem_mb=megabytes("costs"),
    params:
        stage="costs@{experiment}",


use rule evaluate as code with:
    input:
        unpack(needs("code@{experiment}", model="results/models/{experiment}")),
    output:
        tables=directory("results/findings/{experiment}/code"),
        metrics="results/findings/{experiment}/code.json",
    log:
        "logs/code/{experiment}.log",
    benchmark:
        "benchmarks/results/code/{experiment}.tsv"
    resources:
        gpu=GPU,
        runtime=minutes("code"),
        mem_mb=megabytes("code"),
    params:
        stage="code@{experiment}",


use rule evaluate as photographs with:
    input:
        unpack(needs("photographs@{experiment}", model="results/models/{experiment}")),
    output:
        tables=directory("results/findings/{experiment}/photographs"),
        metrics="results/findings/{experiment}/photographs.json",
    log:
        "logs/photographs/{experiment}.log",
    benchmark:
        "benchmarks/results/photographs/{experiment}.tsv"
    params:
        stage="photographs@{experiment}",


use rule evaluate as extract with:
    input:
        unpack(needs("extract@{experiment}", model="results/models/{experiment}")),
    output:
        directory("results/features/{experiment}"),
    log:
        "logs/extract/{experiment}.log",
    benchmark:
        "benchmarks/results/extract/{experiment}.tsv"
    resources:
        gpu=GPU,
        runtime=minutes("extract"),
        mem_mb=megabytes("extract"),
    params:
        stage="extract@{experiment}",
