"""The loss of YOLO, against equation 3 written as loops."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from revisit.models.parts import yolo_loss
from revisit.objects.batch import Objects

HEIGHT, WIDTH = 60, 80


def overlap(a, b):
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(wide, 0) * max(high, 0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def plain(predicted, kinds, objects, grid):
    """The four terms, one image, object and box after the other."""
    terms = dict.fromkeys(("coordinates", "confidence", "background", "classes"), 0.0)
    for boxes, said, truths, labels in zip(
        predicted, kinds, objects.boxes.tolist(), objects.kinds.tolist(), strict=True
    ):
        owner, silent = {}, set()
        for number, (truth, label) in enumerate(zip(truths, labels, strict=True)):
            x, y = (truth[0] + truth[2]) / 2 / WIDTH * grid, (truth[1] + truth[3]) / 2 / HEIGHT * grid
            cell = min(int(y), grid - 1) * grid + min(int(x), grid - 1)
            if label >= 0:
                owner.setdefault(cell, number)
            elif truth[2] > truth[0]:
                silent.add(cell)
        for cell in range(grid**2):
            row, column = divmod(cell, grid)
            responsible = None
            if cell in owner:
                truth, label = truths[owner[cell]], labels[owner[cell]]
                relative = [truth[0] / WIDTH, truth[1] / HEIGHT, truth[2] / WIDTH, truth[3] / HEIGHT]
                shares = []
                for x, y, w, h, _ in boxes[cell].tolist():
                    cx, cy = (x + column) / grid, (y + row) / grid
                    shares.append(overlap([cx - w * w / 2, cy - h * h / 2, cx + w * w / 2, cy + h * h / 2], relative))
                responsible = max(range(len(shares)), key=lambda b: shares[b])
                x, y, w, h, confidence = boxes[cell, responsible].tolist()
                wanted_x = (relative[0] + relative[2]) / 2 * grid - column
                wanted_y = (relative[1] + relative[3]) / 2 * grid - row
                sides = math.sqrt(relative[2] - relative[0]), math.sqrt(relative[3] - relative[1])
                terms["coordinates"] += 5 * ((x - wanted_x) ** 2 + (y - wanted_y) ** 2)
                terms["coordinates"] += 5 * ((w - sides[0]) ** 2 + (h - sides[1]) ** 2)
                terms["confidence"] += (confidence - shares[responsible]) ** 2
                terms["classes"] += sum((p - (k == label)) ** 2 for k, p in enumerate(said[cell].tolist()))
            for number in range(boxes.shape[1]):
                if number != responsible and cell not in silent:
                    terms["background"] += 0.5 * boxes[cell, number, 4].item() ** 2
    return {name: value / len(predicted) for name, value in terms.items()}


def drawn(seed, images, grid, boxes, classes, objects):
    generator = torch.Generator().manual_seed(seed)
    predicted = torch.rand(images, grid**2, boxes, 5, generator=generator) * 0.9 + 0.1
    kinds = torch.rand(images, grid**2, classes, generator=generator)
    low = torch.rand(images, objects, 2, generator=generator) * 40
    truths = torch.cat([low, low + 2 + torch.rand(images, objects, 2, generator=generator) * 18], -1)
    labels = torch.randint(-1, classes, (images, objects), generator=generator)
    padded = torch.rand(images, objects, generator=generator) < 0.2
    labels[padded] = -1
    truths[padded] = 0
    return predicted, kinds, Objects(truths, labels, None)


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), grid=st.integers(1, 4), boxes=st.integers(1, 3), objects=st.integers(1, 5))
def test_the_terms_are_those_of_loops(seed, grid, boxes, objects):
    predicted, kinds, truth = drawn(seed, 2, grid, boxes, 3, objects)
    found = yolo_loss.losses(predicted, kinds, truth, grid, HEIGHT, WIDTH)
    expected = plain(predicted, kinds, truth, grid)
    assert {name: term.item() for name, term in found.items()} == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_perfect_prediction_costs_nothing():
    truth = Objects(torch.tensor([[[20.0, 12, 60, 36]]]), torch.tensor([[1]]), None)
    predicted, kinds = torch.zeros(1, 4, 2, 5), torch.zeros(1, 4, 3)
    # centre (40, 24) of 80 x 60 with 2 x 2 cells: (1.0, 0.8) cells, so in column 1 and row 0
    predicted[0, 1, 1] = torch.tensor([0.0, 0.8, math.sqrt(0.5), math.sqrt(0.4), 1.0])
    kinds[0, 1, 1] = 1
    terms = yolo_loss.losses(predicted, kinds, truth, 2, HEIGHT, WIDTH)
    assert sum(terms.values()).item() == pytest.approx(0, abs=1e-9)


def test_the_overlap_that_confidence_should_reach_has_no_gradient():
    predicted, kinds, truth = drawn(3, 1, 2, 2, 3, 2)
    predicted.requires_grad_()
    terms = yolo_loss.losses(predicted, kinds, truth, 2, HEIGHT, WIDTH)
    gradient = torch.autograd.grad(terms["confidence"], predicted)[0]
    assert gradient[..., 4].any()
    assert not gradient[..., :4].any()
