"""Servers of this machine that speak S3 and SSH, for as long as a test runs."""

import getpass
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
SSHD_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PidFile none
Subsystem sftp internal-sftp
"""


class Remote(NamedTuple):
    """The address of an empty remote, what DVC is told of it besides, and the environment that it takes."""

    address: str
    options: dict[str, str]
    environment: dict[str, str]


@contextmanager
def folder(tmp_path: Path, _: Path | None) -> Iterator[Remote]:
    """A plain folder."""
    yield Remote(str(tmp_path / "store"), {}, {})


@contextmanager
def s3(_: Path, python: Path | None) -> Iterator[Remote]:
    """Moto's server, with one bucket."""
    server = python and python.with_name("moto_server")
    if not server or not server.exists():
        pytest.skip("no moto_server beside the packages of S3: `make remotes` installs both")
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with _running([str(server), "-H", "127.0.0.1", "-p", str(port)], port):
        request = urllib.request.Request(f"{address}/results", method="PUT")  # noqa: S310  (of this machine)
        urllib.request.urlopen(request).close()  # noqa: S310
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        yield Remote("s3://results/store", {"endpointurl": address}, keys)


@contextmanager
def ssh(tmp_path: Path, python: Path | None) -> Iterator[Remote]:
    """A server of OpenSSH, for the user who runs the tests."""
    if not python:
        pytest.skip("the packages of SSH lie in an environment of their own: `make remotes`")
    if not SSHD:
        pytest.skip("no sshd: it comes with Debian's openssh-server")
    at = tmp_path / "ssh"
    at.mkdir()
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(at / name)], check=True)
    port = _free_port()
    (at / "config").write_text(SSHD_CONFIG.format(port=port, folder=at))
    Path("/run/sshd").mkdir(exist_ok=True)
    with _running([SSHD, "-D", "-e", "-f", str(at / "config")], port):
        address = f"ssh://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/store"
        yield Remote(address, {"keyfile": str(at / "user")}, {})


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, command
                assert time.monotonic() < deadline, command
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()
