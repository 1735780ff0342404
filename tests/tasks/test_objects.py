"""The tasks of objects: localisation, detection and segmentation, against plain loops."""

import numpy as np
import pytest
import torch
from torch import nn

from revisit.data.objects import Objects
from revisit.data.tensors import Preprocessing
from revisit.errors import ConfigError
from revisit.objects.batch import Detections
from revisit.tasks import registry
from revisit.training.batches import Augmentation, BatchLoader, Images
from revisit.training.criterion import Criterion
from revisit.training.objects import ObjectsOnDevice
from revisit.training.samplers import Draw

CPU = torch.device("cpu")
SETTINGS = {"loss": None, "margin": 1.0, "sampler": "random", "similar": 0.5, "pool": 1.0, "test_pairs": "random"}
SETTINGS |= {"auxiliary": 0.3}
# Three images of 10 x 10 pixels and three classes: a small cat and a large dog; a difficult cow; a cow.
BOXES = [[0, 0, 2, 2], [3, 3, 9, 9], [0, 0, 5, 5], [1, 2, 5, 6]]
KINDS = [0, 1, 2, 2]


@pytest.fixture
def loader():
    masks = np.zeros((3, 10, 10), np.uint8)
    for image, number, (x0, y0, x1, y1) in zip([0, 0, 1, 2], [1, 2, 1, 1], BOXES, strict=True):
        masks[image, y0:y1, x0:x1] = number
    masks[2, 0] = 255
    difficult = np.array([[False, False], [False, False], [True, False], [False, True]])
    found = Objects(np.array(BOXES, np.float32), np.array(KINDS), difficult, np.array([0, 2, 3, 4]), masks)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 10, 10, 1), dtype=np.uint8)
    images = Images(pixels, np.zeros((3, 3), np.int8), CPU, objects=ObjectsOnDevice(found, (10, 10), CPU))
    return BatchLoader(images, Preprocessing([0.0], [1.0], CPU), None, False, 0)


def task(name):
    return registry.build(SETTINGS | {"name": name}, "multi", "things", "masks")


def targets(made, loader):
    index = torch.arange(3)
    return made.targets(loader, Draw(index), Augmentation(None, None), loader.evaluation(index))


class Says(nn.Module):
    """A network that says the same of every image, or what it is given for each."""

    def __init__(self, answers):
        super().__init__()
        self.answers, self.at = answers, 0

    def forward(self, inputs, *more):
        rows = self.answers[self.at : self.at + len(inputs)]
        self.at += len(inputs)
        return rows


def test_localisation_learns_the_largest_object(loader):
    kinds, boxes = targets(task("localisation"), loader)
    assert kinds.tolist() == [1, -1, 2]
    np.testing.assert_allclose(boxes[[0, 2]], [[0.3, 0.3, 0.9, 0.9], [0.1, 0.2, 0.5, 0.6]], atol=1e-6)


def test_localisation_loss_is_the_mean_over_images_with_an_object(loader):
    made, output = task("localisation"), torch.randn(3, 7, generator=torch.manual_seed(1))
    kinds, boxes = targets(made, loader)
    wanted = 0.0
    for row in (0, 2):
        wanted += -output[row, :3].log_softmax(0)[kinds[row]].item()
        for a, b in zip(output[row, 3:].tolist(), boxes[row].tolist(), strict=True):
            far = abs(a - b)
            wanted += 10 / 4 * (far * far / 0.2 if far < 0.1 else far - 0.05)
    assert made.loss(output, kinds, boxes).item() == pytest.approx(wanted / 2, rel=1e-5)
    assert made.loss(output, torch.full((3,), -1), boxes).item() == 0


def test_localisation_counts_class_and_box(loader):
    answers = torch.zeros(3, 7)
    answers[0] = torch.tensor([0, 9, 0, 0.3, 0.3, 0.9, 0.9])  # both right
    answers[2] = torch.tensor([9, 0, 0, 0.1, 0.2, 0.5, 0.6])  # the box alone
    found = task("localisation").evaluate(Says(answers), loader, torch.arange(3), 2)
    assert (found.metric, found.beside) == (0.5, (0.5, 1.0, 0.0))


def test_localisation_with_the_mean_box_of_all_images(loader):
    """Images 0 alone: the mean box is its own. With image 2 the mean of both overlaps neither by half."""
    answers = torch.zeros(1, 7)
    answers[0, 1] = 9  # the right class, no box
    for rows, share in ((torch.arange(1), 1.0), (torch.tensor([0, 2]), 0.0)):
        found = task("localisation").evaluate(Says(answers.repeat(len(rows), 1)), loader, rows, 2)
        assert (found.metric, found.beside[-1]) == (0.0, share)
    wrong = task("localisation").evaluate(Says(-answers), loader, torch.arange(1), 2)
    assert wrong.beside[-1] == 0


