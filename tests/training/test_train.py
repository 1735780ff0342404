"""One run of a training: what it writes, and that it computes what the papers say."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.nn import functional

from revisit.errors import ArtifactError, ConfigError, DeviceError
from revisit.models import registry
from revisit.models.output import Output
from revisit.tasks.pairs.task import Pairs
from revisit.training import batches, samplers
from revisit.training import train as training
from revisit.training.run import Run

STEPS = 8


def normalised(prepared: Path, split: str) -> torch.Tensor:
    meta = json.loads((prepared / "meta.json").read_text())
    images = (np.load(prepared / f"{split}_images.npy") / 255 - meta["mean"]) / meta["std"]
    return torch.tensor(images.transpose(0, 3, 1, 2), dtype=torch.float32)


def snapshots(folder: Path, *names: str) -> list[dict[str, torch.Tensor]]:
    return [load_file(folder / f"model/snapshots/{name}.safetensors") for name in names]


def test_outputs(run, settings, prepared, digests):
    outcome = run("a", settings)
    assert list(digests("a/model")) == [
        "events/events.out.tfevents.0.revisit",
        "labels.npy",
        "model.safetensors",
        "network.json",
        "scores.npy",
        "snapshots/epoch_0.safetensors",
        "snapshots/epoch_1.safetensors",
    ]
    last = outcome.evaluations.iloc[-1]
    by_epoch = outcome.evaluations.set_index("epoch")["test_accuracy"]
    variants = outcome.findings.pop("variants")
    parameters = (25 * 8 + 8) + (25 * 8 * 16 + 16) + (64 * 256 + 256) + (256 * 4 + 4)
    assert outcome.findings == {
        "variant": "base",
        "objective": "classification",
        "metric": "accuracy",
        "graph": "dynamic",
        "graph_backend": "eager",
        "graph_note": "dynamic graph: every operation runs as Python reaches it",
        "device": "cpu",
        "parameters": parameters,
        "operations": 2 * (64 * 25 * 8 + 16 * 25 * 8 * 16 + 64 * 256 + 256 * 4),  # 8x8 positions, then 4x4
        "layers": 4,
        "fresh_layers": None,
        "steps": STEPS,
        "epochs": 2,
        "steps_per_epoch": 4,
        "diverged": False,
        **last[["train_loss", "train_accuracy", "test_loss", "test_accuracy"]].to_dict(),
        "best_test_accuracy": outcome.evaluations["test_accuracy"].max(),
        "best_step": outcome.evaluations.loc[outcome.evaluations["test_accuracy"].idxmax(), "step"],
        "accuracy_at": {"epoch_1": by_epoch[1], "epoch_2": by_epoch[2]},
        "provenance": {"data": "drawn", "weights": None},
    }
    assert variants["base"]["runs"] == 1
    assert variants["base"]["parameters"] == parameters
    assert variants["base"]["test_accuracy"] == last["test_accuracy"]
    assert variants["base"]["test_accuracy_low"] is None
    # every third step, after the epochs to be read (4 and 8), at the end
    assert outcome.evaluations["step"].tolist() == [3, 4, 6, 8]
    assert outcome.steps["step"].tolist() == list(range(1, STEPS + 1))
    assert set(outcome.steps["learning_rate"]) == {0.05}
    assert outcome.runs["evaluations"].drop(columns=["variant", "replicate"]).equals(outcome.evaluations)
    assert (
        outcome.runs["history"]
        .drop(columns=["variant", "replicate"])
        .equals(outcome.steps[["step", "loss", "accuracy"]])
    )


def test_network_description(run, change, prepared, tmp_path):
    run("a", change(crop=6))
    meta = json.loads((prepared / "meta.json").read_text())
    assert json.loads((tmp_path / "a/model/network.json").read_text()) == {
        "experiment": "bands_dynamic",
        "dataset": "bands",
        "model": "fashion_cnn",
        "network": {"dropout": 0.4, "width": 0.25},
        "objective": "classification",
        "classes": meta["classes"],
        "shape": [6, 6, 1],
        "crop": 6,
        "mean": meta["mean"],
        "std": meta["std"],
        "channels": "rgb",
        "provenance": {"data": "drawn", "weights": None},
        "data": meta["sha256"],
    }


@pytest.mark.parametrize("crop", [None, 6])
def test_scores_are_those_of_the_saved_network(run, change, prepared, tmp_path, crop):
    outcome = run("a", change(crop=crop, flip=True))
    network, _ = registry.load(tmp_path / "a/model", "cpu")
    images = normalised(prepared, "test")
    with torch.inference_mode():
        expected = network(images if crop is None else images[:, :, 1:7, 1:7])
    scores, labels = np.load(tmp_path / "a/model/scores.npy"), np.load(tmp_path / "a/model/labels.npy")
    np.testing.assert_allclose(scores, expected.numpy(), rtol=1e-4, atol=1e-5)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(labels, np.load(prepared / "test_labels.npy"))
    assert outcome.findings["test_accuracy"] == (scores.argmax(1) == labels).mean()
    loss = functional.cross_entropy(torch.tensor(scores), torch.tensor(labels)).item()
    assert outcome.findings["test_loss"] == pytest.approx(loss, rel=1e-5)


def test_the_network_learns(run, change):
    outcome = run("a", change(epochs=15, dropout=0.0))
    assert outcome.findings["train_accuracy"] == 1
    assert outcome.findings["test_accuracy"] == 1
    assert outcome.findings["train_loss"] < 0.1 < 1 < outcome.evaluations["train_loss"].iloc[0]


def test_several_labels_are_learned(run, change, prepared_multi, tmp_path):
    outcome = run("a", change(name="multilabel", epochs=30, read_at=[30], dropout=0.0), data=prepared_multi)
    assert outcome.findings["metric"] == "map"
    assert outcome.findings["test_map"] > 0.95
    assert outcome.findings["map_at"] == {"epoch_30": outcome.findings["test_map"]}
    assert list(outcome.steps.columns) == ["step", "epoch", "learning_rate", "loss"]
    labels = np.load(tmp_path / "a/model/labels.npy")
    assert labels.dtype == np.int8
    np.testing.assert_array_equal(labels, np.load(prepared_multi / "test_labels.npy"))


def test_the_first_step_is_the_papers_update(run, change, prepared, tmp_path):
    """One step of gradient descent, written out, with weight decay on the weights of one layer."""
    settings = change(batch_size=40, dropout=0.0, snapshots=[0, 1], weight_decay=0.1, decay_layers=["fc1"], epochs=1)
    run("a", settings)
    before, after = snapshots(tmp_path / "a", "epoch_0", "epoch_1")
    network = registry.build("fashion_cnn", (8, 8, 1), 4, {"dropout": 0.0, "width": 0.25})
    network.load_state_dict(before)
    labels = torch.from_numpy(np.load(prepared / "train_labels.npy"))
    loss = functional.cross_entropy(network(normalised(prepared, "train")), labels)
    (loss + 0.1 / 2 * network.fc1.weight.square().sum()).backward()
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(after[name], before[name] - 0.05 * parameter.grad, rtol=1e-4, atol=1e-6)


class Heads(nn.Module):
    """Logits, those of an auxiliary head, and a penalty."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.aux = nn.Linear(64, 4), nn.Linear(64, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor | Output:
        main = self.fc(images.flatten(1))
        auxiliary, penalty = (self.aux(images.flatten(1)),), self.fc.weight.square().sum()
        return Output(main, auxiliary, penalty) if self.training else main


