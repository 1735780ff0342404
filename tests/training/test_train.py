import contextlib
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from revisit.errors import ArtifactError, ConfigError, DeviceError
from revisit.models import registry
from revisit.training import batches
from revisit.training import train as training
from revisit.training.history import History
from revisit.training.outputs import Outcome

STEPS = 8


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def summary(outcome: Outcome) -> tuple:
    return outcome.findings, outcome.steps.to_csv(), outcome.evaluations.to_csv()


@pytest.fixture
def run(prepared, tmp_path, monkeypatch):
    """Train in a folder of its own: `run("a", settings)` writes a/model and keeps its resume state in a/resume."""

    monkeypatch.setattr(training, "SAVE_SHARE", 0)  # so that save_every=0 saves after every step

    def go(name: str, settings: dict, data: Path = prepared, save_every: float = 1000) -> Outcome:
        return training.train(settings, data, tmp_path / name / "model", tmp_path / name / "resume", save_every)

    return go


@pytest.fixture
def killed(monkeypatch):
    """`with killed(5)`: the training inside fails in its fifth step, after the state of the fourth was saved."""

    class Killed(BaseException):
        pass

    @contextlib.contextmanager
    def at(step: int) -> Iterator[None]:
        original = History.record

        def record(self: History, *values: torch.Tensor) -> None:
            if self.step == step - 1:
                raise Killed
            original(self, *values)

        with monkeypatch.context() as patch, pytest.raises(Killed):  # noqa: PT012
            patch.setattr(History, "record", record)
            yield

    return at


def test_outputs(run, settings, prepared, tmp_path):
    outcome = run("a", settings)
    assert list(digests(tmp_path / "a/model")) == [
        "events/events.out.tfevents.0.revisit",
        "labels.npy",
        "model.safetensors",
        "network.json",
        "scores.npy",
        "snapshots/epoch_0.safetensors",
        "snapshots/epoch_1.safetensors",
    ]
    assert outcome.findings == {
        "graph": "dynamic",
        "graph_backend": "eager",
        "graph_note": "dynamic graph: every operation runs as Python reaches it",
        "device": "cpu",
        "parameters": 832 + 51_264 + (256 * 1024 + 1024) + (1024 * 4 + 4),
        "steps": STEPS,
        "epochs": 2,
        "steps_per_epoch": 4,
        "diverged": False,
        **outcome.evaluations.iloc[-1][["train_loss", "train_accuracy", "test_loss", "test_accuracy"]].to_dict(),
        "best_test_accuracy": outcome.evaluations["test_accuracy"].max(),
        "best_step": outcome.evaluations.loc[outcome.evaluations["test_accuracy"].idxmax(), "step"],
        "accuracy_at": {
            f"epoch_{epoch}": outcome.evaluations.set_index("epoch").loc[epoch, "test_accuracy"] for epoch in (1, 2)
        },
    }
    # every third step, after the epochs to be read (4 and 8), at the end
    assert outcome.evaluations["step"].tolist() == [3, 4, 6, 8]
    assert outcome.steps["step"].tolist() == list(range(1, STEPS + 1))
    assert set(outcome.steps["learning_rate"]) == {0.05}
    description = json.loads((tmp_path / "a/model/network.json").read_text())
    meta = json.loads((prepared / "meta.json").read_text())
    assert description == {
        "experiment": "bands_dynamic",
        "dataset": "bands",
        "model": "fashion_cnn",
        "dropout": 0.4,
        **{key: meta[key] for key in ("classes", "shape", "mean", "std")},
        "data": meta["sha256"],
    }


def test_scores_are_those_of_the_saved_network(run, settings, prepared, tmp_path):
    outcome = run("a", settings)
    network, description = registry.load(tmp_path / "a/model", "cpu")
    images = np.load(prepared / "test_images.npy").transpose(0, 3, 1, 2) / 255
    images = (images - description["mean"][0]) / description["std"][0]
    with torch.inference_mode():
        expected = network(torch.tensor(images, dtype=torch.float32))
    scores, labels = np.load(tmp_path / "a/model/scores.npy"), np.load(tmp_path / "a/model/labels.npy")
    np.testing.assert_allclose(scores, expected.numpy(), rtol=1e-4, atol=1e-5)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(labels, np.load(prepared / "test_labels.npy"))
    assert outcome.findings["test_accuracy"] == (scores.argmax(1) == labels).mean()
    assert outcome.findings["test_loss"] == pytest.approx(
        torch.nn.functional.cross_entropy(torch.tensor(scores), torch.tensor(labels)).item(), rel=1e-5
    )


def test_the_network_learns(run, settings):
    outcome = run("a", settings | {"epochs": 15, "dropout": 0.0})
    assert outcome.findings["train_accuracy"] == 1
    assert outcome.findings["test_accuracy"] == 1
    assert outcome.findings["train_loss"] < 0.1 < 1 < outcome.evaluations["train_loss"].iloc[0]


