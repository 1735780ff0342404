"""The table of stage `costs`."""

from revisit.analyses.tables import Table

LAYERS = Table(
    "layers.csv",
    {
        "network": str,  # the kept variant, then the others, then those beside them
        "layer": str,  # in the order in which they run; those that have or do nothing are left out
        "kind": str,  # Conv2d, BatchNorm2d, ...
        "number": int,  # of convolutions and linear layers, from 1 at the image on; 0: others, and auxiliary heads
        "parameters": int,
        "operations": int,  # multiplications and additions in evaluation, of one image
        "kept_bytes": float,  # for the backward pass, of one image
        "gradient_start": float,  # norm of the loss's gradient by the weights, before training
        "gradient_end": float,  # after it, of the kept variant
        "signal_start": float,  # norm of the loss's gradient by the outputs
        "signal_end": float,
        "update_start": float,  # a step of gradient descent over the weights, as norms
        "update_end": float,
    },
)
