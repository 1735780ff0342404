"""The `dvc` command of this environment: DVC, and before a run of stages in this project three steps.

`dvc repro` and `dvc exp run` first say what is wrong with `params.yaml`, take the lock that keeps a second
engine out, and clear what a killed run left behind (see docs/decisions/0002-guarded-dvc.md).
For every command it finds this environment's programs, and looks at objects of the cache before it believes them.
In other repositories this is DVC as it is.
"""

import gc
import os
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import IO

WRONG_ARGUMENTS = 254  # DVC's own exit status


def main() -> int:
    """Run DVC with the arguments of this process; return its exit status."""
    _run_elsewhere()
    gc.set_threshold(50_000)  # what DVC makes while it starts stays; looking for garbage took 5% of it
    from dvc.cli import DvcParserError, parse_args
    from dvc.cli import main as dvc
    from dvc.commands.plots import CmdPlots
    from dvc.commands.repro import CmdRepro
    from dvc.commands.status import CmdDataStatus

    try:
        arguments = parse_args(sys.argv[1:])  # by DVC's parser, which knows which options have a value
    except DvcParserError:
        return WRONG_ARGUMENTS
    root = _project_root(Path(arguments.cd).resolve())
    if root:
        sys.path.insert(0, str(root / "workflow"))  # this clone's code, wherever the environment came from
        from revisit import variables
        from revisit_engines import cache, guard, lockfile, node

        lockfile.read_by_libyaml()
        cache.look_at_contents()
        cache.verify_remotes()
        guard.find_own_programs()
        cache.keep_private(root)
        os.environ[variables.DVC_PROCESS] = str(os.getpid())  # scripts end when this process has gone
        if issubclass(arguments.func, CmdRepro):  # `exp run` is a subclass
            if not _ready(root, _prepare_run):
                return 2
            forced = os.environ.get(variables.FORCED, "").split() if guard.ENGINE in os.environ else []
            if set(arguments.targets or ()) & set(forced) and not arguments.force:
                sys.argv.append("--force")
        if arguments.func is CmdDataStatus:
            _ready(root, _tell_changed_mirrors)
        if issubclass(arguments.func, CmdPlots) and not _ready(root, _prepare_plots):
            return 2
        if issubclass(arguments.func, CmdRepro) and node.is_here():
            with chdir(root):
                home = node.prepare(*arguments.targets)
            _locks.append(node.hold(home))
            os.environ["DVC_SITE_CACHE_DIR"] = node.scratch()
            os.chdir(home)
    status = dvc(sys.argv[1:])
    if status and root:
        _ready(root, _explain)
    return status


def _run_elsewhere() -> None:
    """In a job of Snakemake: let a fork of a process that has imported DVC do it, and end as it does."""
    main, root = sys.modules["__main__"], Path.cwd()
    if "REVISIT_ENGINE" in os.environ and (root / "workflow/fork_server.py").is_file() and not hasattr(main, "FORKED"):
        sys.path.insert(0, str(root / "workflow"))
        from revisit import forks, variables

        forks.run_elsewhere(Path(str(main.__file__)), root, {*variables.THREADS, *variables.DEFAULTS})
        del sys.path[0]


def _project_root(folder: Path) -> Path | None:
    return next((path for path in (folder, *folder.parents) if (path / "workflow/revisit_engines").is_dir()), None)


def _ready(root: Path, prepare: Callable[[], None]) -> bool:
    """Call `prepare` in `root`; False, after a message, if a user has to mend something first."""
    from revisit.errors import RevisitError
    from revisit_engines import guard

    try:
        with chdir(root), guard.explained():
            prepare()
        return True
    except RevisitError as error:
        print(f"error: {error}", file=sys.stderr)
        return False


def _prepare_run() -> None:
    from revisit_engines import guard, mirrors

    if lock := guard.join():
        _locks.append(lock)
    else:
        from revisit.params.load import load  # a quarter of a second, which a job of Snakemake's does without

        load()
        _locks.append(guard.hold("dvc"))
        mirrors.forget_changed()


def _explain() -> None:
    """Say what DVC's own message about a failure leaves open."""
    from revisit_engines import premises

    premises.check()
    premises.check_links()
    premises.check_owner()


def _tell_changed_mirrors() -> None:
    from revisit_engines import mirrors

    for record in mirrors.changed():
        stage = f"{record.parent.name}@{record.stem}"
        print(f"{stage}: the files of its mirror have changed; the next run reads them", file=sys.stderr)


def _prepare_plots() -> None:
    from revisit_engines.plots import ensure_template

    ensure_template()


_locks: list[IO[str]] = []  # the open lock files: they last as long as this process

if __name__ == "__main__":
    sys.exit(main())