@pytest.mark.parametrize("mixup", [None, 0.4])
def test_auxiliary_heads_and_penalties_are_part_of_the_loss(run, change, prepared, tmp_path, monkeypatch, mixup):
    monkeypatch.setattr(registry, "build", lambda *_: Heads())
    outcome = run("a", change(batch_size=40, epochs=1, snapshots=[0, 1], read_at=[], auxiliary=0.3, mixup=mixup))
    before, after = snapshots(tmp_path / "a", "epoch_0", "epoch_1")
    network = Heads()
    network.load_state_dict(before)
    images, labels = normalised(prepared, "train"), torch.from_numpy(np.load(prepared / "train_labels.npy"))
    order = batches.order(40, 0, 0)
    images, labels, share, others = images[order], labels[order], 1.0, torch.arange(40)
    if mixup:
        from revisit.training.randomness import Purpose, generator

        draw = generator(Purpose.MIXUP, 0, 1)
        share, others = draw.beta(mixup, mixup), torch.from_numpy(draw.permutation(40))
    main, (auxiliary,), penalty = network(share * images + (1 - share) * images[others])
    losses = [
        share * functional.cross_entropy(logits, labels)
        + (1 - share) * functional.cross_entropy(logits, labels[others])
        for logits in (main, auxiliary)
    ]
    loss = losses[0] + 0.3 * losses[1] + penalty
    loss.backward()
    assert outcome.steps["loss"].tolist() == pytest.approx([loss.item()], rel=1e-5)
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(after[name], before[name] - 0.05 * parameter.grad, rtol=1e-4, atol=1e-6)


