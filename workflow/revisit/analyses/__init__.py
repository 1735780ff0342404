"""What is computed from a trained network, one folder per kind of analysis; what kinds share lies beside the folders.

A folder has, and nothing else has to know of it but its stage in dvc.yaml and its rule in workflow/rules:

    settings.py    `KIND`, a `revisit.analyses.kinds.Kind`: what `params.yaml` may say and how it is checked
    compute.py     `analyse(name, settings) -> (summary, files)`: the stage; see `revisit.analyses.findings`
    tables.py      the tables that it writes and the report reads, each a `revisit.analyses.tables.Table`
    panel.py       `PANELS`: its sections of the report, each a `revisit.report.panel.Panel`

`extract` makes features for other kinds: it has a script of its own, no tables and no panels. `inspect` has looks, each
in a folder of `inspect/looks` with the same parts: `LOOK` in its settings.py, and look.py with `look(view, settings)`.
"""