def test_the_first_step_is_the_papers_update(run, settings, prepared, tmp_path):
    """One step of gradient descent, written out."""
    run("a", settings | {"epochs": 1, "batch_size": 40, "dropout": 0.0, "snapshots": [0, 1]})
    before, after = (load_file(tmp_path / f"a/model/snapshots/epoch_{epoch}.safetensors") for epoch in (0, 1))
    network = registry.build("fashion_cnn", (8, 8, 1), 4, {"dropout": 0.0})
    network.load_state_dict(before)
    meta = json.loads((prepared / "meta.json").read_text())
    images = (np.load(prepared / "train_images.npy") / 255 - meta["mean"]) / meta["std"]
    images = torch.tensor(images.transpose(0, 3, 1, 2), dtype=torch.float32)
    labels = torch.from_numpy(np.load(prepared / "train_labels.npy"))
    torch.nn.functional.cross_entropy(network(images), labels).backward()
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(after[name], before[name] - 0.05 * parameter.grad, rtol=1e-4, atol=1e-6)


def test_two_runs_give_the_same_bytes(run, settings, tmp_path):
    torch.manual_seed(1)
    first = run("a", settings)
    torch.manual_seed(2)  # nothing outside the settings counts
    second = run("b", settings)
    assert digests(tmp_path / "a/model") == digests(tmp_path / "b/model")
    assert summary(first) == summary(second)


def test_another_seed_gives_other_weights(run, settings, tmp_path):
    run("a", settings)
    run("b", settings | {"seed": 1})
    a, b = digests(tmp_path / "a/model"), digests(tmp_path / "b/model")
    assert a["snapshots/epoch_0.safetensors"] != b["snapshots/epoch_0.safetensors"]
    assert a["model.safetensors"] != b["model.safetensors"]


@pytest.mark.filterwarnings("default::DeprecationWarning")  # PyTorch's own, while it compiles
def test_static_graph_is_bit_equal_to_dynamic(run, settings, tmp_path):
    """Same seed, batches and dropout masks, same kernels: not a bit differs (tolerance 0)."""
    dynamic = run("a", settings)
    static = run("b", settings | {"graph": "static", "backend": "aot_eager"})
    assert static.findings["graph_backend"] == "aot_eager"
    assert dynamic.steps.equals(static.steps)
    assert dynamic.evaluations.equals(static.evaluations)
    assert digests(tmp_path / "a/model") == digests(tmp_path / "b/model")


@pytest.mark.filterwarnings("default::DeprecationWarning")
@pytest.mark.parametrize(
    ("step", "optimizer", "graph"),
    [
        (1, "adam", "dynamic"),
        (2, "adagrad", "dynamic"),
        (4, "adam", "dynamic"),
        (5, "sgd", "static"),
        (8, "sgd", "dynamic"),
    ],
)
def test_an_interrupted_training_ends_as_an_undisturbed_one(
    run, settings, killed, monkeypatch, tmp_path, step, optimizer, graph
):
    momentum = 0.5 if optimizer == "sgd" else 0.0
    settings |= {"graph": graph, "backend": "aot_eager"}
    settings |= {"optimizer": {"name": optimizer, "lr": 0.01, "momentum": momentum}}
    undisturbed = run("a", settings)
    with killed(step):
        run("b", settings, save_every=0)
    batches_drawn = []
    monkeypatch.setattr(batches, "order", lambda *args, order=batches.order: batches_drawn.append(args) or order(*args))
    resumed = run("b", settings)
    assert digests(tmp_path / "a/model") == digests(tmp_path / "b/model")
    assert summary(resumed) == summary(undisturbed)
    if step > 5:
        assert {epoch for _, _, epoch in batches_drawn} == {1}  # the first epoch was not trained again


def test_a_state_of_other_settings_is_ignored(run, settings, killed, tmp_path, capsys):
    other = settings | {"seed": 5}
    with killed(6):
        run("b", other, save_every=0)
    run("a", settings)
    capsys.readouterr()
    run("b", settings)
    assert "belongs to other settings, data or code" in capsys.readouterr().err
    assert digests(tmp_path / "a/model") == digests(tmp_path / "b/model")


def test_a_damaged_state_is_ignored(run, settings, killed, tmp_path, capsys):
    with killed(6):
        run("b", settings, save_every=0)
    state = tmp_path / "b/resume/state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    run("a", settings)
    run("b", settings)
    assert "is damaged; training starts anew" in capsys.readouterr().err
    assert digests(tmp_path / "a/model") == digests(tmp_path / "b/model")


@pytest.mark.parametrize("lost", ["events/events.out.tfevents.0.revisit", "snapshots/epoch_0.safetensors"])
def test_a_state_without_its_files_is_ignored(run, settings, killed, tmp_path, capsys, lost):
    with killed(6):
        run("b", settings, save_every=0)
    (tmp_path / "b/resume" / lost).unlink()
    run("a", settings)
    run("b", settings)
    assert "starts anew" in capsys.readouterr().err
    assert digests(tmp_path / "a/model") == digests(tmp_path / "b/model")