def test_the_learning_rate_falls_in_steps(run, change):
    outcome = run("a", change(schedule={"factor": 0.5, "every": 3}))
    assert outcome.steps["learning_rate"].tolist() == [0.05] * 3 + [0.025] * 3 + [0.0125] * 2


def test_a_schedule_scales_the_update(run, change, tmp_path):
    """After a change by a factor of 1e-30, only a bias that is still 0 moves, and it stays as small."""
    run("a", change(schedule={"factor": 1e-30, "every": 4}, snapshots=[1, 2]))
    middle, end = snapshots(tmp_path / "a", "epoch_1", "epoch_2")
    torch.testing.assert_close(middle, end, rtol=0, atol=1e-28)


def test_frozen_layers_thaw(run, change, tmp_path):
    moments = {"epochs": None, "steps": 8, "read_at": [], "snapshots": [0, 3, 4]}
    run("a", change(**moments, freeze={"layers": ["conv1"], "steps": 3}))
    start, frozen, thawed = snapshots(tmp_path / "a", "step_0", "step_3", "step_4")
    assert torch.equal(start["conv1.weight"], frozen["conv1.weight"])
    assert not torch.equal(start["conv2.weight"], frozen["conv2.weight"])
    assert not torch.equal(frozen["conv1.weight"], thawed["conv1.weight"])


def test_a_length_in_steps(run, change, digests):
    outcome = run("a", change(epochs=None, steps=6, read_at=[0, 5], snapshots=[0, 5], evaluate_every=4))
    assert outcome.evaluations["step"].tolist() == [0, 4, 5, 6]
    assert outcome.evaluations["epoch"].tolist() == [0, 1, 1.25, 1.5]
    assert outcome.findings["epochs"] is None
    assert outcome.findings["accuracy_at"] == {
        "step_0": outcome.evaluations["test_accuracy"].iloc[0],
        "step_5": outcome.evaluations["test_accuracy"].iloc[2],
    }
    assert {"snapshots/step_0.safetensors", "snapshots/step_5.safetensors"} < set(digests("a/model"))


