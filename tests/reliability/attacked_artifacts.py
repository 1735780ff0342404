"""The rest of the table of `attacked_readers`: configuration, weights, and what stages leave for later stages."""

import hashlib
import io
import json
import os
import re
import sys
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from attacked_readers import CLASSES, Files, Reader, check_prepared, zipped
from mutations import Part, with_length
from revisit import config, files
from revisit.data import arrays
from revisit.report import claims, collect, judgements, seeds, study, verdicts

ROOT = Path(__file__).resolve().parents[2]
SHAPE = (8, 8, 1)
NETWORK = {"width": 0.125}
METRIC = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)*", re.IGNORECASE)
NPY = b"\x93NUMPY\x01\x00"


def table() -> list[Reader]:
    """The readers of this module."""
    weights_files = partial(_weights_files, zipfile.ZIP_STORED)  # as PyTorch writes them
    return [
        Reader("params.yaml", _params, dict, _read_params),
        Reader("claims of a study", _claims, dict, _read_claims),
        Reader("settings of a stage", _settings, dict, _record),
        Reader("prepared arrays", _prepared, prepared_files, read_prepared),
        Reader("findings", _findings, dict, _read_findings),
        Reader("network, safetensors", _network, _network_files, _read_network),
        Reader("weights, pth", _weights, weights_files, _read_weights, named=True),
    ]


def _params() -> list[Part]:
    """The repository's, with a few trainings of every kind."""
    sys.path.append(str(ROOT / "tests" / "pipeline"))
    from ruamel.yaml import YAML

    from tree import SOME, reduced

    yaml, stream = YAML(typ="safe"), io.BytesIO()
    yaml.dump(reduced(yaml.load(ROOT / "params.yaml"), SOME), stream)
    return [("params.yaml", stream.getvalue())]


def _read_params(folder: Path) -> None:
    from revisit.params.load import load
    from revisit.params.resolve import resolve

    stages = resolve(load(folder / "in/params.yaml"))
    assert ("report", None) in stages
    files.json_bytes([[*key, value] for key, value in stages.items()])


def _claims() -> list[Part]:
    """Claims of every form, as those of one study."""
    import yaml

    chosen = {}
    for name in ("fashion.yaml", "transfer.yaml"):  # the latter for a table with its group
        entries = yaml.safe_load((ROOT / claims.LEDGER / name).read_text(encoding="utf-8"))
        chosen |= {str(sorted(entry)) + entry["rule"]["kind"]: entry for entry in entries}
    return [("made_up.yaml", yaml.safe_dump(list(chosen.values()), sort_keys=False).encode())]


def _read_claims(folder: Path) -> None:
    found = claims.of_study("made_up", folder / "in")
    names = {name for claim in found for text in claim.expressions() for name in METRIC.findall(text)}
    replicates: list[dict[str, Any]] = [{}, {}]
    for number, name in enumerate(sorted(names, key=lambda name: name.count("."), reverse=True)):
        *above, last = name.split(".")
        for replicate, metrics in enumerate(replicates):
            section = metrics
            for key in above:
                section = section.setdefault(key, {})
            section.setdefault(last, 0.5 + 0.01 * number + 0.001 * replicate * (number % 3))
    metrics = {name: [of[name] for of in replicates] for name in replicates[0]}
    conditions = verdicts.Conditions("paper", dict.fromkeys(metrics, "published"))
    files.json_bytes(judgements.judge_all(found, "made_up", seeds.Seeds(metrics), conditions))


def _settings() -> list[Part]:
    values = {"experiment": "x", "lr": 0.01, "layers": ["conv1", "fc1"], "runs": {"base": {"epochs": 2, "crop": None}}}
    code = {"workflow/a.py": hashlib.sha256(b"").hexdigest()}
    record = files.json_bytes({"settings": values, "code": code})
    return [("results/config/train/x.json", record), ("workflow/a.py", b"")]


def _record(folder: Path) -> None:
    os.environ["DVC_STAGE"] = "x"
    os.chdir(folder / "in")
    config.settings("train", "x")


def _prepared() -> list[Part]:
    random, found = np.random.default_rng(3), []
    for split, count in (("train", 5), ("test", 4)):
        for kind, values in (
            ("images", random.integers(0, 256, (count, 3, 2, 1), np.uint8)),
            ("labels", np.arange(count, dtype=np.int64) % 3),
        ):
            header = {"descr": values.dtype.str, "fortran_order": False, "shape": values.shape}
            found += [(f"{split}_{kind}.npy", f"{header}\n".encode()), (f"{split}_{kind}.npy", values.tobytes())]
    meta = {"dataset": "tiny", "classes": CLASSES, "labels": "single", "shape": [3, 2, 1], "train": 5, "test": 4}
    meta |= {"mean": [0.5], "std": [0.25], "source": "web", "provenance": "published"}
    meta |= {"sha256": dict.fromkeys(arrays.names(None), "0" * 64)}
    return [("meta.json", json.dumps(meta).encode()), *found]


