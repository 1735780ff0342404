"""The two commands: from settings to the artifacts that the contract names, whole or not at all."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

import configure_stages
import fetch_dataset
import prepare_dataset
from revisit import config, files, paths
from revisit.data import arrays, embedded, idx
from revisit.data.formats.idx import facts as idx_facts
from revisit.errors import ConfigError, DataError
from revisit.params.load import load
from revisit_engines import configure


def draw(settings, destination):
    """Stands for the drawings."""
    for split in idx_facts.IMAGES:
        count = settings["embedded"][split]
        idx.write(destination / idx_facts.IMAGES[split], np.arange(count * 12).astype(np.uint8).reshape(count, 3, 4))
        idx.write(destination / idx_facts.LABELS[split], np.arange(count, dtype=np.uint8) % 2)


@pytest.fixture
def stages(tmp_path, monkeypatch, settings):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(embedded, "draw", draw)
    drawn = {"drawing": "stripes", "train": 30, "test": 10}
    fetched = {"raw": "stripes", "format": "idx", "source": "embedded", "classes": None, "embedded": drawn, "seed": 0}
    found = {
        ("fetch", "stripes"): fetched,
        ("prepare", "tiny"): settings(raw="stripes", train=20, test=10, source="embedded"),
    }
    monkeypatch.setattr(config, "settings", lambda stage, name=None: found[stage, name])
    return found


def test_from_nothing_to_arrays(stages):
    fetch_dataset.main(["stripes"])
    assert sorted(path.name for path in paths.raw("stripes").iterdir()) == sorted(
        [*idx_facts.FACTS.files, "provenance.json"]
    )
    prepare_dataset.main(["tiny"])
    data = arrays.load(paths.prepared("tiny"))
    assert (len(data.train_images), len(data.test_images)) == (20, 10)
    assert (data.source, data.provenance) == ("embedded", "drawn")
    assert all(files.sha256(paths.prepared("tiny") / name) == data.sha256[name] for name in arrays.names(None))


def test_failure_leaves_the_old_artifact(stages):
    fetch_dataset.main(["stripes"])
    prepare_dataset.main(["tiny"])
    before = (paths.prepared("tiny") / arrays.META).read_bytes()
    stages["prepare", "tiny"]["test"] = 11
    with pytest.raises(DataError, match="at least 11 test images, found 10"):
        prepare_dataset.main(["tiny"])
    assert (paths.prepared("tiny") / arrays.META).read_bytes() == before
    assert list((paths.prepared("tiny").parents[1] / files.PARTIAL).iterdir()) == []


@pytest.fixture
def web(stages, site):
    """A data set on the web; gives what was asked of the server."""
    site.content["/images.tar"] = tar_of_images()
    files = {"images.tar": {"checksum": None}}
    address = {"source": "web", "web": [site.address], "files": files}
    stages["fetch", "own"] = {"raw": "own", "format": "folder", "classes": None, **address}
    return site.seen


def tar_of_images():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("a/1.png"))
    return stream.getvalue()


def test_an_interruption_after_the_last_download_does_not_cost_it(web, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(files, "_to_disk", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch_dataset.main(["own"])
    assert not paths.raw("own").exists()
    fetch_dataset.main(["own"])
    assert len(web) == 1
    written = ["images.tar", "provenance.json"]
    assert sorted(path.name for path in paths.raw("own").iterdir()) == written
    assert sorted(path.name for path in Path().rglob("*") if path.is_file()) == written  # none waits any more


def test_a_name_that_params_does_not_know_writes_nothing(stages):
    with pytest.raises(KeyError):
        fetch_dataset.main(["nosuch"])
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nosuch"], "there is no stage 'nosuch'; there are: fetch, prepare, propose, pretrain, .*report$"),
        (["fetch"], "stage 'fetch' takes one name of: .*fashion_mnist"),
        (["fetch", "x"], r"params\.yaml: stage 'fetch' knows no 'x'; it has: .*fashion_mnist"),
        (["fetch", "fashion_mnist", "x"], "stage 'fetch' takes one name of: .*fashion_mnist"),
        (["report", "x"], "stage 'report' takes no name; leave out 'x'"),
    ],
    ids=["stage", "missing", "unknown", "too-many", "none"],
)
def test_settings_that_are_not_there(monkeypatch, words, message):
    monkeypatch.chdir(Path(__file__).parents[2])
    with pytest.raises(ConfigError, match=message):
        configure_stages.main(["--show", *words])


@pytest.mark.parametrize(
    "words", [["fetch", "fashion_mnist"], ["study", "fashion"], ["report"]], ids=["name", "references", "none"]
)
def test_a_script_run_by_hand_has_the_settings_that_an_engine_records(monkeypatch, capfdbinary, words):
    monkeypatch.chdir(Path(__file__).parents[2])
    configure_stages.main(["--show", *words])
    recorded = json.loads(configure.records(load())[paths.config(words[0], *words[1:])])["settings"]
    shown = json.loads(capfdbinary.readouterr().out)
    assert shown.keys() == recorded.keys()
    assert not {key for key in recorded if shown[key] != recorded[key]}
    assert words[0] != "study" or recorded["asked"]