@pytest.mark.parametrize(
    ("model", "objective"),
    [
        ("siamese", {"name": "pairs", "sampler": "anchor"}),
        ("siamese", {"name": "pairs", "sampler": "random", "loss": "contrastive_2"}),
        ("autoencoder", {"name": "reconstruction"}),
        ("sparse_autoencoder", {"name": "reconstruction", "loss": "binary_cross_entropy"}),
        ("denoising_autoencoder", {"name": "reconstruction"}),
    ],
)
def test_objectives_without_a_metric(run, settings, protocol, digests, model, objective):
    network = {"initialiser": "xavier"} if model == "siamese" else {}
    protocol |= {"model": model, "network": network, "objective": protocol["objective"] | objective}
    protocol |= {"epochs": 25, "evaluate_every": 10, "optimizer": protocol["optimizer"] | {"lr": 0.01, "momentum": 0.9}}
    outcome = run("a", settings)
    assert outcome.findings["metric"] is None
    assert not {"scores.npy", "labels.npy"} & set(digests("a/model"))
    losses = outcome.evaluations["test_loss"].tolist()
    assert losses[-1] < 0.9 * losses[0]
    assert outcome.findings["best_test_loss"] == min(losses)
    assert set(outcome.findings["loss_at"]) == {"epoch_1", "epoch_2"}
    names = ("loss_anchor", "loss_random")
    if objective["name"] == "reconstruction":
        names = ("squared_error", "cross_entropy", "entropy", "squared_error_of_noisy", "squared_error_of_noise")
    beside = [f"{split}_{name}" for name in names for split in ("train", "test")]
    assert list(outcome.evaluations.columns) == ["step", "epoch", "train_loss", "test_loss", *beside]
    assert {name: outcome.findings[name] for name in beside} == outcome.evaluations.iloc[-1][beside].to_dict()


@pytest.mark.parametrize("pairs", ["anchor", "random"])
def test_the_loss_of_pairs_is_that_of_the_kind_asked_for(run, change, pairs):
    values = {"model": "siamese", "network": {"initialiser": "xavier"}, "similar": 0.3}
    outcome = run("a", change(**values, name="pairs", test_pairs=pairs, sampler="random"))
    evaluations = outcome.evaluations
    for split in ("train", "test"):
        assert evaluations[f"{split}_loss"].equals(evaluations[f"{split}_loss_{pairs}"].rename(f"{split}_loss"))
        assert not evaluations[f"{split}_loss_anchor"].equals(evaluations[f"{split}_loss_random"])
    assert outcome.findings["best_test_loss"] == evaluations[f"test_loss_{pairs}"].min()


def test_pairs_of_a_share_of_the_images_are_trained_and_measured_on_that_share(run, change, monkeypatch):
    drawn, measured = [], []
    training, evaluate = batches.BatchLoader.training, Pairs.evaluate

    def training_seen(self, index, augmentation):
        drawn.append(index)
        return training(self, index, augmentation)

    def evaluate_seen(self, network, loader, index, size):
        measured.append(index.tolist())
        return evaluate(self, network, loader, index, size)

    monkeypatch.setattr(batches.BatchLoader, "training", training_seen)
    monkeypatch.setattr(Pairs, "evaluate", evaluate_seen)
    values = {"model": "siamese", "network": {}, "epochs": 10, "evaluate_every": 40, "read_at": []}
    run("a", change(**values, name="pairs", pool=0.5))
    assert set(torch.cat(drawn).tolist()) == set(range(20))
    own, unseen = measured
    assert len(set(own)) == 12  # as many as there are test images
    assert max(own) < 20
    assert unseen == list(range(12))


def test_batches_drawn_anew_at_every_step(run, change, monkeypatch):
    drawn = []
    training = batches.BatchLoader.training
    monkeypatch.setattr(
        batches.BatchLoader,
        "training",
        lambda self, index, step: drawn.append(index.tolist()) or training(self, index, step),
    )
    outcome = run("a", change(sampling="step", epochs=None, steps=8, read_at=[], snapshots=[]))
    assert drawn == [samplers.Fresh(40, 10, 0, torch.device("cpu")).draw(step).index.tolist() for step in range(1, 9)]
    assert all(len(set(images)) == 10 for images in drawn)
    assert len({image for images in drawn[:4] for image in images}) < 40  # an epoch would have them all
    assert len(outcome.steps) == 8


