"""Networks of reference results in a DVC remote: git has their digests, the remote what they stand for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.exceptions import DvcException
from dvc.fs import localfs
from dvc.repo import Repo
from dvc_data.hashfile import load
from dvc_data.hashfile.build import build
from dvc_data.hashfile.checkout import CheckoutError, checkout
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.transfer import transfer

from revisit import files, paths
from revisit.errors import EngineError

if TYPE_CHECKING:
    from dvc_data.hashfile.obj import HashFile

MD5 = "md5"
REFERENCE = Path("results/reference")  # networks that were pulled


def digest(name: str, tree: Path = Path()) -> str | None:
    """What DVC calls the network `name` of a working tree; None where there is none."""
    folder = tree / paths.model(name)
    if not folder.is_dir():
        return None
    from dvc.fs import MemoryFileSystem
    from dvc_data.hashfile.db import HashFileDB

    with _told(), Repo(str(tree)) as repo:
        nowhere = HashFileDB(MemoryFileSystem(global_store=False), "/")
        return _built(nowhere, folder, repo)[1].hash_info.value


def push(name: str, value: str, tree: Path = Path(), remote: str | None = None, root: Path = Path()) -> None:
    """Store the network `name` in the cache of the repository `root`, and push it.

    Args:
        name: the experiment.
        value: the digest of its network, as the reference result has it.
        tree: the working tree in which it was trained.
        remote: the name of a remote; None: the default one.
        root: the working tree whose cache and remotes are used.

    Raises:
        EngineError: the network is not that of the reference result, or DVC cannot push.
    """
    if (found := digest(name, tree)) != value:
        raise EngineError(
            f"{tree / paths.model(name)} is not the network of the reference result; its digest is {found}"
        )
    with _told(), Repo(str(root)) as repo, repo.lock, Repo(str(tree)) as other:
        staging, network = _built(repo.cache.local, tree / paths.model(name), other)
        transfer(staging, repo.cache.local, {network.hash_info}, shallow=False)
        _check(repo.cloud.push(_all(network), remote=remote))


def pull(name: str, value: str, remote: str | None = None, root: Path = Path()) -> Path:
    """Pull the network with a digest into `results/reference/<name>`, in the place of what was there.

    Returns the folder. Arguments and errors as in `push`.
    """
    folder = root / REFERENCE / name
    with _told(), Repo(str(root)) as repo, repo.lock:
        info = HashInfo(MD5, value)
        _check(repo.cloud.pull([info], remote=remote))
        network = load(repo.cache.local, info)
        _check(repo.cloud.pull(_all(network), remote=remote))
        with files.replacing(folder) as partial:
            checkout(str(partial.resolve()), localfs, network, repo.cache.local, force=True, quiet=True)
    return folder


def _all(network: Any) -> list[HashInfo]:
    """A folder's list of files, and the files."""
    return [network.hash_info, *(info for _, _, info in network)]


def _built(database: Any, folder: Path, repo: Repo) -> "tuple[Any, HashFile]":
    """The content of a folder without what its tree ignores, such as the stamps that Snakemake leaves in folders."""
    staging, _, network = build(database, str(folder.resolve()), localfs, MD5, ignore=repo.dvcignore)
    return staging, network


def _check(result: Any) -> None:
    if result.failed:
        raise EngineError(
            f"DVC: {len(result.failed)} files were not transferred; look at `dvc remote list`, and try again"
        )


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise EngineError("DVC: the remote does not have this network; look at `dvc remote list`") from error
    except (DvcException, CheckoutError) as error:
        raise EngineError(f"DVC: {error}; look at `dvc remote list`") from error
