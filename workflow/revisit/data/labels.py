"""The kinds of labels that the images of a data set have.

`single`: one class each, (N,) int64. `multi`: several, (N, K) int8 of 1 (present), -1 (absent) and 0 (excluded).
"""

KINDS = {"single": "one label", "multi": "several labels"}  # as in meta.json -> as readers are told
