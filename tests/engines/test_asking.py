"""What jobs ask a cluster for: it grows with the work, doubles with each attempt, and stays within the limits."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from revisit import reading
from revisit.params import blocks
from revisit.params.schema import Params
from revisit_engines import work
from revisit_engines.asking import LEAST, PASSES, Asking, of_rule

ROOT = Path(__file__).parents[2]
SCALES = ("demo", "laptop", "paper")
NO_LIMIT = 10**9
AMOUNTS = ("minutes", "megabytes")


@cache
def params(scale):
    whole = reading.yaml_value(ROOT / "params.yaml")
    return Params.model_validate(blocks.applied(whole, scale) | {"scale": scale})


def jobs(params):
    """Every job that asks by its size."""
    yield from (("train", name) for name in params.experiments)
    yield from (("finetune", name) for name in params.finetunings)
    yield from (("pretrain", name) for name in params.pretrained)
    yield from ((kind, name) for kind in PASSES for name in getattr(params.analyses, kind))
    yield from (("prepare", name) for name in params.datasets)
    yield from (("propose", name) for name in params.proposals)


def asked(scale, amount, on_gpu=False, longest=NO_LIMIT, largest=NO_LIMIT, attempt=1):
    asking = Asking(params(scale), on_gpu, longest, largest)
    return {job: getattr(asking, amount)(*job, cores=8, attempt=attempt) for job in jobs(params(scale))}


@pytest.mark.parametrize("on_gpu", [False, True])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_a_job_asks_for_no_less_at_a_larger_scale(amount, on_gpu):
    smaller, larger, largest = (asked(scale, amount, on_gpu) for scale in SCALES)
    for job in smaller.keys() & larger.keys() & largest.keys():
        shortened = "prepare", "propose"  # laptop scale has images of its own choice
        assert smaller[job] <= largest[job], job
        assert larger[job] <= largest[job] or job[0] in shortened, job
    assert sum(smaller.values()) < sum(largest.values())


@pytest.mark.parametrize("scale", SCALES)
def test_a_further_attempt_asks_for_twice_as_much_within_the_limits(scale):
    limits = {"minutes": 100, "megabytes": 20_000}
    for amount, limit in limits.items():
        first, second = (asked(scale, amount, attempt=attempt) for attempt in (1, 2))
        assert second == {job: 2 * value for job, value in first.items()}
        capped = asked(scale, amount, longest=limits["minutes"], largest=limits["megabytes"], attempt=2)
        assert capped == {job: min(value, limit) for job, value in second.items()}


def test_time_covers_what_was_measured():
    """CPU seconds of trainings at laptop scale on real images (docs/scales.md), and the bounds of a night."""
    found = asked("laptop", "minutes")
    assert found["finetune", "voc_fast_rcnn"] * 60 > 219
    assert found["finetune", "voc_yolo"] * 60 > 177
    assert all(LEAST <= minutes < 8 * 60 for minutes in found.values())


def test_a_larger_batch_more_steps_and_fewer_cores_ask_for_more():
    whole = reading.yaml_value(ROOT / "params.yaml")
    name, entry = "seedlings_vgg16", whole["experiments"]["seedlings_vgg16"]

    def of(cores=8, **changed):
        changes = {"experiments": whole["experiments"] | {name: entry | changed}}
        read = Params.model_validate(blocks.applied(whole | changes, "paper") | {"scale": "paper"})
        asking = Asking(read, False, NO_LIMIT, NO_LIMIT)
        return tuple(getattr(asking, amount)("train", name, cores, 1) for amount in AMOUNTS)

    minutes, megabytes = of()
    assert of(epochs=entry["epochs"] * 2)[0] > 1.9 * minutes
    assert of(batch_size=entry["batch_size"] * 2)[1] > megabytes
    assert of(cores=1)[0] > minutes
    assert of(cores=1)[1] < megabytes


def test_a_network_that_was_not_counted_is_taken_for_the_largest_of_its_kind():
    known = work.looked_up("cifar_resnet", {"depth": 56}, 32)
    assert work.looked_up("cifar_resnet", {"depth": 57}, 32) == known
    assert work.looked_up("of_your_own", {}, 224).network.image > known.network.image
    twice = work.looked_up("cifar_resnet", {"depth": 56}, 64)
    assert twice.network.image == 4 * known.network.image
    assert twice.network.parameters == known.network.parameters


def test_a_rule_asks_for_the_stage_that_its_wildcards_name():
    asking = Asking(params("paper"), False, NO_LIMIT, NO_LIMIT)
    resource = of_rule(asking, "train", "minutes", lambda _wildcards: 2)
    assert resource(["seedlings_vgg16"], attempt=1) == asking.minutes("train", "seedlings_vgg16", 2, 1)


def test_nobody_waits_for_pytorch():
    code = "import sys; import revisit_engines.asking; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow", check=True)


@pytest.mark.parametrize(
    ("model", "network", "regions"), [("fast_rcnn", {"regions": 5}, 5), ("lenet", {}, 0), ("rcnn", {}, 64)]
)
def test_a_network_of_regions_learns_from_as_many_as_it_chooses(model, network, regions):
    assert work.learnt({"model": model, "network": network}) == regions
