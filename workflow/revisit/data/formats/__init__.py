"""Official file formats: the folder `revisit/data/formats/<format>` is the format `<format>`; nothing is registered.

A format has two modules. `facts.py` holds `FACTS`, a `revisit.data.formats.facts.Facts`: what `params.yaml` is checked
with, and what is asked of its files before they are accepted. `reader.py` has `read(folder, settings)`: the splits
"train" and "test" of a folder of official files, each a `Split`, by the settings of stage `prepare`.
"""
