"""What holds for every network: sizes, widths, names of layers, seeds."""

import inspect

import pytest
import torch

from revisit.errors import ConfigError
from revisit.models import registry
from revisit.models.output import Output

DETECTORS = ("fast_rcnn", "faster_rcnn", "rcnn", "yolo")  # these take and give objects: test_detectors.py
NAMES = [name for name in registry.available() if name not in DETECTORS]
WIDE = [name for name in NAMES if "width" in registry.arguments(name)]
IMAGES = ("autoencoder", "denoising_autoencoder", "sparse_autoencoder")  # these give images
MINIMUM = {
    "alexnet": 63,
    "caffenet": 67,
    "cifar_convnet": 4,
    "cifar_densenet": 4,
    "densenet": 29,
    "fashion_cnn": 4,
    "fcn": 32,
    "inception": 15,
    "lenet": 4,
    "localiser": 32,
    "siamese": 4,
    "simple_cnn": 4,
    "small_convnet": 13,
    "squeezenet": 17,
    "transfer": 32,
    "vgg16": 32,
}


def narrow(name):
    """Settings that make a network small."""
    taken = registry.arguments(name)
    return {key: 0.125 for key in ("width", "backbone_width") if key in taken} | (
        {"hidden": 8} if "hidden" in taken else {}
    )


def shape_of(name, shape, classes):
    """The shape of one output."""
    if name == "siamese":
        return (192,)
    if name == "fcn":
        return (classes + 1, shape[0], shape[1])
    if name == "localiser":
        return (classes + 4,)
    return (shape[2], shape[0], shape[1]) if name in IMAGES else (classes,)


def test_the_list_is_complete(published):
    assert set(published) == {*NAMES, *DETECTORS}


@pytest.mark.parametrize("name", NAMES)
def test_output_at_the_published_size(layout, published, name):
    shape, classes = published[name]
    network = layout(name, shape, classes).eval()
    output = network(torch.empty(2, shape[2], *shape[:2], device="meta"))
    assert output.shape == (2, *shape_of(name, shape, classes))


@pytest.mark.parametrize(
    ("name", "size"),
    [(n, s) for n in NAMES for s in [(32, 32), (64, 90), (72, 72)] if min(s) >= MINIMUM.get(n, 1)],
)
def test_output_at_demo_sizes(layout, name, size):
    network = layout(name, (*size, 3), 4, **narrow(name)).eval()
    output = network(torch.empty(2, 3, *size, device="meta"))
    expected = (24,) if name == "siamese" else shape_of(name, (*size, 3), 4)
    assert output.shape == (2, *expected)


@pytest.mark.parametrize("name", NAMES)
def test_runs_on_grey_images_and_gives_finite_numbers_and_gradients(name):
    size, channels = max(8, MINIMUM.get(name, 8)), 1
    torch.manual_seed(0)
    network = registry.build(name, (size, size, channels), 3, narrow(name))
    images = torch.rand(4, channels, size, size)
    trained = network.train()(images)
    output = trained if isinstance(trained, Output) else Output(trained)
    evaluated = network.eval()(images)
    assert evaluated.shape == output.main.shape
    assert evaluated.isfinite().all()
    total = output.main.square().sum() + sum(a.square().sum() for a in output.auxiliary)
    (total + (output.penalty if output.penalty is not None else 0)).backward()
    for parameter in network.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", MINIMUM)
def test_images_that_are_too_small_are_refused_and_the_smallest_run(layout, name):
    least = MINIMUM[name]
    network = layout(name, (least, least, 3), 4, **narrow(name))
    assert network.eval()(torch.empty(2, 3, least, least, device="meta")).numel() > 0
    with pytest.raises(ConfigError, match=rf"too small for .*, which needs at least {least} x {least}"):
        registry.build(name, (least, least - 1, 3), 4, {})


@pytest.mark.parametrize(
    ("settings", "least"),
    [({"backbone": "alexnet"}, 63), ({"backbone": "vgg16"}, 32), ({"backbone": "mobilenet_v2"}, 1)],
)
def test_a_transfer_network_needs_what_its_backbone_needs(layout, settings, least):
    assert layout("transfer", (least, least, 3), 4, **settings).logits.out_features == 4
    if least > 1:
        with pytest.raises(ConfigError, match=f"too small for {settings['backbone']}.*{least} x {least}"):
            registry.build("transfer", (least - 1, least, 3), 4, settings)


@pytest.mark.parametrize("name", WIDE)
def test_width_scales_every_count_but_the_input_and_the_output(layout, name):
    width = 0.375
    size = max(36, MINIMUM[name]) if name in MINIMUM else 36
    widths = {key: width for key in ("width", "backbone_width") if key in registry.arguments(name)}
    full = layout(name, (size, size, 3), 5).state_dict()
    scaled = layout(name, (size, size, 3), 5, **widths).state_dict()
    other = layout(name, (size, size, 3), 6).state_dict()
    assert scaled.keys() == full.keys()
    outputs = {key for key, tensor in full.items() if tensor.shape != other[key].shape}
    assert bool(outputs) == (name != "siamese")
    first = next(key for key, tensor in full.items() if tensor.dim() == 4)
    for key, tensor in full.items():
        if tensor.dim() == 0:
            continue
        channels, *inputs = tensor.shape
        expected = [channels if key in outputs else channels * width]
        if inputs:
            per_group = inputs[0] == 1 or key == first  # a depthwise convolution sees one channel, the first the image
            expected += [inputs[0] if per_group else inputs[0] * width, *inputs[1:]]
        assert list(scaled[key].shape) == expected, key


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_weights(name):
    size = max(8, MINIMUM.get(name, 8))

    def weights(seed):
        torch.manual_seed(seed)
        return registry.build(name, (size, size, 3), 3, narrow(name)).state_dict()

    one, two, other = weights(1), weights(1), weights(2)
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", registry.available())
def test_nothing_is_drawn_for_a_layout(layout, published, name):
    before = torch.get_rng_state()
    layout(name, *published[name])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_runs_once_and_gives_a_tensor(layout, name):
    size = max(8, MINIMUM.get(name, 8))
    network = layout(name, (size, size, 3), 3, **narrow(name)).eval()
    seen = {}
    for layer, module in network.named_modules():
        if not list(module.children()) and not layer.startswith("aux"):  # auxiliary heads run in training only
            seen[layer] = []
            module.register_forward_hook(lambda _m, _i, output, kept=seen[layer]: kept.append(output))
    network(torch.empty(2, 3, size, size, device="meta"))
    assert all(len(kept) == 1 and isinstance(kept[0], torch.Tensor) for kept in seen.values())


@pytest.mark.parametrize("name", registry.available())
def test_arguments_read_from_the_source_are_those_of_the_function(name):
    module = __import__(f"revisit.models.{name}", fromlist=["build"])
    parameters = inspect.signature(module.build).parameters
    real = {key: p for key, p in parameters.items() if p.kind is p.KEYWORD_ONLY}
    assert [key for key, p in parameters.items() if p.kind is not p.KEYWORD_ONLY] == ["shape", "classes"]
    found = registry.arguments(name)
    assert list(found) == list(real)
    for key, parameter in real.items():
        assert found[key].default == parameter.default
        choices = getattr(parameter.annotation, "__args__", ())
        assert found[key].choices == choices
        assert found[key].type == ("str" if choices else parameter.annotation.__name__)
        assert found[key].fits(parameter.default)
