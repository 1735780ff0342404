"""The official file formats, known without importing their readers: the kind of labels that each one's images have."""

LABELS = {"idx": "single", "cifar": "single", "voc": "multi", "folder": "single"}  # kinds: `revisit.data.labels`