def test_every_replicate_of_the_kept_variant_leaves_its_network(run, change, protocol, tmp_path, digests):
    """What it leaves is what a run of its own with its seed leaves."""
    other = protocol | {"optimizer": protocol["optimizer"] | {"lr": 0.2}}
    outcome = run("a", change() | {"runs": {"other": other, "base": protocol}, "keep": "base", "replicates": 3})
    folders = registry.replicates(tmp_path / "a/model")
    assert folders == [tmp_path / "a/model", *(tmp_path / f"a/model/replicates/{number}" for number in (1, 2))]
    whole = digests("a/model")
    for seed, folder in enumerate(folders):
        alone = run(f"alone{seed}", change(seed=seed))
        left = ["labels.npy", "model.safetensors", "network.json", "scores.npy"]
        if seed:
            assert sorted(path.name for path in folder.iterdir()) == left  # no snapshots, no events
        else:
            left = list(digests("alone0/model"))
        at = f"replicates/{seed}/" if seed else ""
        assert {name: whole.pop(f"{at}{name}") for name in left} == {
            name: digests(f"alone{seed}/model")[name] for name in left
        }
        last = outcome.runs["summary"].query(f"variant == 'base' and replicate == {seed}").iloc[0]
        assert last["test_loss"] == alone.findings["test_loss"]
        network, _ = registry.load(folder, "cpu")
        assert all(
            torch.equal(network.state_dict()[name], own)
            for name, own in load_file(folder / "model.safetensors").items()
        )
    assert not whole  # nothing of the other variant
    logged = [path.parent.name for path in (tmp_path / "a/resume").glob("*/events")]
    assert logged == ["base.0"]


def test_all_variants_leave_their_networks_where_that_is_asked(run, change, protocol, tmp_path, digests):
    """Each leaves what it leaves as the kept one, but for scores, snapshots and events; and nothing else changes."""
    other = protocol | {"network": {"dropout": 0.4, "width": 0.5}}
    runs = change() | {"runs": {"other": other, "base": protocol}, "keep": "base", "replicates": 2}
    one = run("a", runs)
    every = run("b", runs | {"keep_all": True})
    assert every.findings == one.findings
    left = digests("b/model")
    added = {name: left.pop(name) for name in list(left) if "variants/" in name}
    assert left == digests("a/model")
    folders = ("variants/other", "replicates/1/variants/other")
    assert set(added) == {f"{folder}/{name}" for folder in folders for name in ("model.safetensors", "network.json")}
    run("alone", runs | {"keep": "other"})
    alone = digests("alone/model")
    for folder, own in zip(folders, ("", "replicates/1/"), strict=True):
        for name in ("model.safetensors", "network.json"):
            assert added[f"{folder}/{name}"] == alone[f"{own}{name}"]
        network, _ = registry.load(tmp_path / "b/model" / folder, "cpu")
        assert network.conv1.out_channels == 16
    logged = [path.parent.name for path in (tmp_path / "b/resume").glob("*/events")]
    assert logged == ["base.0"]


def test_another_seed_gives_other_weights(run, settings, change, digests):
    run("a", settings)
    run("b", change(seed=1))
    a, b = digests("a/model"), digests("b/model")
    assert a["snapshots/epoch_0.safetensors"] != b["snapshots/epoch_0.safetensors"]
    assert a["model.safetensors"] != b["model.safetensors"]


@pytest.mark.filterwarnings("default::DeprecationWarning")  # PyTorch's own, while it compiles
@pytest.mark.parametrize("values", [{}, {"mixup": 0.4, "crop": 7, "freeze": {"layers": ["conv1"], "steps": 5}}])
def test_static_graph_is_bit_equal_to_dynamic(run, change, digests, values):
    """Same seed, batches and dropout masks, same kernels: not a bit differs (tolerance 0)."""
    dynamic = run("a", change(**values))
    static = run("b", change(**values, graph="static", backend="aot_eager"))
    assert static.findings["graph_backend"] == "aot_eager"
    assert dynamic.steps.equals(static.steps)
    assert dynamic.evaluations.equals(static.evaluations)
    assert digests("a/model") == digests("b/model")


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_an_output_with_heads_can_be_captured(run, change, monkeypatch):
    monkeypatch.setattr(registry, "build", lambda *_: Heads())
    dynamic, static = (run(graph, change(graph=graph, backend="aot_eager")) for graph in ("dynamic", "static"))
    assert dynamic.steps.equals(static.steps)