KILLS = """
import json, os, random, shutil, signal, sys, time
from pathlib import Path
import torch._dynamo  # the optimisers need it: imported once here, not again in every child
from revisit.training import train as training

settings, data, folder = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
training.SAVE_SHARE = 0
clock, kills = random.Random(0), 0

def written():
    state = folder / "resume/state.pt"
    try:
        return state.stat().st_mtime_ns
    except FileNotFoundError:
        return None

while not (folder / "done").exists():
    child = os.fork()
    if child == 0:
        sys.stderr = open(os.devnull, "w")
        shutil.rmtree(folder / "model", ignore_errors=True)
        training.train(settings, data, folder / "model", folder / "resume", save_every=0.0)
        (folder / "done").touch()
        os._exit(0)
    # after a few saved steps and a fraction of the next one, whatever the machine's speed
    for _ in range(clock.randint(1, 10)):
        before = written()
        while written() == before and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(0.0005)
    time.sleep(0.02 * clock.random())
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    kills += os.WIFSIGNALED(status)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("training failed")
print(kills)
"""


def test_kill_9_again_and_again_changes_no_byte(run, settings, prepared, tmp_path):
    settings |= {"epochs": 16, "snapshots": [0, 1, 9, 16]}
    run("a", settings)
    (tmp_path / "b").mkdir()
    workflow = Path(training.__file__).parents[2]
    command = [sys.executable, "-c", KILLS, json.dumps(settings), str(prepared), str(tmp_path / "b")]
    result = subprocess.run(command, cwd=workflow, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) >= 5
    assert digests(tmp_path / "a/model") == digests(tmp_path / "b/model")


def test_divergence_is_recorded_not_raised(run, settings, prepared, tmp_path, capsys):
    settings |= {"optimizer": {"name": "sgd", "lr": 1e9, "momentum": 0.0}, "read_at": [1, 30], "epochs": 30}
    outcome = run("a", settings)
    assert outcome.findings["diverged"] is True
    assert outcome.findings["test_loss"] is None
    assert outcome.findings["train_loss"] is None
    assert outcome.findings["test_accuracy"] == pytest.approx(0.25)  # chance
    assert outcome.findings["accuracy_at"]["epoch_30"] is None
    assert outcome.findings["steps"] == len(outcome.steps) < 5
    assert outcome.steps["loss"].isna().tolist() == [False] * (len(outcome.steps) - 1) + [True]
    json.dumps(outcome.findings, allow_nan=False)
    assert np.isfinite(np.load(tmp_path / "a/model/scores.npy")).all()
    assert f"not finite at step {outcome.findings['steps']}" in capsys.readouterr().err


def test_events(run, settings, tmp_path):
    outcome = run("a", settings)
    events = EventAccumulator(str(tmp_path / "a/model/events"), size_guidance={"scalars": 0, "histograms": 0}).Reload()
    losses = events.Scalars("train/loss")
    assert [event.step for event in losses] == outcome.steps["step"].tolist()
    assert [event.value for event in losses] == pytest.approx(outcome.steps["loss"].tolist(), rel=1e-6)
    assert [event.value for event in events.Scalars("train/learning_rate")] == pytest.approx([0.05] * STEPS)
    accuracy = events.Scalars("test/accuracy")
    assert [event.step for event in accuracy] == outcome.evaluations["step"].tolist()
    assert [event.value for event in accuracy] == pytest.approx(outcome.evaluations["test_accuracy"].tolist())
    assert len(events.Images("inputs")) == 1
    gradients = events.Histograms("gradients/fc2.bias")
    assert [event.step for event in gradients] == outcome.evaluations["step"].tolist()
    assert gradients[-1].histogram_value.num == 4
    assert len(events.Tags()["histograms"]) == 8  # weights and biases of four layers


def test_the_last_smaller_batch_is_left_out(run, settings):
    outcome = run("a", settings | {"batch_size": 15, "epochs": 1, "read_at": []})
    assert outcome.findings["steps_per_epoch"] == 2


def test_a_batch_larger_than_the_data_is_refused(run, settings):
    with pytest.raises(ConfigError, match="batch_size: 41"):
        run("a", settings | {"batch_size": 41})


def test_missing_data_give_one_clear_message(run, settings, tmp_path):
    with pytest.raises(ArtifactError, match=r"meta.json: missing"):
        run("a", settings, data=tmp_path / "nowhere")


def test_running_out_of_memory_names_the_remedy(run, settings, monkeypatch):
    def no_room(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(batches.Images, "batch", no_room)
    with pytest.raises(DeviceError, match=r"out of memory on cpu: lower batch_size \(now 10\)"):
        run("a", settings)
