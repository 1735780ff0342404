"""Pairs of images, without PyTorch."""

from revisit.tasks.facts import Facts, Setting

FACTS = Facts(
    description="a contrastive loss",
    labels="single",
    losses=("contrastive_1", "contrastive_2"),
    settings={
        "margin": Setting(1.0, "margin of a contrastive loss", limits={"gt": 0, "le": 1000}),
        "sampler": Setting(
            "anchor",
            "pairs: one anchor image per minibatch against others, or random pairs",
            choices=("anchor", "random"),
        ),
        "similar": Setting(0.2, "pairs: share of similar ones", limits={"gt": 0, "lt": 1}),
        "pool": Setting(
            1.0, "pairs: share of the training images, the first ones, to draw from", limits={"gt": 0, "le": 1}
        ),
        "test_pairs": Setting(
            "random",
            "pairs: how those are drawn that the losses of evaluations are of",
            choices=("anchor", "random"),
        ),
    },
    samplings=("epoch",),  # pairs are drawn at every step anyway
    beside=("loss_anchor", "loss_random"),
)