@pytest.mark.parametrize("read_at", [[1, 30], [0, 30]])
def test_divergence_is_recorded_not_raised(run, change, tmp_path, capsys, read_at):
    outcome = run("a", change(lr=1e9, momentum=0.0, read_at=read_at, epochs=30, snapshots=[0, 20]))
    findings = outcome.findings
    assert findings["diverged"] is True
    for key in ("test_loss", "train_loss", "test_accuracy", "train_accuracy"):
        assert findings[key] is None
        assert findings["variants"]["base"][key] is None
    assert findings["variants"]["base"]["diverged"] == 1
    assert findings["accuracy_at"]["epoch_30"] is None
    assert findings["steps"] == len(outcome.steps) < 5
    assert outcome.steps["loss"].isna().tolist() == [False] * (len(outcome.steps) - 1) + [True]
    json.dumps(findings, allow_nan=False)
    assert outcome.runs["history"]["loss"].isna().tolist() == outcome.steps["loss"].isna().tolist()
    assert (np.load(tmp_path / "a/model/scores.npy") == np.zeros((12, 4))).all()
    assert f"not finite at step {findings['steps']}" in capsys.readouterr().err


def test_replicates_that_diverged_have_no_opinion(run, change, tmp_path):
    outcome = run("a", change(lr=1e9, momentum=0.0, epochs=30, snapshots=[]) | {"replicates": 2})
    assert outcome.findings["variants"]["base"]["diverged"] == 2
    summary, history = outcome.runs["summary"], outcome.runs["history"]
    for number, folder in enumerate(registry.replicates(tmp_path / "a/model")):
        assert (np.load(folder / "scores.npy") == np.zeros((12, 4))).all()
        losses = history.query(f"replicate == {number}")["loss"]
        assert len(losses) == summary["steps"][number] < 5
        assert losses.isna().tolist() == [False] * (len(losses) - 1) + [True]


def test_pairs_that_diverge_have_no_numbers(run, change, monkeypatch):
    monkeypatch.setattr(registry, "build", lambda *_: nn.Sequential(nn.Flatten(), nn.Linear(64, 2)))
    values = {"name": "pairs", "similar": 0.5, "lr": 1e9, "momentum": 0.0, "epochs": 30, "evaluate_every": 1}
    outcome = run("a", change(**values))
    assert outcome.findings["diverged"]
    for split in ("train", "test"):
        assert [outcome.findings[f"{split}_loss{kind}"] for kind in ("", "_anchor", "_random")] == [None] * 3
    json.dumps(outcome.findings, allow_nan=False)


def test_events(run, settings, tmp_path):
    outcome = run("a", settings)
    events = EventAccumulator(
        str(tmp_path / "a/model/events"), size_guidance=dict.fromkeys(("scalars", "histograms", "images"), 0)
    ).Reload()
    losses = events.Scalars("train/loss")
    assert [event.step for event in losses] == outcome.steps["step"].tolist()
    assert [event.value for event in losses] == pytest.approx(outcome.steps["loss"].tolist(), rel=1e-6)
    assert [event.value for event in events.Scalars("train/learning_rate")] == pytest.approx([0.05] * STEPS)
    accuracy = events.Scalars("test/accuracy")
    assert [event.step for event in accuracy] == outcome.evaluations["step"].tolist()
    assert [event.value for event in accuracy] == pytest.approx(outcome.evaluations["test_accuracy"].tolist())
    assert [event.step for event in events.Images("inputs")] == [1, *outcome.evaluations["step"]]
    gradients = events.Histograms("gradients/fc2.bias")
    assert [event.step for event in gradients] == outcome.evaluations["step"].tolist()
    assert gradients[-1].histogram_value.num == 4
    assert len(events.Tags()["histograms"]) == 8  # weights and biases of four layers


