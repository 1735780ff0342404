"""The looks that `params.yaml` may ask for, by their keys in `analyses.inspect`."""

from revisit.analysis.inside import correspondence, deconvnet, evolution, filters, invariance, occlusion, strongest

PARTS = {
    "filters": filters.look,
    "strongest": strongest.look,
    "deconvnet": deconvnet.look,
    "evolution": evolution.look,
    "invariance": invariance.look,
    "occlusion": occlusion.look,
    "correspondence": correspondence.look,
}
FOLLOWING = ("filters", "evolution")  # they need the snapshots of the training
