"""The noise of denoising autoencoders: fresh in every pass, or frozen."""

import pytest
import torch

from revisit.models import registry
from revisit.models.denoising_autoencoder import FrozenNoise, MaskingNoise
from revisit.models.parts.hashing import mixed


def frozen(share=0.3, seed=0):
    torch.manual_seed(seed)
    return FrozenNoise(share).train()


def images(count=60, seed=0):
    """Standardised 8-bit pixels, none of them 0."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (count, 2, 9, 9), generator=generator)
    return (pixels / 255 - 0.1307) / 0.3081


def test_fresh_noise_is_another_in_every_pass_and_frozen_noise_the_same():
    shown, fresh = images(), MaskingNoise(0.3).train()
    assert not torch.equal(fresh(shown), fresh(shown))
    noise = frozen()
    assert torch.equal(noise(shown), noise(shown))


def test_frozen_noise_belongs_to_the_image_wherever_it_stands():
    shown, noise = images(), frozen()
    order = torch.randperm(len(shown), generator=torch.Generator().manual_seed(1))
    assert torch.equal(noise(shown[order]), noise(shown)[order])
    assert torch.equal(noise(shown[7:8]), noise(shown)[7:8])
    together = shown.to(memory_format=torch.channels_last)
    assert torch.equal(noise(together), noise(shown))


def test_frozen_noise_survives_differences_of_rounding():
    shown, noise = images(), frozen()
    assert torch.equal(noise(shown * (1 + 1e-7)) == 0, noise(shown) == 0)


def test_images_and_seeds_have_noise_of_their_own():
    shown = images()
    kept = (frozen()(shown) != 0).flatten(1).float()
    alike = torch.corrcoef(kept)[~torch.eye(len(kept), dtype=torch.bool)]
    assert alike.abs().max() < 0.4
    assert abs(alike.mean()) < 0.02
    other = (frozen(seed=1)(shown) != 0).flatten(1).float()
    assert abs(torch.corrcoef(torch.stack([kept.flatten(), other.flatten()]))[0, 1]) < 0.05


def test_one_grey_level_in_one_pixel_gives_other_noise():
    shown = images(count=1)
    changed = shown.clone()
    changed[0, 0, 0, 0] += 1 / (255 * 0.3081)
    assert ((frozen()(shown) == 0) != (frozen()(changed) == 0)).float().mean() > 0.2


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_the_share_that_is_destroyed(share):
    for noise in (frozen(share), MaskingNoise(share).train()):
        found = noise(images(200))
        assert (found == 0).float().mean() == pytest.approx(share, abs=0.01)
        kept = found != 0
        assert torch.equal(found[kept], images(200)[kept])
        places = (found == 0).float().mean(0)  # no place is destroyed more often than others
        assert (places - share).abs().max() < 0.17


def test_there_is_none_in_evaluation():
    shown = images()
    assert frozen().eval()(shown) is shown


def test_the_hash_is_murmurs():
    """fmix32 of its reference implementation."""
    assert mixed(torch.tensor([0, 1, 2**32 - 1, 2**32 + 1])).tolist() == [0, 0x514E28B7, 0x81F16F39, 0x514E28B7]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_noise_of_a_cpu():
    shown, noise = images(), frozen()
    here = noise(shown)
    assert torch.equal(noise.cuda()(shown.cuda()).cpu(), here)


def test_both_kinds_start_from_the_same_weights():
    found = {}
    for kind in ("fresh", "frozen"):
        torch.manual_seed(2)
        found[kind] = registry.build("denoising_autoencoder", (8, 8, 1), 0, {"noise_kind": kind}).state_dict()
    assert set(found["frozen"]) == {*found["fresh"], "noise.seed"}
    assert all(torch.equal(found["frozen"][key], value) for key, value in found["fresh"].items())


def test_without_noise_it_is_the_plain_autoencoder():
    shown, networks = images()[:, :1, :8, :8], []
    for name, settings in (("autoencoder", {}), ("denoising_autoencoder", {"noise": 0.0})):
        torch.manual_seed(2)
        networks.append(registry.build(name, (8, 8, 1), 0, settings).train())
    assert torch.equal(networks[0](shown), networks[1](shown))


@pytest.mark.parametrize("name", ["autoencoder", "denoising_autoencoder", "sparse_autoencoder"])
def test_a_code_may_have_more_units_than_there_are_pixels(layout, name):
    network = layout(name, (8, 8, 1), 0, code=200).eval()
    assert network.code(torch.empty(2, 64 if name == "sparse_autoencoder" else 256, device="meta")).shape == (2, 200)
