"""Objects on the device: what a crop and a mirror leave of boxes, masks and proposals."""

import numpy as np
import pytest
import torch

from boxed import write_data
from revisit import paths
from revisit.data import arrays
from revisit.data.objects import Objects
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError
from revisit.training.batches import Augmentation, BatchLoader, Images
from revisit.training.objects import ObjectsOnDevice
from revisit.training.plan import Common, Plan
from revisit.training.run import Run, splits

CPU = torch.device("cpu")
SIZE = (8, 10)  # height and width


def painted(count=20, seed=0):
    """Images whose pixels are the numbers of their objects, rectangles that do not overlap, and these objects."""
    random = np.random.default_rng(seed)
    boxes, kinds, flags, offsets = [], [], [], [0]
    masks = np.zeros((count, *SIZE), np.uint8)
    for mask in masks:
        for number in range(1, random.integers(0, 3) + 1):
            left, top = (number - 1) * 5, random.integers(0, 6)
            right, bottom = left + random.integers(1, 5), top + random.integers(1, 3)
            mask[top:bottom, left:right] = number
            boxes.append([left, top, right, bottom])
            kinds.append(random.integers(0, 4))
            flags.append([random.random() < 0.2, False])
        offsets.append(len(boxes))
    proposals = random.uniform(0, 8, (count, 3, 2)).astype(np.float32)
    return Objects(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(kinds, np.int64),
        np.array(flags, bool).reshape(-1, 2),
        np.array(offsets),
        masks,
        np.concatenate([proposals, np.minimum(proposals + 2, [10, 8])], -1, dtype=np.float32),
    )


@pytest.fixture
def loader():
    found = painted()
    images = Images(found.masks[..., None], np.zeros((20, 4), np.int8), CPU, objects=ObjectsOnDevice(found, SIZE, CPU))
    return BatchLoader(images, Preprocessing([0.0], [1.0], CPU, 6), 6, True, 3)


def extent(mask, number):
    rows, columns = np.nonzero(mask == number)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] if len(rows) else [0, 0, 0, 0]


def test_boxes_and_masks_go_where_the_pixels_go(loader):
    found, index = painted(), torch.arange(20)
    for step in range(1, 6):
        seen = loader.augmentation(step, 20)
        pixels = loader.training(index, seen)[..., 0].numpy()
        objects, kinds, _ = loader.objects(index, seen)
        np.testing.assert_array_equal(objects.masks.numpy(), pixels)
        for row in range(20):
            own = found.rows(row)
            count = own.stop - own.start
            assert kinds[row].tolist() == found.kinds[own].tolist() + [-1] * (kinds.shape[1] - count)
            for k in range(count):
                wanted = extent(pixels[row], k + 1)
                assert objects.boxes[row, k].tolist() == wanted
                whole = found.boxes[own][k]
                share = (wanted[2] - wanted[0]) * (wanted[3] - wanted[1]) / np.prod(whole[2:] - whole[:2])
                learnt = not found.difficult[own][k] and share >= 0.3
                assert objects.kinds[row, k] == (found.kinds[own][k] if learnt else -1)


def test_evaluation_sees_the_middle(loader):
    index = torch.tensor([3, 7])
    objects, _, proposals = loader.evaluation_objects(index)
    np.testing.assert_array_equal(objects.masks.numpy(), loader.evaluation(index)[..., 0].numpy())
    whole = painted().proposals[[3, 7]]
    shifted = np.clip(whole - np.array([2, 1, 2, 1], np.float32), 0, 6)
    empty = ((shifted[..., 2:] - shifted[..., :2]) <= 0).any(-1)
    shifted[empty] = 0
    np.testing.assert_allclose(proposals.numpy(), shifted, atol=1e-6)


def test_proposals_are_mirrored(loader):
    index, corners = torch.tensor([3]), np.array([[1, 2]])
    plain = loader.objects(index, Augmentation(corners, np.array([False]))).proposals
    turned = loader.objects(index, Augmentation(corners, np.array([True]))).proposals
    left, top, right, bottom = turned.unbind(-1)
    again = torch.stack([6 - right, top, 6 - left, bottom], -1)
    real = plain.abs().sum(-1) > 0
    np.testing.assert_allclose(again[real], plain[real], atol=1e-6)


def test_without_objects_there_is_one_message():
    images = Images(np.zeros((2, 4, 4, 1), np.uint8), np.zeros((2, 3), np.int8), CPU)
    loader = BatchLoader(images, Preprocessing([0.0], [1.0], CPU), None, False, 0)
    with pytest.raises(ConfigError, match="was prepared without"):
        loader.evaluation_objects(torch.tensor([0]))


def test_images_without_any_object():
    none = Objects(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros((0, 2), bool), np.zeros(4, np.int64))
    seen = ObjectsOnDevice(none, SIZE, CPU).seen(torch.tensor([0, 2]), None, None, SIZE)
    assert seen.objects.boxes.shape == (2, 1, 4)
    assert seen.kinds.tolist() == [[-1], [-1]]
    assert (seen.objects.masks, seen.proposals) == (None, None)


@pytest.mark.parametrize(
    ("model", "task", "proposals", "message"),
    [
        ("fast_rcnn", "detection", 0, "regions that are proposed to it: name an entry of `proposals:`"),
        ("localiser", "detection", 4, "localiser does not fit the objective detection, .* choose a detector"),
        ("localiser", "detection", 0, "localiser does not fit the objective detection, .* choose a detector"),
        ("yolo", "segmentation", 4, "yolo does not fit the objective segmentation, .* choose fcn"),
    ],
)
def test_a_network_of_another_task_is_refused(model, task, proposals, message, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_data(8, proposals=proposals)
    known = arrays.load(paths.prepared("boxed"))
    own = protocol | {"model": model, "network": {"backbone_width": 0.125, "hidden": 8}, "batch_size": 4, "read_at": []}
    own |= {"objective": protocol["objective"] | {"name": task}}
    plan = Plan(Common(known, None, None, "rgb", None, None, {}, CPU), own, "base", 0, False, tmp_path / "run", "a")
    with pytest.raises(ConfigError, match=message):
        Run(plan, splits(known, CPU))