def prepared_files(parts: list[Part]) -> Files:
    (_, meta), *rest = parts
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return {"meta.json": meta} | {name: NPY + with_length(header, "<H") + data for (name, header), (_, data) in pairs}


def read_prepared(folder: Path) -> None:
    check_prepared(arrays.load(folder / "in"))


def _findings() -> list[Part]:
    steps = range(1, 13)
    history = ["step,epoch,learning_rate,loss,accuracy", *(f"{n},{n / 6},0.1,{2 / n},{n / 13}" for n in steps)]
    names = "step,epoch,train_loss,test_loss,train_accuracy,test_accuracy"
    evaluations = [f"{n},{n / 6},{1 / n},{2 / n},0.5,0.4" for n in (3, 6, 9, 12)]
    train = {
        "objective": "classification", "metric": "accuracy", "diverged": False, "steps_per_epoch": 6,
        "variants": {"base": {"runs": 2, "diverged": 0, "test_loss": 0.2}},
    }  # fmt: skip
    tables = {"history.csv": history, "evaluations.csv": [names, *evaluations]}
    for name, (head, *lines) in list(tables.items()):
        rows = [f"base,{replicate},{line}" for replicate in range(2) for line in lines]
        tables[f"runs/{name}"] = [f"variant,replicate,{head}", *rows]
    head = "variant,replicate,seed,steps,diverged,test_loss"
    tables["runs/summary.csv"] = [head, "base,0,0,12,False,0.2", "base,1,1,12,False,0.3"]
    ends = "-1,-0.5,-0.1,0,0.1,0.5,1"
    gradients = [f"{step},{layer},{ends}" for step in (3, 12) for layer in ("conv1", "fc1")]
    tables |= {"runs/gradients.csv": ["step,layer,low,q05,q25,q50,q75,q95,high", *gradients]}
    tables |= {"runs/inputs.csv": ["step", "1", "12"]}
    texts = {"train.json": json.dumps(train), **{name: "\n".join([*lines, ""]) for name, lines in tables.items()}}
    pictures = io.BytesIO()
    np.save(pictures, np.arange(2 * 2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 2, 3, 4, 3))
    found = {name: text.encode() for name, text in texts.items()} | {"runs/inputs.npy": pictures.getvalue()}
    return [(f"x/{name}", content) for name, content in found.items()]


def _read_findings(folder: Path) -> None:
    listed = {"s": {"x": ["train.json", "history.csv", "evaluations.csv", "runs"]}}
    collect.collect(listed, {"x": "train"}, folder / "in", folder / "collected")
    protocol = {"epochs": 2, "read_at": [1, 2], "batch_size": 10, "graph": "dynamic"}
    settings = protocol | {"keep": "base", "replicates": 2, "runs": {"base": protocol}}
    (run,) = study.read({"experiments": {"x": settings}}, folder / "collected/s")
    files.json_bytes([run.statistics, *seeds.metrics_of(run)])
    if (gradients := run.gradients()) is not None:
        assert np.isfinite(gradients.to_numpy()[:, 2:].astype(float)).all()
    if (inputs := run.inputs()) is not None:
        assert len(inputs.steps) == len(np.array(inputs.tiles))


def _network() -> list[Part]:
    import torch
    from safetensors.torch import save

    from revisit.models import registry

    torch.manual_seed(0)
    whole = save(registry.build("fashion_cnn", SHAPE, 3, NETWORK).state_dict())
    end = 8 + int.from_bytes(whole[:8], "little")
    description = {"experiment": "x", "model": "fashion_cnn", "classes": CLASSES, "shape": SHAPE, "network": NETWORK}
    described = json.dumps(description).encode()
    return [("network.json", described), ("header", whole[8:end]), ("data", whole[end:])]


def _network_files(parts: list[Part]) -> Files:
    (_, description), (_, header), (_, data) = parts
    return {"network.json": description, "model.safetensors": with_length(header, "<Q") + data}


def _read_network(folder: Path) -> None:
    import torch

    from revisit.models import registry

    network, info = registry.load(folder / "in", "cpu")
    height, width, channels = info["shape"]
    assert network(torch.zeros(1, channels, height, width)).shape == (1, len(info["classes"]))


EXPECTED = {"fc.weight": (3, 4), "fc.bias": (3,)}


def _weights() -> list[Part]:
    import torch

    stream = io.BytesIO()
    torch.save({name: torch.ones(shape) for name, shape in EXPECTED.items()}, stream)
    with zipfile.ZipFile(stream) as packed:
        return [(name, packed.read(name)) for name in packed.namelist()]


def _weights_files(method: int, parts: list[Part]) -> Files:
    return {"w.pth": zipped(parts, method)["a.zip"]}


def _read_weights(folder: Path) -> None:
    import torch

    from revisit.models.parts import checkpoints

    path = folder / "in/w.pth"
    expected = {name: torch.empty(shape) for name, shape in EXPECTED.items()}
    found = checkpoints.fit(checkpoints.read(path), expected, path, "small")
    assert {name: tuple(value.shape) for name, value in found.items()} == EXPECTED
    assert all(value.isfinite().all() for value in found.values())