def test_segmentation_classes_are_those_of_the_objects(loader):
    (maps,) = targets(task("segmentation"), loader)
    assert maps.dtype == torch.int64
    assert maps[0, 1, 1] == 1
    assert maps[0, 5, 5] == 2
    assert maps[1, 2, 2] == 3  # difficult, yet a cow
    assert (maps[2, 0] == 255).all()
    assert maps[2, 9, 9] == 0


def test_segmentation_leaves_void_out(loader):
    made, output = task("segmentation"), torch.randn(3, 4, 10, 10, generator=torch.manual_seed(2))
    (maps,) = targets(made, loader)
    logs = output.log_softmax(1)
    terms = [-logs[b, maps[b, y, x], y, x].item() for b, y, x in (maps != 255).nonzero().tolist()]
    assert made.loss(output, maps).item() == pytest.approx(np.mean(terms), rel=1e-5)
    found = made.evaluate(Says(output), loader, torch.arange(3), 2)
    assert found.loss == pytest.approx(np.mean(terms), rel=1e-5)
    shares = []
    for k in range(4):
        own, said = (maps == k), (output.argmax(1) == k) & (maps != 255)
        shares.append(((own & said).sum() / (own | said).sum()).item())
    assert found.metric == pytest.approx(np.mean(shares))
    right = (output.argmax(1) == maps) & (maps != 255)
    assert found.beside == pytest.approx([(right.sum() / (maps != 255).sum()).item()])


class Detector(nn.Module):
    """Finds the dog, the difficult cow and something else; its loss is the number of objects to be learnt."""

    def __init__(self):
        super().__init__()
        self.inside = nn.Dropout(0.5)
        self.modes = []

    def forward(self, inputs, proposals=None, objects=None):
        self.modes.append((self.training, self.inside.training))
        if self.training:
            return {"objects": (objects.kinds >= 0).float().sum(), "images": torch.tensor(float(len(inputs)))}
        boxes = torch.zeros(len(inputs), 2, 4)
        boxes[:, 0], boxes[:, 1] = torch.tensor([3.0, 3, 9, 9]), torch.tensor([0.0, 0, 5, 5])
        kinds = torch.tensor([[1, 2]]).repeat(len(inputs), 1)
        return Detections(boxes, torch.tensor([[0.9, 0.8]]).repeat(len(inputs), 1), kinds)


def test_detection_passes_objects_to_the_detector(loader):
    made, network = task("detection"), Detector()
    criterion = Criterion(network, made, False, CPU)
    index = torch.arange(3)
    inputs = loader.preprocessing(loader.evaluation(index))
    (loss,) = criterion.measure(inputs, *targets(made, loader))
    assert loss.item() == 3 + 3


def test_detection_is_measured_by_average_precision(loader):
    made, network = task("detection"), Detector().eval()
    state = torch.get_rng_state()
    found = made.evaluate(Criterion(network, made, False, CPU), loader, torch.arange(3), 2)
    # Cats: none found, 0. Dogs: found first, then two that are none: 1. Cows: one that is difficult, one missed: 0.
    assert found.metric == pytest.approx(1 / 3)
    assert found.loss == pytest.approx((2 * (2 + 2) + (1 + 1)) / 3)
    assert set(network.modes) == {(True, False), (False, False)}  # layers stay as in evaluation
    assert not network.training
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("name", "needed"), [("localisation", "boxes"), ("detection", "boxes"), ("segmentation", "masks")]
)
def test_data_without_objects_are_refused(name, needed):
    with pytest.raises(ConfigError, match=f"needs {needed} of the objects in the images, but things was prepared"):
        registry.build(SETTINGS | {"name": name}, "multi", "things")


def test_boxes_are_no_masks():
    with pytest.raises(ConfigError, match=r"prepared with boxes alone; set `objects: masks`"):
        registry.build(SETTINGS | {"name": "segmentation"}, "multi", "things", "boxes")
    assert registry.fitting("multi", "boxes") == ["detection", "localisation", "multilabel", "reconstruction"]


@pytest.mark.parametrize(
    ("name", "words"), [("localisation", "localiser"), ("detection", "detector"), ("segmentation", "fcn")]
)
def test_other_networks_are_named(name, words):
    assert words in task(name).fits((3,), (1, 10, 10), 3)


def test_networks_of_the_task_fit():
    assert task("localisation").fits((7,), (1, 10, 10), 3) is None
    assert task("segmentation").fits((4, 10, 10), (1, 10, 10), 3) is None
    assert task("detection").fits(None, (1, 10, 10), 3) is None
    assert "classifier" in task("multilabel").fits(None, (1, 10, 10), 3)