def test_the_last_smaller_batch_is_left_out(run, change):
    outcome = run("a", change(batch_size=15, epochs=1, read_at=[]))
    assert outcome.findings["steps_per_epoch"] == 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch_size": 41}, "bands_dynamic: batch_size: 41 is more than the 40 training images"),
        ({"crop": 9}, "bands_dynamic: crop: 9 is more than the 8x8 pixels"),
        (
            {"decay_layers": ["fc9"]},
            r"optimizer.decay_layers: the network has no layer 'fc9'; it has: conv1, conv2, fc1",
        ),
        ({"freeze": {"layers": ["fc9"], "steps": 1}}, "freeze.layers: the network has no layer 'fc9'"),
        ({"freeze": {"layers": ["conv1", "conv2", "fc1", "fc2"], "steps": 1}}, "every layer is frozen"),
        (
            {"objective": {"name": "multilabel"}},
            "multilabel needs several labels per image, but the images of bands have",
        ),
        (
            {"objective": {"name": "reconstruction"}},
            "fashion_cnn does not fit the objective reconstruction, which needs",
        ),
        ({"model": "autoencoder", "network": {}}, "autoencoder does not fit the objective classification, .* 4 logits"),
        (
            {"model": "siamese", "network": {}, "objective": {"name": "pairs"}, "mixup": 0.2},
            "pairs has no labels to mix",
        ),
        (
            {"model": "siamese", "network": {}, "objective": {"name": "pairs"}, "sampling": "step"},
            "bands_dynamic: sampling: pairs draws its batches anew at every step by itself; leave sampling out",
        ),
        (
            {"model": "siamese", "network": {}, "objective": {"name": "pairs", "pool": 0.02}},
            "pairs need images of two classes",
        ),
        ({"sampling": "step", "batch_size": 41}, "batch_size: 41 is more than the 40 training images"),
        ({"inputs": "imagenet_mean"}, "bands_dynamic: inputs: imagenet_mean is a colour, but the images have 1 chan"),
        ({"initial_accumulator": 0.1}, "bands_dynamic: optimizer.initial_accumulator: 0.1 is set, but sgd has none"),
    ],
)
def test_settings_that_do_not_fit_give_one_message(run, change, protocol, values, message):
    if "objective" in values:
        values = values | {"objective": protocol["objective"] | values["objective"]}
    with pytest.raises(ConfigError, match=message):
        run("a", change(**values))


def test_one_class_for_images_with_several_labels(run, settings, prepared_multi):
    with pytest.raises(
        ConfigError, match="classification needs one label per image, but the images of bands have several"
    ):
        run("a", settings, data=prepared_multi)


def test_missing_data_give_one_clear_message(run, settings, tmp_path):
    with pytest.raises(ArtifactError, match=r"meta.json: missing"):
        run("a", settings, data=tmp_path / "nowhere")


def test_running_out_of_memory_names_the_remedy(run, settings, monkeypatch):
    def no_room(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(Run, "_minibatch", no_room)
    with pytest.raises(DeviceError, match=r"out of memory on cpu: lower batch_size \(now 10\)"):
        run("a", settings)


def test_the_first_losses_are_those_of_the_training(run, change, prepared, tmp_path):
    settings = change(epochs=None, steps=6)
    whole = run("a", settings).steps["loss"].tolist()
    folder = tmp_path / "empty"
    folder.mkdir()
    assert training.first_losses(settings, prepared, folder, None, 4) == whole[:4]
    assert training.first_losses(settings, prepared, folder, None, 20) == whole  # no more than there are
    assert list(folder.iterdir()) == []
