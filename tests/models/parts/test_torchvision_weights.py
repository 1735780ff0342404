"""Published weights: what torchvision says about them, and downloads of them from a server in this process."""

import hashlib
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from torchvision.models._api import Weights, WeightsEnum
from torchvision.transforms._presets import ImageClassification

from revisit.errors import ConfigError, DownloadError
from revisit.models.parts import torchvision_weights


def test_weights_are_those_of_the_networks(layout):
    for model in torchvision_weights.WEIGHTS:
        expected = torchvision_weights.of(model).meta["num_params"]
        network = layout(model, (224, 224, 3), 1000)
        auxiliary = sum(p.numel() for name, p in network.named_parameters() if name.startswith("aux"))
        assert sum(p.numel() for p in network.parameters()) - auxiliary == expected


def test_classes_are_imagenets():
    classes = torchvision_weights.classes()
    assert len(classes) == 1000
    assert (classes[0], classes[999]) == ("tench", "toilet tissue")


def test_a_network_without_published_weights_is_refused():
    with pytest.raises(ConfigError, match=r"'lenet'; there are some for alexnet, densenet, inception"):
        torchvision_weights.of("lenet")


def test_inception_gets_the_input_that_torchvision_makes_for_it(layout):
    pixels = torch.rand(2, 3, 4, 4)
    preset = torchvision_weights.of("inception").transforms()
    usual = (pixels - torch.tensor(preset.mean).view(3, 1, 1)) / torch.tensor(preset.std).view(3, 1, 1)
    theirs = layout("inception", (32, 32, 3), 2)
    theirs.transform_input = True
    mean, std = torchvision_weights.normalisation("inception")
    ours = (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    torch.testing.assert_close(ours, theirs._transform_input(usual))


@pytest.fixture
def server(tmp_path):
    """Serves `server.content` with `server.status` and counts requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found.requests += 1
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(found.content)))
            self.end_headers()
            self.wfile.write(found.content[: found.cut])

        def log_message(self, *arguments):
            pass

    torch.save({"a": torch.arange(3.0)}, tmp_path / "weights")
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.content, found.status, found.requests, found.cut = (tmp_path / "weights").read_bytes(), 200, 0, None
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def published(server, monkeypatch):
    digest = hashlib.sha256(server.content).hexdigest()[:8]
    url = f"http://127.0.0.1:{server.server_port}/net-{digest}.pth"

    class Published(WeightsEnum):
        FIRST = Weights(url=url, transforms=partial(ImageClassification, crop_size=224), meta={})

    monkeypatch.setattr(torchvision_weights, "of", lambda _: Published.FIRST)
    return f"net-{digest}.pth"


def test_weights_are_downloaded_once(tmp_path, server, published):
    for _ in range(2):
        found = torchvision_weights.download("vgg16", tmp_path / "kept")
        assert torch.equal(found["a"], torch.arange(3.0))
    assert server.requests == 1
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [published]


def test_a_damaged_file_is_fetched_again_and_remains_of_a_kill_go(tmp_path, server, published):
    (tmp_path / published).write_bytes(server.content[:-10])
    (tmp_path / f"{published}.0123.partial").write_bytes(b"part")
    found = torchvision_weights.download("vgg16", tmp_path)
    assert torch.equal(found["a"], torch.arange(3.0))
    assert server.requests == 1
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(
    ("content", "status", "cut", "problem"),
    [
        (b"something else", 200, None, "the content is not the published one"),
        (None, 200, 40, "the content is not the published one"),
        (b"", 404, None, "Not Found"),
        (b"", 503, None, "Service Unavailable"),
    ],
)
def test_what_goes_wrong_is_one_message(tmp_path, server, published, content, status, cut, problem):
    server.content = server.content if content is None else content
    server.status, server.cut = status, cut
    with pytest.raises(DownloadError, match=rf"{published}: {problem}.*; check the network .*source: embedded"):
        torchvision_weights.download("vgg16", tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir())


def test_no_network_is_one_message(tmp_path, server, published):
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match="Connection refused; check the network"):
        torchvision_weights.download("vgg16", tmp_path)
